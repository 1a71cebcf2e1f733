/* WSPIoctl. */
#include "shim.h"

/* What an ioctl is given, and where its answer goes. */
struct ioctl {
    const void *in;
    DWORD in_length;
    void *out;
    DWORD out_length;
    /* Bytes of the answer. */
    DWORD returned;
};

/* Every one of these returns 0 or its code. */

static int take_number(const struct ioctl *call, void *number, DWORD size) {
    if (call->in_length < size || !in_memory(call->in, size))
        return WSAEFAULT;
    memcpy(number, call->in, size);
    return 0;
}

static int give_number(struct ioctl *call, const void *number, DWORD size) {
    if (call->out_length < size || !in_memory(call->out, size))
        return WSAEFAULT;
    memcpy(call->out, number, size);
    call->returned = size;
    return 0;
}

static int set_nonblocking(struct open_socket *socket, struct ioctl *call) {
    wsa_error error;
    u_long on;
    int code = take_number(call, &on, sizeof on);
    if (code != 0)
        return code;
    if (!winsock_spi_provider_ioctl_fionbio(borrow_socket(socket), on != 0, &error))
        return number_of(error);
    keep_nonblocking(socket->own);
    socket->nonblocking = on != 0;
    return 0;
}

static int tell_available(struct open_socket *socket, struct ioctl *call) {
    wsa_error error;
    uint32_t bytes = 0;
    /* Before the question, which may not be asked of every socket. */
    int code = give_number(call, &bytes, sizeof bytes);
    if (code != 0)
        return code;
    if (!winsock_spi_provider_ioctl_fionread(borrow_socket(socket), &bytes, &error))
        return number_of(error);
    return give_number(call, &bytes, sizeof bytes);
}

static int flush(struct open_socket *socket) {
    wsa_error error;
    if (!winsock_spi_provider_ioctl_sio_flush(borrow_socket(socket), &error))
        return number_of(error);
    return 0;
}

/* Sends never report what ICMP says of earlier ones, so that can only be turned off. */
static int set_udp_reset(const struct open_socket *socket, struct ioctl *call) {
    BOOL on;
    int code = take_number(call, &on, sizeof on);
    if (code != 0)
        return code;
    return on || socket->type != SOCK_DGRAM ? WSAEOPNOTSUPP : 0;
}

static int give_function(struct ioctl *call) {
    void (*function)(void);
    GUID id;
    int code = take_number(call, &id, sizeof id);
    if (code != 0)
        return code;
    function = extension_function(&id);
    return function == NULL ? WSAEINVAL : give_number(call, &function, sizeof function);
}

static int tell_at_mark(struct open_socket *socket, struct ioctl *call) {
    uint32_t at_mark = 0;
    /* Before the question, which may not be asked of every socket. */
    int code = give_number(call, &at_mark, sizeof at_mark);
    if (code == 0)
        code = is_at_mark(socket, &at_mark);
    return code == 0 ? give_number(call, &at_mark, sizeof at_mark) : code;
}

static int set_keep_alive_values(struct open_socket *socket, struct ioctl *call) {
    struct tcp_keepalive values;
    int code = take_number(call, &values, sizeof values);
    return code == 0 ? set_keep_alive(socket, &values) : code;
}

static int tell_route(struct ioctl *call) {
    DWORD length = 0;
    int code = find_route(call->in, call->in_length, call->out, call->out_length, &length);
    call->returned = length;
    return code;
}

static int tell_addresses(struct ioctl *call) {
    return list_addresses(call->out, call->out_length, &call->returned);
}

/* Of IPv4 alone, as the answer has no room for IPv6. */
static int tell_interfaces(const struct open_socket *socket, struct ioctl *call) {
    if (socket->family != AF_INET)
        return WSAEOPNOTSUPP;
    return list_interfaces(call->out, call->out_length, &call->returned);
}

