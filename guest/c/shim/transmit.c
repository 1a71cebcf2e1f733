/*
 * TransmitFile and TransmitPackets: memory and parts of open files, one after the
 * other. Without an overlapped structure a file goes out in chunks; with one, its
 * part is read first and is one send, which is in progress after the call.
 */
#include "shim.h"

/* The longest chunk of a file, unless the caller wants shorter ones, in bytes. */
#define CHUNK (64 << 10)

/* Flags that only say how Windows does it, and those that change what happens. */
#define KNOWN_FLAGS                                                                  \
    (TF_DISCONNECT | TF_REUSE_SOCKET | TF_WRITE_BEHIND | TF_USE_SYSTEM_THREAD | \
     TF_USE_KERNEL_APC)

/* A part of what is sent; of a file if `file` is not NULL. */
struct part {
    const void *memory;
    HANDLE file;
    /* -1 for where the file stands. */
    int64_t offset;
    /* 0 of a file for all that follows. */
    DWORD length;
};

/* Every function here returns 0, or the code. */

/* Sends all of it, however the socket was set; on an overlapped one behind what waits there. */
static int send_all(struct open_socket *socket, SOCKET s, WSABUF buffer) {
    /* The bit keeps it out of a completion port. */
    OVERLAPPED overlapped = {.hEvent = (HANDLE)1};
    DWORD sent = 0, flags = 0;
    int code = 0;
    if (buffer.len == 0 ||
        WSPSend(s, &buffer, 1, &sent, 0, socket->overlapped ? &overlapped : NULL, NULL, NULL,
                &code) == 0)
        return 0;
    if (code != WSA_IO_PENDING)
        return code;
    return WSPGetOverlappedResult(s, &overlapped, &sent, TRUE, &flags, &code) ? 0 : code;
}

/* The next chunk of a file, of which `passed` bytes are read; 0 bytes at its end. */
static int read_chunk(const struct part *part, DWORD passed, DWORD most, void *to, DWORD *read) {
    int code;
    if (part->length != 0 && part->length - passed < most)
        most = part->length - passed;
    *read = 0;
    if (most == 0)
        return 0;
    code = read_file_at(part->file, part->offset < 0 ? -1 : part->offset + passed, to, most, read);
    /* As Windows calls every handle that a call of Winsock is given, and which is none. */
    return code == ERROR_INVALID_HANDLE ? WSAENOTSOCK : code;
}

static int send_file(struct open_socket *socket, SOCKET s, const struct part *part, DWORD most) {
    char *chunk = malloc(most);
    DWORD passed = 0, read;
    int code;
    if (chunk == NULL)
        return WSAENOBUFS;
    do {
        code = read_chunk(part, passed, most, chunk, &read);
        if (code == 0)
            code = send_all(socket, s, (WSABUF){read, chunk});
        passed += read;
    } while (code == 0 && read > 0);
    free(chunk);
    return code;
}

static int send_parts(struct open_socket *socket, SOCKET s, const struct part *parts,
                      size_t count, DWORD most) {
    int code = 0;
    size_t position;
    for (position = 0; position < count && code == 0; position++) {
        const struct part *part = &parts[position];
        if (part->file != NULL)
            code = send_file(socket, s, part, most);
        else
            code = send_all(socket, s, (WSABUF){part->length, (CHAR *)part->memory});
    }
    return code;
}

/* All that follows in a file, in memory that the caller frees. */
static int read_part(const struct part *part, WSABUF *buffer) {
    DWORD room = 0, read = 0;
    int code = 0;
    buffer->len = 0;
    buffer->buf = NULL;
    do {
        if (room - buffer->len < CHUNK) {
            CHAR *grown;
            room = room == 0 ? CHUNK : room * 2;
            grown = room > INT32_MAX ? NULL : realloc(buffer->buf, room);
            if (grown == NULL)
                return WSAENOBUFS;
            buffer->buf = grown;
        }
        code = read_chunk(part, buffer->len, room - buffer->len, buffer->buf + buffer->len, &read);
        buffer->len += read;
    } while (code == 0 && read > 0);
    return code;
}

/* Starts one send of all parts: WSA_IO_PENDING even if it has ended, as on Windows. */
static int start_parts(struct open_socket *socket, SOCKET s, const struct part *parts,
                       size_t count, LPOVERLAPPED overlapped) {
    BOOL skips = socket->completions.skips_success;
    WSABUF *buffers = calloc(count + 1, sizeof *buffers);
    size_t position;
    int code = 0;
    if (buffers == NULL)
        return WSAENOBUFS;
    for (position = 0; position < count && code == 0; position++) {
        const struct part *part = &parts[position];
        if (part->file != NULL)
            code = read_part(part, &buffers[position]);
        else
            buffers[position] = (WSABUF){part->length, (CHAR *)part->memory};
    }
    /* The last buffer is empty, so that there is one. What is sent is taken by the call. */
    if (code == 0) {
        socket->completions.skips_success = FALSE;
        if (WSPSend(s, buffers, (DWORD)count + 1, NULL, 0, overlapped, NULL, NULL, &code) == 0)
            code = WSA_IO_PENDING;
        socket->completions.skips_success = skips;
    }
    for (position = 0; position < count; position++)
        if (parts[position].file != NULL)
            free(buffers[position].buf);
    free(buffers);
    return code;
}

