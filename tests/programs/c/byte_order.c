/* Byte order, and the layouts that programs rely on. */
#include "transcript.h"
#include <stddef.h>

int main(void)
{
    struct in_addr address;
    unsigned char bytes[4];
    u_long network = htonl(0x01020304);

    start_winsock();
    memcpy(bytes, &network, sizeof bytes);
    note("htonl(0x01020304) is %d %d %d %d in memory", bytes[0], bytes[1], bytes[2], bytes[3]);
    note("htons(0x0102) is %04x, ntohs of it %04x", htons(0x0102), ntohs(htons(0x0102)));
    note("ntohl(htonl(x)): %d", ntohl(htonl(0xDEADBEEF)) == 0xDEADBEEF);

    address.s_addr = htonl(INADDR_LOOPBACK);
    note("INADDR_LOOPBACK %s", inet_ntoa(address));
    address.s_addr = htonl(INADDR_ANY);
    note("INADDR_ANY %s", inet_ntoa(address));
    address.s_addr = INADDR_BROADCAST;
    note("INADDR_BROADCAST %s", inet_ntoa(address));

    note("WSABUF: len at %d, buf after it: %d", (int)offsetof(WSABUF, len), offsetof(WSABUF, buf) > 0);
    note("sockaddr_in: %d bytes, port at %d, address at %d", (int)sizeof(struct sockaddr_in),
         (int)offsetof(struct sockaddr_in, sin_port), (int)offsetof(struct sockaddr_in, sin_addr));
    note("sockaddr_in6: %d bytes, address at %d", (int)sizeof(struct sockaddr_in6),
         (int)offsetof(struct sockaddr_in6, sin6_addr));
    note("sockaddr_storage: %d bytes", (int)sizeof(struct sockaddr_storage));
    note("DWORD %d, WORD %d, BOOL %d, u_short %d, u_long %d", (int)sizeof(DWORD), (int)sizeof(WORD),
         (int)sizeof(BOOL), (int)sizeof(u_short), (int)sizeof(u_long));
    note("linger: %d bytes", (int)sizeof(struct linger));
    note("WSANETWORKEVENTS: %d bytes", (int)sizeof(WSANETWORKEVENTS));
    note("FD_SETSIZE %d, WSA_MAXIMUM_WAIT_EVENTS %d", FD_SETSIZE, WSA_MAXIMUM_WAIT_EVENTS);
    note("OVERLAPPED: Internal at %d, the event last: %d", (int)offsetof(WSAOVERLAPPED, Internal),
         offsetof(WSAOVERLAPPED, hEvent) + sizeof(WSAEVENT) == sizeof(WSAOVERLAPPED));
    return done();
}
