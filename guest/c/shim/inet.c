/* inet_pton and inet_ntop, which the C library has too, with other numbers for the families. */
#include <arpa/inet.h>
#include <stdint.h>

/* As shim.h has them. */
void WSASetLastError(int iError);
__attribute__((__visibility__("hidden"))) int in_memory(const void *start, uint64_t length);
__attribute__((__visibility__("hidden"))) int text_in_memory(const char *text);

/* Winsock's AF_INET and AF_INET6, and its codes. */
#define WINSOCK_AF_INET 2
#define WINSOCK_AF_INET6 23
#define WSA_INVALID_PARAMETER 87
#define WSAEFAULT 10014
#define WSAEAFNOSUPPORT 10047

int winsock_inet_pton(int family, const char *text, void *address);
const char *winsock_inet_ntop(int family, const void *address, char *text, size_t size);

static int family_of(int family) {
    return family == WINSOCK_AF_INET ? AF_INET : family == WINSOCK_AF_INET6 ? AF_INET6 : -1;
}

int winsock_inet_pton(int family, const char *text, void *address) {
    if (family_of(family) == -1) {
        WSASetLastError(WSAEAFNOSUPPORT);
        return -1;
    }
    if (!text_in_memory(text) ||
        !in_memory(address, family == WINSOCK_AF_INET ? sizeof(struct in_addr)
                                                      : sizeof(struct in6_addr))) {
        WSASetLastError(WSAEFAULT);
        return -1;
    }
    return inet_pton(family_of(family), text, address);
}

const char *winsock_inet_ntop(int family, const void *address, char *text, size_t size) {
    if (family_of(family) == -1) {
        WSASetLastError(WSAEAFNOSUPPORT);
        return NULL;
    }
    if (!in_memory(text, size < INET6_ADDRSTRLEN ? size : INET6_ADDRSTRLEN) ||
        !in_memory(address, family == WINSOCK_AF_INET ? sizeof(struct in_addr)
                                                      : sizeof(struct in6_addr)) ||
        inet_ntop(family_of(family), address, text, (socklen_t)size) == NULL) {
        WSASetLastError(WSA_INVALID_PARAMETER);
        return NULL;
    }
    return text;
}
