/* Sockets: made, bound, connected, accepted and closed. */
#include "shim.h"

/* The type of a protocol, if it has only one. */
static int type_of(int protocol) {
    return protocol == IPPROTO_TCP ? SOCK_STREAM : protocol == IPPROTO_UDP ? SOCK_DGRAM : 0;
}

/* What WSASocket may be asked for of a socket for groups. */
#define MULTIPOINT (WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF)

/* Whether there are sockets of that type with these flags. Groups of UDP have no roots. */
static BOOL known_flags(DWORD flags, int type) {
    DWORD groups = flags & (MULTIPOINT | WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT);
    DWORD others = flags & ~groups & ~(DWORD)(WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    return others == 0 && (groups == 0 || (groups == MULTIPOINT && type == SOCK_DGRAM));
}

/*
 * Takes what is not said from what is; 0, or the code for what is not supported.
 * Windows looks at the type first, then at the family, then at the protocol.
 */
static int choose(int *family, int *type, int protocol) {
    int only = type_of(protocol);
    if (*family == AF_UNSPEC && protocol == 0)
        return WSAEINVAL;
    /* What only administrators get on Windows, nobody gets here. */
    if (*type == SOCK_RAW && (*family == AF_INET || *family == AF_INET6))
        return WSAEACCES;
    if (*type != 0 && *type != SOCK_STREAM && *type != SOCK_DGRAM)
        return WSAESOCKTNOSUPPORT;
    if (*family != AF_UNSPEC && *family != AF_INET && *family != AF_INET6)
        return WSAEAFNOSUPPORT;
    if (protocol != 0 && only == 0)
        return WSAEPROTONOSUPPORT;
    if (*family == AF_UNSPEC)
        *family = AF_INET;
    if (*type == 0)
        *type = only != 0 ? only : SOCK_STREAM;
    return only != 0 && only != *type ? WSAEPROTONOSUPPORT : 0;
}

/* What the structure says takes the place of what is 0 or FROM_PROTOCOL_INFO. */
static int from_info(int given, int of_info) {
    return given == 0 || given == FROM_PROTOCOL_INFO ? of_info : given;
}

/* Gives a socket of the provider a number; INVALID_SOCKET when there are no more. */
static SOCKET number(own_socket own, int family, int type, BOOL overlapped) {
    struct open_socket socket = {
        .own = own,
        .family = family,
        .type = type,
        .overlapped = overlapped,
        .deferred = INVALID_SOCKET,
    };
    SOCKET s = add_socket(socket);
    if (s == INVALID_SOCKET)
        winsock_spi_provider_socket_drop_own(own);
    return s;
}

SOCKET WSPSocket(int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo, GROUP g,
                 DWORD dwFlags, LPINT lpErrno) {
    own_socket own;
    wsa_error error;
    SOCKET s;
    int code;
    (void)g;
    if (lpProtocolInfo != NULL) {
        if (!in_memory(lpProtocolInfo, sizeof *lpProtocolInfo)) {
            fail(lpErrno, WSAEFAULT);
            return INVALID_SOCKET;
        }
        af = from_info(af, lpProtocolInfo->iAddressFamily);
        type = from_info(type, lpProtocolInfo->iSocketType);
        protocol = from_info(protocol, lpProtocolInfo->iProtocol);
    }
    /* Of a structure the family is looked at first, and has to be there. */
    if (lpProtocolInfo != NULL && af != AF_INET && af != AF_INET6)
        code = WSAEAFNOSUPPORT;
    else
        code = choose(&af, &type, protocol);
    if (code == 0 && !known_flags(dwFlags, type))
        code = WSAEINVAL;
    if (code != 0) {
        fail(lpErrno, code);
        return INVALID_SOCKET;
    }
    if (!winsock_spi_provider_wsp_socket(
            af == AF_INET6 ? WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET6
                           : WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET,
            type == SOCK_DGRAM ? WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM
                               : WINSOCK_SPI_TYPES_SOCKET_TYPE_STREAM,
            dwFlags & WSA_FLAG_OVERLAPPED ? WINSOCK_SPI_TYPES_SOCKET_FLAGS_OVERLAPPED : 0, &own,
            &error)) {
        fail_with(lpErrno, error);
        return INVALID_SOCKET;
    }
    keep_nonblocking(own);
    s = number(own, af, type, (dwFlags & WSA_FLAG_OVERLAPPED) != 0);
    if (s == INVALID_SOCKET)
        fail(lpErrno, WSAEMFILE);
    else
        find_socket(s)->multipoint = (dwFlags & MULTIPOINT) != 0;
    return s;
}

int WSPBind(SOCKET s, const struct sockaddr *name, int namelen, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    socket_address address;
    wsa_error error;
    int code;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    code = read_address(name, namelen, &address);
    if (code != 0)
        return fail(lpErrno, code);
    if (!winsock_spi_provider_wsp_bind(borrow_socket(socket), &address, &error))
        return fail_with(lpErrno, error);
    return 0;
}

int WSPListen(SOCKET s, int backlog, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    wsa_error error;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if (!winsock_spi_provider_wsp_listen(borrow_socket(socket), backlog < 0 ? 0 : (uint32_t)backlog,
                                         &error))
        return fail_with(lpErrno, error);
    return 0;
}

int WSPConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
               LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    socket_address address;
    wsa_error error;
    int code;
    BOOL ok;
    (void)lpSQOS;
    (void)lpGQOS;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if (!null_or_in_memory(lpCallerData, sizeof *lpCallerData) ||
        !null_or_in_memory(lpCalleeData, sizeof *lpCalleeData))
        return fail(lpErrno, WSAEFAULT);
    code = read_address(name, namelen, &address);
    if (code == WSAEAFNOSUPPORT && name->sa_family == AF_UNSPEC && socket->type == SOCK_DGRAM) {
        /* Takes the default peer away, as the unspecified address does. */
        memset(&address, 0, sizeof address);
        address.tag = socket->family == AF_INET6 ? WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET6
                                                 : WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET;
        code = 0;
    }
    if (code != 0)
        return fail(lpErrno, code);
    /* Neither TCP nor UDP carries data while it connects. */
    if (lpCallerData != NULL && lpCallerData->len > 0)
        return fail(lpErrno, WSAEOPNOTSUPP);
    ok = winsock_spi_provider_wsp_connect(borrow_socket(socket), &address, &error);
    if (!ok)
        ok = connection_made(s, socket, &error);
    settle();
    if (!ok)
        return fail_with(lpErrno, error);
    if (lpCalleeData != NULL)
        lpCalleeData->len = 0;
    return 0;
}

