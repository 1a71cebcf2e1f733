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
