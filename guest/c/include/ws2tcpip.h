/* Winsock's TCP/IP: IPv6, addresses as text, and names. */
#ifndef WSP_WS2TCPIP_H
#define WSP_WS2TCPIP_H

#include <ws2ipdef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INET_ADDRSTRLEN 22
#define INET6_ADDRSTRLEN 65

static const struct in_addr in4addr_any __attribute__((__unused__)) = {{{0, 0, 0, 0}}};
static const struct in_addr in4addr_loopback __attribute__((__unused__)) = {{{127, 0, 0, 1}}};

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

typedef struct addrinfoW {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    PWSTR ai_canonname;
    struct sockaddr *ai_addr;
    struct addrinfoW *ai_next;
} ADDRINFOW, *PADDRINFOW;

typedef struct addrinfoexA {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    char *ai_canonname;
    struct sockaddr *ai_addr;
    void *ai_blob;
    size_t ai_bloblen;
    LPGUID ai_provider;
    struct addrinfoexA *ai_next;
} ADDRINFOEXA, *PADDRINFOEXA, *LPADDRINFOEXA;

typedef struct addrinfoexW {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    size_t ai_addrlen;
    PWSTR ai_canonname;
    struct sockaddr *ai_addr;
    void *ai_blob;
    size_t ai_bloblen;
    LPGUID ai_provider;
    struct addrinfoexW *ai_next;
} ADDRINFOEXW, *PADDRINFOEXW, *LPADDRINFOEXW;

#define AI_PASSIVE 0x01
#define AI_CANONNAME 0x02
#define AI_NUMERICHOST 0x04
#define AI_NUMERICSERV 0x08
#define AI_DNS_ONLY 0x10
#define AI_ALL 0x0100
#define AI_ADDRCONFIG 0x0400
#define AI_V4MAPPED 0x0800
#define AI_FQDN 0x00020000
#define AI_DISABLE_IDN_ENCODING 0x00080000

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
#define GetAddrInfoA getaddrinfo
#define FreeAddrInfoA freeaddrinfo
#define GetNameInfoA getnameinfo

INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
                        PADDRINFOW *ppResult);
void WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo);
INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PWCHAR pNodeBuffer,
                        DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
                        INT Flags);

typedef void(CALLBACK *LPLOOKUPSERVICE_COMPLETION_ROUTINE)(DWORD dwError, DWORD dwBytes,
                                                           LPWSAOVERLAPPED lpOverlapped);
INT WSAAPI GetAddrInfoExA(PCSTR pName, PCSTR pServiceName, DWORD dwNameSpace, LPGUID lpNspId,
                          const ADDRINFOEXA *hints, PADDRINFOEXA *ppResult,
                          struct timeval *timeout, LPOVERLAPPED lpOverlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE lpCompletionRoutine,
                          LPHANDLE lpNameHandle);
INT WSAAPI GetAddrInfoExW(PCWSTR pName, PCWSTR pServiceName, DWORD dwNameSpace, LPGUID lpNspId,
                          const ADDRINFOEXW *hints, PADDRINFOEXW *ppResult,
                          struct timeval *timeout, LPOVERLAPPED lpOverlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE lpCompletionRoutine,
                          LPHANDLE lpNameHandle);
void WSAAPI FreeAddrInfoEx(PADDRINFOEXA pAddrInfoEx);
#define FreeAddrInfoExA FreeAddrInfoEx
void WSAAPI FreeAddrInfoExW(PADDRINFOEXW pAddrInfoEx);
INT WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED lpOverlapped);
INT WSAAPI GetAddrInfoExCancel(LPHANDLE lpHandle);

#ifdef UNICODE
typedef ADDRINFOW ADDRINFOT, *PADDRINFOT;
typedef ADDRINFOEXW ADDRINFOEX, *PADDRINFOEX;
#define GetAddrInfo GetAddrInfoW
#define FreeAddrInfo FreeAddrInfoW
#define GetNameInfo GetNameInfoW
#define GetAddrInfoEx GetAddrInfoExW
#define FreeAddrInfoEx FreeAddrInfoExW
#else
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
typedef ADDRINFOEXA ADDRINFOEX, *PADDRINFOEX;
#define GetAddrInfo GetAddrInfoA
#define FreeAddrInfo FreeAddrInfoA
#define GetNameInfo GetNameInfoA
#define GetAddrInfoEx GetAddrInfoExA
#endif

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
INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf);
PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize);
#ifdef UNICODE
#define InetPton InetPtonW
#define InetNtop InetNtopW
#else
#define InetPton InetPtonA
#define InetNtop InetNtopA
#endif
#endif

/* How much is best sent ahead: the protocols here do not tell, WSAEOPNOTSUPP. */
#define SIO_IDEAL_SEND_BACKLOG_QUERY 0x4004747B
#define SIO_IDEAL_SEND_BACKLOG_CHANGE 0x2000747A
static __inline__ __attribute__((__unused__)) int idealsendbacklogquery(SOCKET s, ULONG *pISB) {
    DWORD bytes;
    return WSAIoctl(s, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, pISB, sizeof *pISB, &bytes, NULL,
                    NULL);
}
static __inline__ __attribute__((__unused__)) int idealsendbacklognotify(
    SOCKET s, LPWSAOVERLAPPED lpOverlapped,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    DWORD bytes;
    return WSAIoctl(s, SIO_IDEAL_SEND_BACKLOG_CHANGE, NULL, 0, NULL, 0, &bytes, lpOverlapped,
                    lpCompletionRoutine);
}

#ifdef __cplusplus
}
#endif

#endif
