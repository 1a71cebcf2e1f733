/* Where a socket is bound, and whom it is connected to. */
#include "shim.h"

typedef bool (*name_function)(borrowed_socket s, socket_address *ret, wsa_error *err);

static int tell_name(SOCKET s, struct sockaddr *name, int *namelen, LPINT error_out,
                     name_function ask) {
    struct open_socket *socket = find_socket(s);
    socket_address address;
    wsa_error error;
    if (socket == NULL)
        return fail(error_out, WSAENOTSOCK);
    /* As on Windows, that there is no name is found before that there is no room for it. */
    if (!ask(borrow_socket(socket), &address, &error))
        return fail_with(error_out, error);
    if (name == NULL || !room_for_address(name, namelen, socket->family))
        return fail(error_out, WSAEFAULT);
    write_address(&address, name, namelen);
    return 0;
}

int WSPGetSockName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lpErrno) {
    return tell_name(s, name, namelen, lpErrno, winsock_spi_provider_wsp_get_sock_name);
}

int WSPGetPeerName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lpErrno) {
    return tell_name(s, name, namelen, lpErrno, winsock_spi_provider_wsp_get_peer_name);
}

int getsockname(SOCKET s, struct sockaddr *name, int *namelen) {
    int code = 0;
    return keep_error(WSPGetSockName(s, name, namelen, &code), code);
}

int getpeername(SOCKET s, struct sockaddr *name, int *namelen) {
    int code = 0;
    return keep_error(WSPGetPeerName(s, name, namelen, &code), code);
}
