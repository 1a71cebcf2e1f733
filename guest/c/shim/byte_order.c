/* htons and its companions. */
#include "shim.h"

u_long htonl(u_long hostlong) {
    return __builtin_bswap32(hostlong);
}

u_short htons(u_short hostshort) {
    return __builtin_bswap16(hostshort);
}

u_long ntohl(u_long netlong) {
    return __builtin_bswap32(netlong);
}

u_short ntohs(u_short netshort) {
    return __builtin_bswap16(netshort);
}

/* Every protocol here has the network's byte order, so the socket only has to be one. */
static int check(SOCKET s, const void *result, size_t size) {
    if (find_socket(s) == NULL)
        return WSAENOTSOCK;
    return in_memory(result, size) ? 0 : WSAEFAULT;
}

static int turn_long(SOCKET s, u_long number, u_long *result) {
    int code = check(s, result, sizeof *result);
    if (code == 0)
        *result = htonl(number);
    return keep_error(code == 0 ? 0 : SOCKET_ERROR, code);
}

static int turn_short(SOCKET s, u_short number, u_short *result) {
    int code = check(s, result, sizeof *result);
    if (code == 0)
        *result = htons(number);
    return keep_error(code == 0 ? 0 : SOCKET_ERROR, code);
}

int WSAHtonl(SOCKET s, u_long hostlong, u_long *lpnetlong) {
    return turn_long(s, hostlong, lpnetlong);
}

int WSAHtons(SOCKET s, u_short hostshort, u_short *lpnetshort) {
    return turn_short(s, hostshort, lpnetshort);
}

int WSANtohl(SOCKET s, u_long netlong, u_long *lphostlong) {
    return turn_long(s, netlong, lphostlong);
}

int WSANtohs(SOCKET s, u_short netshort, u_short *lphostshort) {
    return turn_short(s, netshort, lphostshort);
}
