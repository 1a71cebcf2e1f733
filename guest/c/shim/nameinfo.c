/*
 * getnameinfo. Of an address on this computer the name is known; the host looks up
 * no others, and they are told as numbers.
 */
#include "shim.h"

#include <stdio.h>

/* What it writes: an address, % and a scope, or a name. */
struct names {
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
};

static BOOL is_loopback(const struct sockaddr *address) {
    const struct sockaddr_in *in = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;
    return address->sa_family == AF_INET ? ntohl(in->sin_addr.s_addr) >> 24 == 127
                                         : IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static int write_host(const struct sockaddr *address, INT flags, char *host, size_t size) {
    const struct sockaddr_in *in = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;
    if ((flags & NI_NUMERICHOST) == 0 && is_loopback(address)) {
        snprintf(host, size, "%s", own_name());
        return 0;
    }
    if ((flags & NI_NAMEREQD) != 0)
        return WSAHOST_NOT_FOUND;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &in->sin_addr, host, size);
    else
        inet_ntop(AF_INET6, &in6->sin6_addr, host, size);
    if (address->sa_family == AF_INET6 && in6->sin6_scope_id != 0)
        snprintf(host + strlen(host), size - strlen(host), "%%%lu", in6->sin6_scope_id);
    return 0;
}

static void write_service(const struct sockaddr *address, INT flags, char *service, size_t size) {
    /* The port is in the same place in both. */
    u_short port = ((const struct sockaddr_in *)(const void *)address)->sin_port;
    const char *name = (flags & NI_NUMERICSERV) != 0
                           ? NULL
                           : service_at(port, (flags & NI_DGRAM) != 0 ? "udp" : "tcp");
    if (name != NULL)
        snprintf(service, size, "%s", name);
    else
        snprintf(service, size, "%u", ntohs(port));
}

/* The names of an address; 0, or the code. */
static int name_it(const struct sockaddr *address, socklen_t length, BOOL wants_host, INT flags,
                   struct names *names) {
    socket_address ignored;
    int code = started() ? read_address(address, length, &ignored) : WSANOTINITIALISED;
    if (code == 0 && wants_host)
        code = write_host(address, flags, names->host, sizeof names->host);
    if (code == 0)
        write_service(address, flags, names->service, sizeof names->service);
    return code;
}

static int check_room(const void *buffer, DWORD size, size_t width, const char *text) {
    if (buffer == NULL)
        return 0;
    return strlen(text) < size && in_memory(buffer, (uint64_t)size * width) ? 0 : WSAEFAULT;
}

INT getnameinfo(const struct sockaddr *pSockaddr, socklen_t SockaddrLength, char *pNodeBuffer,
                DWORD NodeBufferSize, char *pServiceBuffer, DWORD ServiceBufferSize, INT Flags) {
    struct names names;
    int code = name_it(pSockaddr, SockaddrLength, pNodeBuffer != NULL, Flags, &names);
    if (code == 0)
        code = check_room(pNodeBuffer, NodeBufferSize, 1, names.host);
    if (code == 0)
        code = check_room(pServiceBuffer, ServiceBufferSize, 1, names.service);
    if (code == 0 && pNodeBuffer != NULL)
        strcpy(pNodeBuffer, names.host);
    if (code == 0 && pServiceBuffer != NULL)
        strcpy(pServiceBuffer, names.service);
    keep_code(code);
    return code;
}

static void copy_wide(PWCHAR out, const char *text) {
    do
        *out++ = (unsigned char)*text;
    while (*text++ != '\0');
}

INT GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PWCHAR pNodeBuffer,
                 DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
                 INT Flags) {
    struct names names;
    int code = name_it(pSockaddr, SockaddrLength, pNodeBuffer != NULL, Flags, &names);
    if (code == 0)
        code = check_room(pNodeBuffer, NodeBufferSize, sizeof *pNodeBuffer, names.host);
    if (code == 0)
        code = check_room(pServiceBuffer, ServiceBufferSize, sizeof *pServiceBuffer, names.service);
    if (code == 0 && pNodeBuffer != NULL)
        copy_wide(pNodeBuffer, names.host);
    if (code == 0 && pServiceBuffer != NULL)
        copy_wide(pServiceBuffer, names.service);
    keep_code(code);
    return code;
}
