/* sockaddr_in and sockaddr_in6, and the provider's addresses. */
#include "shim.h"

int read_address(const struct sockaddr *name, int length, socket_address *out) {
    if (length < (int)sizeof name->sa_family || !in_memory(name, (uint64_t)length))
        return WSAEFAULT;
    if (name->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)name;
        const UCHAR *byte = (const void *)&in->sin_addr;
        if (length < (int)sizeof *in)
            return WSAEFAULT;
        out->tag = WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET;
        out->val.inet.port = ntohs(in->sin_port);
        out->val.inet.address.f0 = byte[0];
        out->val.inet.address.f1 = byte[1];
        out->val.inet.address.f2 = byte[2];
        out->val.inet.address.f3 = byte[3];
        return 0;
    }
    if (name->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)name;
        const USHORT *word = in6->sin6_addr.u.Word;
        if (length < (int)sizeof *in6)
            return WSAEFAULT;
        out->tag = WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET6;
        out->val.inet6.port = ntohs(in6->sin6_port);
        out->val.inet6.flow_info = ntohl(in6->sin6_flowinfo);
        out->val.inet6.scope_id = in6->sin6_scope_id;
        out->val.inet6.address.f0 = ntohs(word[0]);
        out->val.inet6.address.f1 = ntohs(word[1]);
        out->val.inet6.address.f2 = ntohs(word[2]);
        out->val.inet6.address.f3 = ntohs(word[3]);
        out->val.inet6.address.f4 = ntohs(word[4]);
        out->val.inet6.address.f5 = ntohs(word[5]);
        out->val.inet6.address.f6 = ntohs(word[6]);
        out->val.inet6.address.f7 = ntohs(word[7]);
        return 0;
    }
    return WSAEAFNOSUPPORT;
}

int length_of(const socket_address *address) {
    return address->tag == WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET6
               ? (int)sizeof(struct sockaddr_in6)
               : (int)sizeof(struct sockaddr_in);
}

BOOL room_for_address(const struct sockaddr *name, const int *length, int family) {
    int needed = family == AF_INET6 ? (int)sizeof(struct sockaddr_in6)
                                    : (int)sizeof(struct sockaddr_in);
    if (name == NULL)
        return null_or_in_memory(length, sizeof *length);
    return in_memory(length, sizeof *length) && *length >= needed &&
           in_memory(name, (uint64_t)*length);
}

void write_address(const socket_address *address, struct sockaddr *name, int *length) {
    if (name == NULL || length == NULL)
        return;
    if (address->tag == WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        UCHAR *byte = (void *)&in.sin_addr;
        in.sin_port = htons(address->val.inet.port);
        byte[0] = address->val.inet.address.f0;
        byte[1] = address->val.inet.address.f1;
        byte[2] = address->val.inet.address.f2;
        byte[3] = address->val.inet.address.f3;
        memcpy(name, &in, sizeof in);
        *length = sizeof in;
    } else {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        USHORT *word = in6.sin6_addr.u.Word;
        in6.sin6_port = htons(address->val.inet6.port);
        in6.sin6_flowinfo = htonl(address->val.inet6.flow_info);
        in6.sin6_scope_id = address->val.inet6.scope_id;
        word[0] = htons(address->val.inet6.address.f0);
        word[1] = htons(address->val.inet6.address.f1);
        word[2] = htons(address->val.inet6.address.f2);
        word[3] = htons(address->val.inet6.address.f3);
        word[4] = htons(address->val.inet6.address.f4);
        word[5] = htons(address->val.inet6.address.f5);
        word[6] = htons(address->val.inet6.address.f6);
        word[7] = htons(address->val.inet6.address.f7);
        memcpy(name, &in6, sizeof in6);
        *length = sizeof in6;
    }
}
