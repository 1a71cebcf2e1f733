/* WSAConnectByName and WSAConnectByList: the first of several addresses that answers. */
#include "shim.h"

/* When to give up, as GetTickCount64 counts; NEVER without a time-out. */
#define NEVER (~0ULL)

static ULONGLONG deadline_of(const struct timeval *timeout) {
    if (timeout == NULL)
        return NEVER;
    return GetTickCount64() + (ULONGLONG)timeout->tv_sec * 1000 +
           (ULONGLONG)(timeout->tv_usec + 999) / 1000;
}

/* Waits for an attempt under way; 0, or the code. */
static int wait_connected(SOCKET s, ULONGLONG deadline) {
    ULONGLONG now = GetTickCount64(), left = deadline > now ? deadline - now : 0;
    struct timeval timeout = {(long)(left / 1000), (long)(left % 1000 * 1000)};
    fd_set connected = {.fd_count = 1, .fd_array = {s}}, failed = connected;
    int error = 0, length = sizeof error, code = 0;
    if (WSPSelect(0, NULL, &connected, &failed, deadline == NEVER ? NULL : &timeout, &code) ==
        SOCKET_ERROR)
        return code;
    if (connected.fd_count > 0)
        return 0;
    if (failed.fd_count == 0)
        return WSAETIMEDOUT;
    if (WSPGetSockOpt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length, &code) == SOCKET_ERROR)
        return code;
    return error;
}

static int set_nonblocking(SOCKET s, u_long on) {
    DWORD returned;
    int code = 0;
    (void)WSPIoctl(s, (DWORD)FIONBIO, &on, sizeof on, NULL, 0, &returned, NULL, NULL, NULL, &code);
    return code;
}

/* Tries one address; 0, or the code. */
static int try_address(SOCKET s, const struct sockaddr *address, int length, ULONGLONG deadline) {
    BOOL blocking = !find_socket(s)->nonblocking;
    int code = 0, restored;
    if (blocking && deadline == NEVER) {
        (void)WSPConnect(s, address, length, NULL, NULL, NULL, NULL, &code);
        return code;
    }
    if (blocking && (code = set_nonblocking(s, 1)) != 0)
        return code;
    (void)WSPConnect(s, address, length, NULL, NULL, NULL, NULL, &code);
    if (code == WSAEWOULDBLOCK)
        code = wait_connected(s, deadline);
    restored = blocking ? set_nonblocking(s, 0) : 0;
    return code != 0 ? code : restored;
}

/* Where the caller wants to know the two ends of the connection. */
struct ends {
    LPDWORD local_length;
    struct sockaddr *local;
    LPDWORD remote_length;
    struct sockaddr *remote;
};

/* Whether there is room for an address, where one is wanted. */
static BOOL has_room(const struct sockaddr *address, const DWORD *length, int family) {
    if (length == NULL)
        return TRUE;
    if (address == NULL)
        return in_memory(length, sizeof *length);
    return *length <= 0x7fffffff && room_for_address(address, (const int *)length, family);
}

static void tell(SOCKET s, struct sockaddr *address, LPDWORD length,
                 int (*ask)(SOCKET, struct sockaddr *, LPINT, LPINT)) {
    struct sockaddr_storage found;
    int size = sizeof found;
    if (length == NULL || ask(s, (struct sockaddr *)&found, &size, NULL) == SOCKET_ERROR)
        return;
    if (address != NULL)
        memcpy(address, &found, (size_t)size);
    *length = (DWORD)size;
}

/* What is wrong before anything is tried; 0, or the code. */
static int check(SOCKET s, const struct ends *ends, const struct timeval *timeout,
                 const void *reserved) {
    const struct open_socket *socket = find_socket(s);
    if (socket == NULL)
        return WSAENOTSOCK;
    if (socket->type != SOCK_STREAM || reserved != NULL)
        return WSAEINVAL;
    if (!null_or_in_memory(timeout, sizeof *timeout) ||
        !has_room(ends->local, ends->local_length, socket->family) ||
        !has_room(ends->remote, ends->remote_length, socket->family))
        return WSAEFAULT;
    return 0;
}

static BOOL done(SOCKET s, int code, const struct ends *ends) {
    if (code == 0) {
        tell(s, ends->local, ends->local_length, WSPGetSockName);
        tell(s, ends->remote, ends->remote_length, WSPGetPeerName);
    }
    keep_code(code);
    return code == 0;
}

