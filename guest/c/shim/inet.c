/* inet_pton and inet_ntop, which the C library has too, with other numbers for the families. */
#include <arpa/inet.h>
#include <stdint.h>

void WSASetLastError(int iError);

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
    if (text == NULL || address == NULL) {
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
    if (text == NULL || address == NULL ||
        inet_ntop(family_of(family), address, text, (socklen_t)size) == NULL) {
        WSASetLastError(WSA_INVALID_PARAMETER);
        return NULL;
    }
    return text;
}