/* The next connection of a listening socket, one that was deferred first. */
static SOCKET next_connection(SOCKET listening, struct open_socket *listener, socket_address *peer,
                              LPINT error_out) {
    (void)listening;
    winsock_spi_provider_tuple2_own_socket_socket_address_t taken;
    struct attempts attempts = NO_ATTEMPTS;
    wsa_error error;
    SOCKET s = listener->deferred;
    BOOL ok;
    listener->deferred = INVALID_SOCKET;
    if (s != INVALID_SOCKET &&
        winsock_spi_provider_wsp_get_peer_name(borrow_socket(find_socket(s)), peer, &error))
        return s;
    do
        ok = winsock_spi_provider_wsp_accept(borrow_socket(listener), &taken, &error);
    while (!ok && try_again(&attempts, listening, listener, WINSOCK_SPI_THREADS_AWAITED_READABLE,
                            "accept", &error));
    if (!ok) {
        fail_with(error_out, error);
        return INVALID_SOCKET;
    }
    *peer = taken.f1;
    s = number(taken.f0, listener->family, listener->type, listener->overlapped);
    if (s == INVALID_SOCKET)
        fail(error_out, WSAEMFILE);
    else
        find_socket(s)->nonblocking = listener->nonblocking;
    return s;
}

/* Ends a connection that a condition function did not want. */
static void reject(SOCKET s) {
    winsock_spi_provider_socket_option_t at_once = {
        .tag = WINSOCK_SPI_PROVIDER_SOCKET_OPTION_SO_LINGER,
        .val.so_linger = {.is_some = true, .val = 0},
    };
    struct open_socket *socket = find_socket(s);
    wsa_error error;
    (void)winsock_spi_provider_wsp_set_sock_opt(borrow_socket(socket), &at_once, &error);
    (void)winsock_spi_provider_wsp_close_socket(borrow_socket(socket), &error);
    drop_socket(s);
}

SOCKET WSPAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen, LPCONDITIONPROC lpfnCondition,
                 DWORD_PTR dwCallbackData, LPINT lpErrno) {
    struct open_socket *listener = find_socket(s);
    socket_address peer;
    SOCKET accepted;
    if (listener == NULL) {
        fail(lpErrno, WSAENOTSOCK);
        return INVALID_SOCKET;
    }
    /* Without either there is no address to be told. */
    if (addr == NULL || addrlen == NULL) {
        addr = NULL;
        addrlen = NULL;
    }
    if (!room_for_address(addr, addrlen, listener->family)) {
        fail(lpErrno, WSAEFAULT);
        return INVALID_SOCKET;
    }
    accepted = next_connection(s, listener, &peer, lpErrno);
    settle();
    if (accepted == INVALID_SOCKET)
        return INVALID_SOCKET;
    if (lpfnCondition != NULL) {
        struct sockaddr_storage caller, callee;
        int caller_length = sizeof caller, callee_length = sizeof callee;
        WSABUF caller_id = {0, (CHAR *)&caller}, callee_id = {0, (CHAR *)&callee};
        GROUP group = 0;
        int answer;
        write_address(&peer, (struct sockaddr *)&caller, &caller_length);
        caller_id.len = (ULONG)caller_length;
        if (WSPGetSockName(accepted, (struct sockaddr *)&callee, &callee_length, NULL) == 0)
            callee_id.len = (ULONG)callee_length;
        answer = lpfnCondition(&caller_id, NULL, NULL, NULL, &callee_id, NULL, &group,
                               dwCallbackData);
        if (answer == CF_DEFER && (listener = find_socket(s)) != NULL) {
            listener->deferred = accepted;
            fail(lpErrno, WSATRY_AGAIN);
            return INVALID_SOCKET;
        }
        if (answer != CF_ACCEPT) {
            reject(accepted);
            fail(lpErrno, WSAECONNREFUSED);
            return INVALID_SOCKET;
        }
    }
    write_address(&peer, addr, addrlen);
    return accepted;
}