static int try_found(SOCKET s, const struct addrinfo *found, const struct timeval *timeout) {
    ULONGLONG deadline = deadline_of(timeout);
    int code = WSAHOST_NOT_FOUND;
    for (; found != NULL && code != 0; found = found->ai_next) {
        code = try_address(s, found->ai_addr, (int)found->ai_addrlen, deadline);
        if (code == WSAEISCONN || code == WSAETIMEDOUT)
            break;
    }
    return code;
}

static struct addrinfo hints_for(SOCKET s) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
    int only = TRUE, length = sizeof only, code = 0;
    hints.ai_family = find_socket(s)->family;
    /* One that is for both families is connected to addresses of either. */
    if (hints.ai_family == AF_INET6 &&
        WSPGetSockOpt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, &length, &code) == 0 && !only)
        hints.ai_flags = AI_V4MAPPED | AI_ALL;
    return hints;
}

BOOL WSAConnectByNameA(SOCKET s, LPCSTR nodename, LPCSTR servicename, LPDWORD LocalAddressLength,
                       LPSOCKADDR LocalAddress, LPDWORD RemoteAddressLength,
                       LPSOCKADDR RemoteAddress, const struct timeval *timeout,
                       LPWSAOVERLAPPED Reserved) {
    struct ends ends = {LocalAddressLength, LocalAddress, RemoteAddressLength, RemoteAddress};
    struct addrinfo *found = NULL;
    int code = nodename == NULL || servicename == NULL ? WSAEINVAL
                                                       : check(s, &ends, timeout, Reserved);
    if (code == 0) {
        struct addrinfo hints = hints_for(s);
        code = resolve(nodename, servicename, &hints, &found);
    }
    if (code == 0)
        code = try_found(s, found, timeout);
    freeaddrinfo(found);
    return done(s, code, &ends);
}

BOOL WSAConnectByNameW(SOCKET s, LPWSTR nodename, LPWSTR servicename, LPDWORD LocalAddressLength,
                       LPSOCKADDR LocalAddress, LPDWORD RemoteAddressLength,
                       LPSOCKADDR RemoteAddress, const struct timeval *timeout,
                       LPWSAOVERLAPPED Reserved) {
    struct ends ends = {LocalAddressLength, LocalAddress, RemoteAddressLength, RemoteAddress};
    struct addrinfo *found = NULL;
    int code = nodename == NULL || servicename == NULL ? WSAEINVAL
                                                       : check(s, &ends, timeout, Reserved);
    if (code == 0) {
        struct addrinfo hints = hints_for(s);
        code = resolve_wide(nodename, servicename, &hints, &found);
    }
    if (code == 0)
        code = try_found(s, found, timeout);
    freeaddrinfo(found);
    return done(s, code, &ends);
}

BOOL WSAConnectByList(SOCKET s, PSOCKET_ADDRESS_LIST SocketAddress, LPDWORD LocalAddressLength,
                      LPSOCKADDR LocalAddress, LPDWORD RemoteAddressLength,
                      LPSOCKADDR RemoteAddress, const struct timeval *timeout,
                      LPWSAOVERLAPPED Reserved) {
    struct ends ends = {LocalAddressLength, LocalAddress, RemoteAddressLength, RemoteAddress};
    ULONGLONG deadline;
    int position, code = check(s, &ends, timeout, Reserved);
    if (code == 0 && (!in_memory(SocketAddress, sizeof *SocketAddress) ||
                      SocketAddress->iAddressCount < 0 ||
                      !in_memory(SocketAddress->Address, (uint64_t)SocketAddress->iAddressCount *
                                                             sizeof *SocketAddress->Address)))
        code = WSAEFAULT;
    if (code != 0)
        return done(s, code, &ends);
    deadline = deadline_of(timeout);
    code = WSAEINVAL;
    for (position = 0; position < SocketAddress->iAddressCount && code != 0; position++) {
        const SOCKET_ADDRESS *address = &SocketAddress->Address[position];
        code = try_address(s, address->lpSockaddr, address->iSockaddrLength, deadline);
        if (code == WSAEISCONN || code == WSAETIMEDOUT)
            break;
    }
    return done(s, code, &ends);
}
