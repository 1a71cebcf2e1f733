/* Addresses of IPX, for sources that serve several networks: no socket of it can be opened. */
#ifndef WSP_WSIPX_H
#define WSP_WSIPX_H

#include <winsock2.h>

#define NSPROTO_IPX 1000
#define NSPROTO_SPX 1256
#define NSPROTO_SPXII 1257

typedef struct sockaddr_ipx {
    short sa_family;
    char sa_netnum[4];
    char sa_nodenum[6];
    unsigned short sa_socket;
} SOCKADDR_IPX, *PSOCKADDR_IPX, *LPSOCKADDR_IPX;

#endif
