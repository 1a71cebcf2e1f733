/* Microsoft's extensions of TCP/IP. */
#ifndef WSP_MSTCPIP_H
#define WSP_MSTCPIP_H

#include <winsock2.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What SIO_KEEPALIVE_VALS sets: times in milliseconds, which are rounded to seconds. */
struct tcp_keepalive {
    ULONG onoff;
    ULONG keepalivetime;
    ULONG keepaliveinterval;
};

#define SIO_KEEPALIVE_VALS 0x98000004

#ifdef __cplusplus
}
#endif

#endif
