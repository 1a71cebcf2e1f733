/* Winsock's TCP/IP: IPv6, addresses as text, and names. */
#ifndef WSP_WS2TCPIP_H
#define WSP_WS2TCPIP_H

#include <winsock2.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct in6_addr {
    union {
        UCHAR Byte[16];
        USHORT Word[8];
    } u;
} IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;
#define in_addr6 in6_addr
#define _S6_un u
#define _S6_u8 Byte
#define s6_addr u.Byte
#define s6_bytes u.Byte
#define s6_words u.Word

typedef struct sockaddr_in6 {
    short sin6_family;
    USHORT sin6_port;
    ULONG sin6_flowinfo;
    IN6_ADDR sin6_addr;
    ULONG sin6_scope_id;
} SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;

#define INET_ADDRSTRLEN 22
#define INET6_ADDRSTRLEN 65

#define IN6ADDR_ANY_INIT {{{0}}}
#define IN6ADDR_LOOPBACK_INIT {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}
extern const struct in6_addr in6addr_any WSP_SYMBOL(in6addr_any);
extern const struct in6_addr in6addr_loopback WSP_SYMBOL(in6addr_loopback);

#define IN6_IS_ADDR_UNSPECIFIED(address) \
    (memcmp((address), &in6addr_any, sizeof(struct in6_addr)) == 0)
#define IN6_IS_ADDR_LOOPBACK(address) \
    (memcmp((address), &in6addr_loopback, sizeof(struct in6_addr)) == 0)
#define IN6_IS_ADDR_MULTICAST(address) ((address)->u.Byte[0] == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(address) \
    ((address)->u.Byte[0] == 0xfe && ((address)->u.Byte[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_V4MAPPED(address)                                          \
    ((address)->u.Word[0] == 0 && (address)->u.Word[1] == 0 &&                 \
     (address)->u.Word[2] == 0 && (address)->u.Word[3] == 0 &&                 \
     (address)->u.Word[4] == 0 && (address)->u.Word[5] == 0xffff)

#define IP_TTL 4
#define IP_MULTICAST_IF 9
#define IP_MULTICAST_TTL 10
#define IP_MULTICAST_LOOP 11
#define IP_ADD_MEMBERSHIP 12
#define IP_DROP_MEMBERSHIP 13
#define IPV6_V6ONLY 27

typedef struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    char *ai_canonname;
    struct sockaddr *ai_addr;
    struct addrinfo *ai_next;
} ADDRINFOA, ADDRINFO, *PADDRINFOA, *LPADDRINFO;

#define AI_PASSIVE 0x01
#define AI_CANONNAME 0x02
#define AI_NUMERICHOST 0x04
#define AI_NUMERICSERV 0x08
#define AI_ALL 0x0100
#define AI_ADDRCONFIG 0x0400
#define AI_V4MAPPED 0x0800

#define EAI_AGAIN WSATRY_AGAIN
#define EAI_BADFLAGS WSAEINVAL
#define EAI_FAIL WSANO_RECOVERY
#define EAI_FAMILY WSAEAFNOSUPPORT
#define EAI_MEMORY WSA_NOT_ENOUGH_MEMORY
#define EAI_NODATA WSANO_DATA
#define EAI_NONAME WSAHOST_NOT_FOUND
#define EAI_SERVICE WSATYPE_NOT_FOUND
#define EAI_SOCKTYPE WSAESOCKTNOSUPPORT

#define NI_NOFQDN 0x01
#define NI_NUMERICHOST 0x02
#define NI_NAMEREQD 0x04
#define NI_NUMERICSERV 0x08
#define NI_DGRAM 0x10
#define NI_MAXHOST 1025
#define NI_MAXSERV 32

INT WSAAPI getaddrinfo(const char *pNodeName, const char *pServiceName,
                       const struct addrinfo *pHints, struct addrinfo **ppResult)
    WSP_SYMBOL(getaddrinfo);
void WSAAPI freeaddrinfo(struct addrinfo *pAddrInfo) WSP_SYMBOL(freeaddrinfo);
INT WSAAPI getnameinfo(const struct sockaddr *pSockaddr, socklen_t SockaddrLength,
                       char *pNodeBuffer, DWORD NodeBufferSize, char *pServiceBuffer,
                       DWORD ServiceBufferSize, INT Flags) WSP_SYMBOL(getnameinfo);
char *gai_strerrorA(int ecode);
#define gai_strerror gai_strerrorA

/* Windows has these two since Vista, and sources for older ones have them themselves. */
#ifdef WSP_SINCE_VISTA
INT WSAAPI inet_pton(INT Family, const char *pszAddrString, void *pAddrBuf)
    WSP_SYMBOL(inet_pton);
const char *WSAAPI inet_ntop(INT Family, const void *pAddr, char *pStringBuf,
                             size_t StringBufSize) WSP_SYMBOL(inet_ntop);
#define InetPtonA inet_pton
#define InetNtopA inet_ntop
#endif

#ifdef __cplusplus
}
#endif

#endif
