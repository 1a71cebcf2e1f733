/* WSPIoctl. */
#include "shim.h"

static int set_nonblocking(struct open_socket *socket, const void *in, DWORD in_length,
                           LPINT error_out) {
    wsa_error error;
    u_long on;
    if (in_length < sizeof on || !in_memory(in, sizeof on))
        return fail(error_out, WSAEFAULT);
    memcpy(&on, in, sizeof on);
    if (!winsock_spi_provider_ioctl_fionbio(borrow_socket(socket), on != 0, &error))
        return fail_with(error_out, error);
    return 0;
}

static int tell_available(struct open_socket *socket, void *out, DWORD out_length,
                          LPDWORD returned, LPINT error_out) {
    wsa_error error;
    uint32_t bytes;
    if (out_length < sizeof bytes || !in_memory(out, sizeof bytes))
        return fail(error_out, WSAEFAULT);
    if (!winsock_spi_provider_ioctl_fionread(borrow_socket(socket), &bytes, &error))
        return fail_with(error_out, error);
    memcpy(out, &bytes, sizeof bytes);
    if (returned != NULL)
        *returned = sizeof bytes;
    return 0;
}

/* Sends never report what ICMP says of earlier ones, so that can only be turned off. */
static int set_udp_reset(const struct open_socket *socket, const void *in, DWORD in_length,
                         LPINT error_out) {
    BOOL on;
    if (in_length < sizeof on || !in_memory(in, sizeof on))
        return fail(error_out, WSAEFAULT);
    memcpy(&on, in, sizeof on);
    if (on || socket->type != SOCK_DGRAM)
        return fail(error_out, WSAEOPNOTSUPP);
    return 0;
}

int WSPIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
             LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
             LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine,
             LPWSATHREADID lpThreadId, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    wsa_error error;
    /* Every code is done at once, and is not indicated. */
    (void)lpCompletionRoutine;
    (void)lpThreadId;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if ((lpcbBytesReturned == NULL && lpOverlapped == NULL) ||
        !null_or_in_memory(lpcbBytesReturned, sizeof *lpcbBytesReturned))
        return fail(lpErrno, WSAEFAULT);
    switch (dwIoControlCode) {
    case (DWORD)FIONBIO:
        return set_nonblocking(socket, lpvInBuffer, cbInBuffer, lpErrno);
    case FIONREAD:
        return tell_available(socket, lpvOutBuffer, cbOutBuffer, lpcbBytesReturned, lpErrno);
    case SIO_FLUSH:
        if (!winsock_spi_provider_ioctl_sio_flush(borrow_socket(socket), &error))
            return fail_with(lpErrno, error);
        return 0;
    case SIO_UDP_CONNRESET:
        return set_udp_reset(socket, lpvInBuffer, cbInBuffer, lpErrno);
    case SIO_GET_EXTENSION_FUNCTION_POINTER:
        return extension_function(lpvInBuffer, cbInBuffer, lpvOutBuffer, cbOutBuffer,
                                  lpcbBytesReturned, lpErrno);
    case SIOCATMARK:
        return is_at_mark(socket, lpvOutBuffer, cbOutBuffer, lpcbBytesReturned, lpErrno);
    case SIO_KEEPALIVE_VALS:
        return set_keep_alive(socket, lpvInBuffer, cbInBuffer, lpErrno);
    default:
        return fail(lpErrno, WSAEOPNOTSUPP);
    }
}

int WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
             LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
             LPWSAOVERLAPPED lpOverlapped,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result =
        WSPIoctl(s, dwIoControlCode, lpvInBuffer, cbInBuffer, lpvOutBuffer, cbOutBuffer,
                 lpcbBytesReturned, lpOverlapped, lpCompletionRoutine, NULL, &code);
    return keep_error(result, code);
}

int ioctlsocket(SOCKET s, long cmd, u_long *argp) {
    DWORD returned = 0;
    return WSAIoctl(s, (DWORD)cmd, argp, sizeof *argp, argp, sizeof *argp, &returned, NULL, NULL);
}