/* What a stream can have under way at best, for programs that ask. */
static int tell_backlog(struct open_socket *socket, struct ioctl *call) {
    const ULONG bytes = 64 << 10;
    socket_address peer;
    wsa_error error;
    if (!winsock_spi_provider_wsp_get_peer_name(borrow_socket(socket), &peer, &error))
        return number_of(error);
    return give_number(call, &bytes, sizeof bytes);
}

static int answer(SOCKET s, struct open_socket *socket, DWORD code, BOOL overlapped,
                  struct ioctl *call) {
    switch (code) {
    case (DWORD)FIONBIO:
        return set_nonblocking(socket, call);
    case FIONREAD:
        return tell_available(socket, call);
    case SIO_IDEAL_SEND_BACKLOG_QUERY:
        return socket->type == SOCK_STREAM ? tell_backlog(socket, call) : WSAEOPNOTSUPP;
    case SIO_ADDRESS_LIST_SORT:
        return sort_addresses(call->in, call->in_length, call->out, call->out_length,
                              &call->returned);
    case SIO_FLUSH:
        return flush(socket);
    case SIO_UDP_CONNRESET:
        return set_udp_reset(socket, call);
    case SIO_BASE_HANDLE:
        /* There are no layers. As on Windows, it is not for overlapped calls. */
        return overlapped ? WSAEOPNOTSUPP : give_number(call, &s, sizeof s);
    case SIO_GET_EXTENSION_FUNCTION_POINTER:
        return give_function(call);
    case SIOCATMARK:
        return tell_at_mark(socket, call);
    case SIO_KEEPALIVE_VALS:
        return set_keep_alive_values(socket, call);
    case SIO_ROUTING_INTERFACE_QUERY:
        return tell_route(call);
    case SIO_ADDRESS_LIST_QUERY:
        return tell_addresses(call);
    case SIO_GET_INTERFACE_LIST:
        return tell_interfaces(socket, call);
    default:
        return WSAEOPNOTSUPP;
    }
}

/* Whether the count is left alone where it is refused, as on Windows. */
static BOOL keeps_count(DWORD code, BOOL overlapped) {
    if (overlapped)
        return code != SIO_ADDRESS_LIST_QUERY;
    return code == FIONREAD || code == SIOCATMARK || code == SIO_ROUTING_INTERFACE_QUERY;
}

/* Whether an overlapped call is pending, and learns this code when it has ended. */
static BOOL is_told_later(DWORD ioctl, int code) {
    /* As on Windows, where only the driver knows which codes there are. */
    return code == WSAEOPNOTSUPP || ioctl == SIO_GET_INTERFACE_LIST;
}

int WSPIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
             LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
             LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine,
             LPWSATHREADID lpThreadId, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    struct ioctl call = {lpvInBuffer, cbInBuffer, lpvOutBuffer, cbOutBuffer, 0};
    struct overlapped_request request;
    int code;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if (!in_memory(lpcbBytesReturned, sizeof *lpcbBytesReturned))
        return fail(lpErrno, WSAEFAULT);
    code = overlapped_request(socket, lpOverlapped, lpCompletionRoutine, lpThreadId, &request);
    if (code != 0)
        return fail(lpErrno, code);
    code = answer(s, socket, dwIoControlCode, request.overlapped != NULL, &call);
    if (request.overlapped != NULL && is_told_later(dwIoControlCode, code)) {
        if (!complete_here(&request, call.returned, code, FALSE))
            return fail(lpErrno, WSAENOBUFS);
        return fail(lpErrno, WSA_IO_PENDING);
    }
    if (code != 0) {
        /* What it would be is told where there is no room for the answer. */
        if (call.returned > 0 || !keeps_count(dwIoControlCode, request.overlapped != NULL))
            *lpcbBytesReturned = call.returned;
        return fail(lpErrno, code);
    }
    /* The answer is there already, and is not counted again. */
    if (request.overlapped != NULL && !complete_here(&request, 0, 0, TRUE))
        return fail(lpErrno, WSAENOBUFS);
    *lpcbBytesReturned = call.returned;
    return 0;
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
