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

int WSPRecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                LPDWORD lpFlags, struct sockaddr *lpFrom, LPINT lpFromlen,
                LPWSAOVERLAPPED lpOverlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine, LPWSATHREADID lpThreadId,
                LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    struct overlapped_request request;
    struct operation *operation = NULL;
    struct receiving *receiving;
    winsock_spi_provider_completion_routine_t routine;
    winsock_spi_provider_received_from_t received;
    borrowed_overlapped borrowed;
    message_flags flags;
    wsa_error error;
    int code;
    BOOL ok;

    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if ((lpNumberOfBytesRecvd == NULL && lpOverlapped == NULL) ||
        !null_or_in_memory(lpNumberOfBytesRecvd, sizeof *lpNumberOfBytesRecvd) ||
        !in_memory(lpFlags, sizeof *lpFlags))
        return fail(lpErrno, WSAEFAULT);
    code = overlapped_request(socket, lpOverlapped, lpCompletionRoutine, lpThreadId, &request);
    if (code != 0)
        return fail(lpErrno, code);
    if (dwBufferCount == 0)
        return fail(lpErrno, WSAEINVAL);
    if (!valid_buffers(lpBuffers, dwBufferCount))
        return fail(lpErrno, WSAEFAULT);
    /* A stream has no sender to report, and leaves both alone. */
    if (socket->type == SOCK_STREAM)
        lpFrom = NULL;
    else if (!room_for_address(lpFrom, lpFromlen, socket->family))
        return fail(lpErrno, WSAEFAULT);
    if (!read_flags(*lpFlags, &flags))
        return fail(lpErrno, WSAEOPNOTSUPP);

    receiving = new_receiving(lpBuffers, dwBufferCount, most_of(socket, *lpFlags));
    if (receiving == NULL)
        return fail(lpErrno, WSAENOBUFS);
    receiving->from = lpFrom;
    receiving->from_length = lpFromlen;
    if (request.overlapped != NULL) {
        operation = new_operation(&request);
        if (operation == NULL) {
            drop_receiving(receiving);
            return fail(lpErrno, WSAENOBUFS);
        }
        operation->receiving = receiving;
        borrowed = winsock_spi_provider_borrow_overlapped(operation->own);
        routine = routine_of(operation);
    }
    ok = winsock_spi_provider_wsp_recv_from(
        borrow_socket(socket), winsock_spi_memory_borrow_receive_buffer(receiving->room), flags,
        operation == NULL ? NULL : &borrowed,
        operation == NULL || operation->routine == NULL ? NULL : &routine, &received, &error);
    if (ok) {
        DWORD out = write_flags(received.transfer.flags);
        code = out & MSG_PARTIAL ? WSAEMSGSIZE : 0;
        deliver(receiving, received.transfer.bytes,
                received.source.is_some ? &received.source.val : NULL);
        if (lpNumberOfBytesRecvd != NULL)
            *lpNumberOfBytesRecvd = received.transfer.bytes;
        *lpFlags = out;
        if (operation != NULL)
            completed_at_once(operation, received.transfer.bytes, out, (DWORD)code);
        else
            drop_receiving(receiving);
    } else if (error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING && operation != NULL) {
        accepted(operation, &socket->receives);
    } else if (operation != NULL) {
        drop_operation(operation);
    } else {
        drop_receiving(receiving);
    }
    settle();
    if (!ok)
        return fail_with(lpErrno, error);
    return code == 0 ? 0 : fail(lpErrno, code);
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
