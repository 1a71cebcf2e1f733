/*
 * Microsoft's extensions of Winsock, as far as they are there: the options
 * and WSARecvEx. AcceptEx, ConnectEx, TransmitFile and their companions are
 * not, since connections are made and accepted without overlapped structures.
 */
#ifndef WSP_MSWSOCK_H
#define WSP_MSWSOCK_H

#include <winsock2.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SO_CONNDATA 0x7000
#define SO_CONNOPT 0x7001
#define SO_DISCDATA 0x7002
#define SO_DISCOPT 0x7003
#define SO_MAXDG 0x7009
#define SO_MAXPATHDG 0x700A
#define SO_OPENTYPE 0x7008
#define SO_SYNCHRONOUS_ALERT 0x10
#define SO_SYNCHRONOUS_NONALERT 0x20
#define SO_UPDATE_ACCEPT_CONTEXT 0x700B
#define SO_CONNECT_TIME 0x700C
#define SO_UPDATE_CONNECT_CONTEXT 0x7010

#define SIO_UDP_CONNRESET 0x9800000C

/* As recv, which also says whether a datagram did not fit: MSG_PARTIAL. */
int WSAAPI WSARecvEx(SOCKET s, char *buf, int len, int *flags);

#ifdef __cplusplus
}
#endif

#endif