int WSPShutdown(SOCKET s, int how, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    wsa_error error;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if (how != SD_RECEIVE && how != SD_SEND && how != SD_BOTH)
        return fail(lpErrno, WSAEINVAL);
    /* The provider numbers the directions as Winsock does. */
    if (!winsock_spi_provider_wsp_shutdown(borrow_socket(socket),
                                           (winsock_spi_types_shutdown_how_t)how, &error))
        return fail_with(lpErrno, error);
    settle();
    return 0;
}

void drop_socket(SOCKET s) {
    struct open_socket *socket = find_socket(s);
    settle_socket(socket);
    if (socket->deferred != INVALID_SOCKET)
        drop_socket(socket->deferred);
    winsock_spi_provider_socket_drop_own(socket->own);
    socket_dropped(socket);
    forget_handle(s);
}

int WSPCloseSocket(SOCKET s, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    struct attempts attempts = NO_ATTEMPTS;
    wsa_error error;
    BOOL ok;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    do
        ok = winsock_spi_provider_wsp_close_socket(borrow_socket(socket), &error);
    while (!ok && lingers(&attempts, s, socket, &error));
    if (!ok) {
        settle();
        return fail_with(lpErrno, error);
    }
    drop_socket(s);
    settle();
    return 0;
}

SOCKET WSASocketW(int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo, GROUP g,
                  DWORD dwFlags) {
    int code = 0;
    SOCKET s = INVALID_SOCKET;
    if (started())
        s = WSPSocket(af, type, protocol, lpProtocolInfo, g, dwFlags, &code);
    else
        code = WSANOTINITIALISED;
    keep_code(s == INVALID_SOCKET ? code : 0);
    return s;
}

SOCKET WSASocketA(int af, int type, int protocol, LPWSAPROTOCOL_INFOA lpProtocolInfo, GROUP g,
                  DWORD dwFlags) {
    WSAPROTOCOL_INFOW wide = {.dwServiceFlags1 = 0};
    if (lpProtocolInfo == NULL || !started())
        return WSASocketW(af, type, protocol, NULL, g, dwFlags);
    if (!in_memory(lpProtocolInfo, sizeof *lpProtocolInfo)) {
        WSASetLastError(WSAEFAULT);
        return INVALID_SOCKET;
    }
    wide.iAddressFamily = lpProtocolInfo->iAddressFamily;
    wide.iSocketType = lpProtocolInfo->iSocketType;
    wide.iProtocol = lpProtocolInfo->iProtocol;
    return WSASocketW(af, type, protocol, &wide, g, dwFlags);
}

SOCKET socket(int af, int type, int protocol) {
    return WSASocketW(af, type, protocol, NULL, 0, default_socket_flags());
}

int bind(SOCKET s, const struct sockaddr *name, int namelen) {
    int code = 0;
    return keep_error(WSPBind(s, name, namelen, &code), code);
}

int listen(SOCKET s, int backlog) {
    int code = 0;
    return keep_error(WSPListen(s, backlog, &code), code);
}

int connect(SOCKET s, const struct sockaddr *name, int namelen) {
    return WSAConnect(s, name, namelen, NULL, NULL, NULL, NULL);
}

int WSAConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
               LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS) {
    int code = 0;
    int result =
        WSPConnect(s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, &code);
    return keep_error(result, code);
}

SOCKET accept(SOCKET s, struct sockaddr *addr, int *addrlen) {
    return WSAAccept(s, addr, addrlen, NULL, 0);
}

SOCKET WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen, LPCONDITIONPROC lpfnCondition,
                 DWORD_PTR dwCallbackData) {
    int code = 0;
    SOCKET accepted;
    /* A thread that was made just now may have been given the address of what this writes. */
    did_not_wait();
    accepted = WSPAccept(s, addr, addrlen, lpfnCondition, dwCallbackData, &code);
    keep_code(accepted == INVALID_SOCKET ? code : 0);
    return accepted;
}

int shutdown(SOCKET s, int how) {
    int code = 0;
    return keep_error(WSPShutdown(s, how, &code), code);
}

/* Success leaves the last error alone: programs read it after they have closed the socket. */
int closesocket(SOCKET s) {
    int code = 0;
    int result = WSPCloseSocket(s, &code);
    if (result == SOCKET_ERROR)
        keep_code(code);
    return result;
}
