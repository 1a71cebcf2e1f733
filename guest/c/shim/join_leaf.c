/*
 * WSAJoinLeaf: makes a datagram socket a member of a group. The slot of the procedure
 * table of the same name is refused, as on Windows CE.
 */
#include "shim.h"

/* Joins through the interface that the socket is bound to; 0, or the code. */
static int join(struct open_socket *socket, SOCKET s, const struct sockaddr *name) {
    struct sockaddr_storage bound;
    int length = sizeof bound, code = 0;
    if (WSPGetSockName(s, (struct sockaddr *)&bound, &length, &code) != 0)
        return code;
    if (socket->family == AF_INET) {
        struct ip_mreq group = {((const struct sockaddr_in *)name)->sin_addr,
                                ((const struct sockaddr_in *)(void *)&bound)->sin_addr};
        set_ip_option(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&group, sizeof group, &code);
    } else {
        struct ipv6_mreq group = {((const struct sockaddr_in6 *)name)->sin6_addr,
                                  ((const struct sockaddr_in6 *)(void *)&bound)->sin6_scope_id};
        set_ip_option(socket, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, (char *)&group, sizeof group,
                      &code);
    }
    return code;
}

/* 0, or the code. */
static int join_leaf(SOCKET s, const struct sockaddr *name, int length, const WSABUF *caller,
                     DWORD flags) {
    struct open_socket *socket = find_socket(s);
    socket_address address;
    int code;
    if (!started())
        return WSANOTINITIALISED;
    if (socket == NULL)
        return WSAENOTSOCK;
    if (!null_or_in_memory(caller, sizeof *caller))
        return WSAEFAULT;
    code = read_address(name, length, &address);
    if (code != 0)
        return code;
    if (name->sa_family != socket->family)
        return WSAEFAULT;
    if (!socket->multipoint || flags == 0 || (flags & ~(DWORD)(JL_BOTH | JL_SENDER_ONLY | JL_RECEIVER_ONLY)) != 0)
        return WSAEINVAL;
    if (caller != NULL && caller->len > 0)
        return WSAEOPNOTSUPP;
    /* Who only sends to a group need not be a member. */
    return flags == JL_SENDER_ONLY ? 0 : join(socket, s, name);
}

SOCKET WSAJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
                   LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS, DWORD dwFlags) {
    int code = join_leaf(s, name, namelen, lpCallerData, dwFlags);
    (void)lpSQOS;
    (void)lpGQOS;
    if (code == 0 && in_memory(lpCalleeData, sizeof *lpCalleeData))
        lpCalleeData->len = 0;
    keep_code(code);
    /* Groups without a root have no other socket than the member's own. */
    return code == 0 ? s : INVALID_SOCKET;
}