/* Ends the connection behind what was sent. */
static int disconnect(SOCKET s, DWORD flags) {
    if (flags & TF_REUSE_SOCKET)
        return DisconnectEx(s, NULL, TF_REUSE_SOCKET, 0) ? 0 : WSAGetLastError();
    if (flags & TF_DISCONNECT)
        return shutdown(s, SD_SEND) == 0 ? 0 : WSAGetLastError();
    return 0;
}

static int transmit(SOCKET s, const struct part *parts, size_t count, DWORD most,
                    LPOVERLAPPED overlapped, DWORD flags) {
    struct open_socket *socket = find_socket(s);
    socket_address peer;
    wsa_error error;
    int code, ended;
    if (socket == NULL)
        return WSAENOTSOCK;
    if (!winsock_spi_provider_wsp_get_peer_name(borrow_socket(socket), &peer, &error))
        return number_of(error);
    if (socket->type != SOCK_STREAM)
        return WSAEOPNOTSUPP;
    if (!socket->overlapped)
        overlapped = NULL;
    if ((flags & ~(DWORD)KNOWN_FLAGS) != 0)
        return WSAEINVAL;
    if (overlapped == NULL) {
        code = send_parts(socket, s, parts, count, most == 0 || most > CHUNK ? CHUNK : most);
        return code == 0 ? disconnect(s, flags) : code;
    }
    /* The operation would be the end of the connection, and its count that of the send. */
    if (flags & TF_REUSE_SOCKET)
        return WSAEOPNOTSUPP;
    code = start_parts(socket, s, parts, count, overlapped);
    if (code != WSA_IO_PENDING)
        return code;
    ended = disconnect(s, flags);
    return ended == 0 ? code : ended;
}

BOOL TransmitFile(SOCKET hSocket, HANDLE hFile, DWORD nNumberOfBytesToWrite,
                  DWORD nNumberOfBytesPerSend, LPOVERLAPPED lpOverlapped,
                  LPTRANSMIT_FILE_BUFFERS lpTransmitBuffers, DWORD dwReserved) {
    struct part parts[3];
    size_t count = 0;
    int code;
    if (!null_or_in_memory(lpOverlapped, sizeof *lpOverlapped) ||
        !null_or_in_memory(lpTransmitBuffers, sizeof *lpTransmitBuffers)) {
        WSASetLastError(WSAEFAULT);
        return FALSE;
    }
    if (lpTransmitBuffers != NULL && lpTransmitBuffers->HeadLength > 0)
        parts[count++] = (struct part){.memory = lpTransmitBuffers->Head,
                                       .length = lpTransmitBuffers->HeadLength};
    if (hFile != NULL)
        parts[count++] = (struct part){
            .file = hFile,
            .offset = lpOverlapped == NULL ? -1
                                           : (int64_t)((uint64_t)lpOverlapped->OffsetHigh << 32 |
                                                       lpOverlapped->Offset),
            .length = nNumberOfBytesToWrite,
        };
    if (lpTransmitBuffers != NULL && lpTransmitBuffers->TailLength > 0)
        parts[count++] = (struct part){.memory = lpTransmitBuffers->Tail,
                                       .length = lpTransmitBuffers->TailLength};
    code = transmit(hSocket, parts, count, nNumberOfBytesPerSend, lpOverlapped, dwReserved);
    WSASetLastError(code);
    return code == 0;
}

BOOL TransmitPackets(SOCKET hSocket, LPTRANSMIT_PACKETS_ELEMENT lpPacketArray,
                     DWORD nElementCount, DWORD nSendSize, LPOVERLAPPED lpOverlapped,
                     DWORD dwFlags) {
    struct part *parts;
    DWORD position;
    int code = 0;
    if (!null_or_in_memory(lpOverlapped, sizeof *lpOverlapped) ||
        (nElementCount > 0 &&
         !in_memory(lpPacketArray, (uint64_t)nElementCount * sizeof *lpPacketArray))) {
        WSASetLastError(WSAEFAULT);
        return FALSE;
    }
    parts = calloc((size_t)nElementCount + 1, sizeof *parts);
    if (parts == NULL)
        code = WSAENOBUFS;
    for (position = 0; position < nElementCount && code == 0; position++) {
        const TRANSMIT_PACKETS_ELEMENT *element = &lpPacketArray[position];
        /* On a stream nothing marks the end of a packet. */
        DWORD kind = element->dwElFlags & ~(DWORD)TP_ELEMENT_EOP;
        parts[position].length = element->cLength;
        if (kind == TP_ELEMENT_FILE) {
            parts[position].file = element->hFile;
            parts[position].offset = element->nFileOffset.QuadPart;
        } else if (kind == TP_ELEMENT_MEMORY) {
            parts[position].memory = element->pBuffer;
        } else {
            code = WSAEINVAL;
        }
    }
    if (code == 0)
        code = transmit(hSocket, parts, nElementCount, nSendSize, lpOverlapped, dwFlags);
    free(parts);
    WSASetLastError(code);
    return code == 0;
}
