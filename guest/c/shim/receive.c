/* WSPRecv and WSPRecvFrom, and the calls of Winsock that stand on them. */
#include "shim.h"

/* No datagram is longer. */
#define LONGEST_DATAGRAM 65536UL
/* A stream may deliver less than there is room for, and more room only costs. */
#define MOST_OF_A_STREAM (1024UL * 1024)

static DWORD most_of(const struct open_socket *socket, DWORD flags) {
    if (socket->type == SOCK_DGRAM)
        return LONGEST_DATAGRAM;
    return flags & MSG_WAITALL ? 0xFFFFFFFFUL : MOST_OF_A_STREAM;
}

#ifdef WSP_THREADS
/* MSG_WAITALL, piece by piece. */
static int receive_all(SOCKET s, const WSABUF *buffers, DWORD count, LPDWORD received_bytes,
                       LPDWORD in_and_out, struct sockaddr *from, LPINT from_length,
                       LPINT error_out) {
    struct overlapped_request none = {.socket = NULL};
    WSABUF *left = malloc(count * sizeof *left);
    DWORD position = 0, whole = 0, out = 0;
    int result = 0;
    if (left == NULL)
        return fail(error_out, WSAENOBUFS);
    memcpy(left, buffers, count * sizeof *left);
    for (;;) {
        DWORD piece = 0, skipped, flags = *in_and_out & ~(DWORD)MSG_WAITALL;
        while (position < count && left[position].len == 0)
            position++;
        if (position == count && whole > 0)
            break;
        if (position == count)
            position = 0;
        result = receive_from(s, left + position, count - position, &piece, &flags, from,
                              from_length, NULL, &none, NULL, error_out);
        if (result != 0 || piece == 0)
            break;
        out = flags;
        whole += piece;
        while (piece > 0) {
            skipped = min(piece, left[position].len);
            left[position].buf += skipped;
            left[position].len -= (ULONG)skipped;
            piece -= skipped;
            position += left[position].len == 0;
        }
    }
    free(left);
    if (result != 0)
        return result;
    *in_and_out = out;
    *received_bytes = whole;
    return 0;
}
#else
#define receive_all(s, buffers, count, received, flags, from, length, error) 0
#endif

int receive_from(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received_bytes,
                 LPDWORD in_and_out, struct sockaddr *from, LPINT from_length, LPWSAMSG message,
                 const struct overlapped_request *wanted, LPWSATHREADID thread, LPINT error_out) {
    struct open_socket *socket = find_socket(s);
    struct overlapped_request request;
    struct operation *operation = NULL;
    struct receiving *receiving;
    struct attempts attempts = NO_ATTEMPTS;
    winsock_spi_provider_completion_routine_t routine;
    winsock_spi_provider_received_from_t received;
    borrowed_overlapped borrowed;
    message_flags flags;
    wsa_error error;
    int code;
    BOOL ok;

    if (socket == NULL)
        return fail(error_out, WSAENOTSOCK);
    if ((received_bytes == NULL && wanted->overlapped == NULL) ||
        !null_or_in_memory(received_bytes, sizeof *received_bytes) ||
        !in_memory(in_and_out, sizeof *in_and_out))
        return fail(error_out, WSAEFAULT);
    code = overlapped_request(socket, wanted->overlapped, wanted->routine, thread, &request);
    if (code != 0)
        return fail(error_out, code);
    if (count == 0)
        return fail(error_out, WSAEINVAL);
    if (!valid_buffers(buffers, count))
        return fail(error_out, WSAEFAULT);
    /* A stream has no sender to report, and leaves both alone. */
    if (socket->type == SOCK_STREAM)
        from = NULL;
    else if (!room_for_address(from, from_length, socket->family))
        return fail(error_out, WSAEFAULT);
    if (!read_flags(*in_and_out, &flags))
        return fail(error_out, WSAEOPNOTSUPP);

    if (wants_all(socket, *in_and_out, request.overlapped))
        return receive_all(s, buffers, count, received_bytes, in_and_out, from, from_length,
                           error_out);
    receiving = new_receiving(buffers, count, most_of(socket, *in_and_out));
    if (receiving == NULL)
        return fail(error_out, WSAENOBUFS);
    receiving->from = from;
    receiving->from_length = from_length;
    receiving->message = message;
    if (request.overlapped != NULL) {
        operation = new_operation(&request);
        if (operation == NULL) {
            drop_receiving(receiving);
            return fail(error_out, WSAENOBUFS);
        }
        operation->receiving = receiving;
        borrowed = winsock_spi_provider_borrow_overlapped(operation->own);
        routine = routine_of(operation);
    }
    do
        ok = winsock_spi_provider_wsp_recv_from(
            borrow_socket(socket), winsock_spi_memory_borrow_receive_buffer(receiving->room), flags,
            operation == NULL ? NULL : &borrowed,
            operation == NULL || operation->routine == NULL ? NULL : &routine, &received, &error);
    while (!ok && operation == NULL &&
           try_again(&attempts, s, socket,
                     (*in_and_out & MSG_OOB) != 0 ? WINSOCK_SPI_THREADS_AWAITED_URGENT
                                                  : WINSOCK_SPI_THREADS_AWAITED_READABLE,
                     "recv", &error));
    if (ok) {
        DWORD out = write_flags(received.transfer.flags), cut;
        code = out & MSG_PARTIAL ? WSAEMSGSIZE : 0;
        *in_and_out = out;
        cut = deliver(receiving, received.transfer.bytes,
                      received.source.is_some ? &received.source.val : NULL);
        if (received_bytes != NULL)
            *received_bytes = received.transfer.bytes;
        if (operation == NULL) {
            drop_receiving(receiving);
            code = code == 0 ? (int)cut : code;
        } else if (code == 0 && cut != 0) {
            /* The provider has indicated it, so that it is told of there. */
            cut_at_once(operation, received.transfer.bytes, out, cut);
            code = WSA_IO_PENDING;
        } else {
            completed_at_once(operation, received.transfer.bytes, out, (DWORD)code);
        }
    } else if (error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING && operation != NULL) {
        accepted(operation, &socket->receives);
    } else if (operation != NULL) {
        drop_operation(operation);
    } else {
        drop_receiving(receiving);
    }
    settle();
    if (!ok)
        return fail_with(error_out, error);
    did_not_wait();
    return code == 0 ? 0 : fail(error_out, code);
}

int WSPRecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                LPDWORD lpFlags, struct sockaddr *lpFrom, LPINT lpFromlen,
                LPWSAOVERLAPPED lpOverlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine, LPWSATHREADID lpThreadId,
                LPINT lpErrno) {
    struct overlapped_request wanted = {.overlapped = lpOverlapped, .routine = lpCompletionRoutine};
    return receive_from(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, lpFrom,
                        lpFromlen, NULL, &wanted, lpThreadId, lpErrno);
}

int WSPRecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
            LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine, LPWSATHREADID lpThreadId,
            LPINT lpErrno) {
    return WSPRecvFrom(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, NULL, NULL,
                       lpOverlapped, lpCompletionRoutine, lpThreadId, lpErrno);
}

int WSARecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
            LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    return WSARecvFrom(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, NULL, NULL,
                       lpOverlapped, lpCompletionRoutine);
}

int WSARecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                LPDWORD lpFlags, struct sockaddr *lpFrom, LPINT lpFromlen,
                LPWSAOVERLAPPED lpOverlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result =
        WSPRecvFrom(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, lpFrom, lpFromlen,
                    lpOverlapped, lpCompletionRoutine, NULL, &code);
    keep_code(code);
    return result;
}

int recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from, int *fromlen) {
    WSABUF buffer = {(ULONG)len, buf};
    DWORD received = 0, in_and_out = (DWORD)flags;
    int result =
        WSARecvFrom(s, &buffer, 1, &received, &in_and_out, from, fromlen, NULL, NULL);
    return result == SOCKET_ERROR ? SOCKET_ERROR : (int)received;
}

int recv(SOCKET s, char *buf, int len, int flags) {
    return recvfrom(s, buf, len, flags, NULL, NULL);
}

int WSARecvEx(SOCKET s, char *buf, int len, int *flags) {
    int received;
    if (!in_memory(flags, sizeof *flags)) {
        keep_code(find_socket(s) == NULL ? WSAENOTSOCK : WSAEFAULT);
        return SOCKET_ERROR;
    }
    received = recv(s, buf, len, *flags);
    if (received == SOCKET_ERROR && WSAGetLastError() == WSAEMSGSIZE) {
        *flags = MSG_PARTIAL;
        return len;
    }
    *flags = 0;
    return received;
}
