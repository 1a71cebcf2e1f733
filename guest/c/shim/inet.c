/* inet_ntop, which the C library has too, with other numbers for the families. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* As shim.h has them. */
void WSASetLastError(int iError);
__attribute__((__visibility__("hidden"))) int in_memory(const void *start, uint64_t length);

/* Winsock's AF_INET and AF_INET6, and its codes. */
#define WINSOCK_AF_INET 2
#define WINSOCK_AF_INET6 23
#define WSAEAFNOSUPPORT 10047
/* As on Windows, where these functions hand out a code of the kernel. */
#define STATUS_INVALID_PARAMETER ((int)0xC000000D)

const char *winsock_inet_ntop(int family, const void *address, char *text, size_t size);

/* An IPv6 address whose last half is an IPv4 address, ::192.0.2.1. */
static int is_compatible(const struct in6_addr *address) {
    static const unsigned char zero[12];
    const unsigned char *byte = address->s6_addr;
    return memcmp(byte, zero, sizeof zero) == 0 && (byte[12] != 0 || byte[13] != 0);
}

static void write_in6(const void *address, char *text, size_t size) {
    const unsigned char *byte = address;
    if (is_compatible(address))
        snprintf(text, size, "::%u.%u.%u.%u", byte[12], byte[13], byte[14], byte[15]);
    else
        inet_ntop(AF_INET6, address, text, (socklen_t)size);
}

const char *winsock_inet_ntop(int family, const void *address, char *text, size_t size) {
    char written[INET6_ADDRSTRLEN];
    if (family != WINSOCK_AF_INET && family != WINSOCK_AF_INET6) {
        WSASetLastError(WSAEAFNOSUPPORT);
        return NULL;
    }
    if (in_memory(address, family == WINSOCK_AF_INET ? sizeof(struct in_addr)
                                                     : sizeof(struct in6_addr))) {
        if (family == WINSOCK_AF_INET)
            inet_ntop(AF_INET, address, written, sizeof written);
        else
            write_in6(address, written, sizeof written);
        if (size > strlen(written) && in_memory(text, strlen(written) + 1))
            return strcpy(text, written);
    }
    WSASetLastError(STATUS_INVALID_PARAMETER);
    return NULL;
}
