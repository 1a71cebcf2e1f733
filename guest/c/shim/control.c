/* Control data of messages. */
#include "shim.h"

/* Adds an item; FALSE if there is no room for it. */
static BOOL add_item(LPWSAMSG message, ULONG room, int level, int type, const void *data,
                     size_t length) {
    WSACMSGHDR header = {WSA_CMSG_LEN(length), level, type};
    UCHAR *at = (UCHAR *)message->Control.buf + message->Control.len;
    if (room - message->Control.len < WSA_CMSG_LEN(length))
        return FALSE;
    memcpy(at, &header, sizeof header);
    memcpy(WSA_CMSG_DATA(at), data, length);
    message->Control.len += min(WSA_CMSG_SPACE(length), room - message->Control.len);
    return TRUE;
}

static BOOL add_packet_info(LPWSAMSG message, ULONG room,
                            const winsock_spi_types_datagram_info_t *info) {
    const winsock_spi_types_ip_address_t *destination = &info->destination.val;
    struct in_pktinfo in;
    struct in6_pktinfo in6;
    size_t word;
    if (destination->tag == WINSOCK_SPI_TYPES_IP_ADDRESS_INET) {
        memcpy(&in.ipi_addr, &destination->val.inet, sizeof in.ipi_addr);
        in.ipi_ifindex = info->through;
        return add_item(message, room, IPPROTO_IP, IP_PKTINFO, &in, sizeof in);
    }
    memcpy(&in6.ipi6_addr, &destination->val.inet6, sizeof in6.ipi6_addr);
    for (word = 0; word < 8; word++)
        in6.ipi6_addr.u.Word[word] = htons(in6.ipi6_addr.u.Word[word]);
    in6.ipi6_ifindex = info->through;
    return add_item(message, room, IPPROTO_IPV6, IPV6_PKTINFO, &in6, sizeof in6);
}

BOOL write_control(LPWSAMSG message, winsock_spi_memory_borrow_receive_buffer_t room,
                   const socket_address *source) {
    winsock_spi_types_datagram_info_t info;
    ULONG size = message->Control.len;
    BOOL inet6 = source != NULL && source->tag == WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET6;
    BOOL fits = TRUE;
    winsock_spi_memory_method_receive_buffer_info(room, &info);
    message->Control.len = 0;
    if (size > 0 && !in_memory(message->Control.buf, size))
        size = 0;
    if (info.destination.is_some) {
        fits = add_packet_info(message, size, &info);
        inet6 = info.destination.val.tag == WINSOCK_SPI_TYPES_IP_ADDRESS_INET6;
    }
    if (info.hop_limit.is_some) {
        INT left = info.hop_limit.val;
        fits = fits && (inet6 ? add_item(message, size, IPPROTO_IPV6, IPV6_HOPLIMIT, &left,
                                         sizeof left)
                              : add_item(message, size, IPPROTO_IP, IP_TTL, &left, sizeof left));
    }
    if (!fits)
        message->dwFlags |= MSG_CTRUNC;
    return fits;
}

/* Whether an address of a family is loopback's. */
static BOOL is_loopback(int family, const void *address) {
    if (family == AF_INET)
        return *(const UCHAR *)address == 127;
    return memcmp(address, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

static const void *address_in(const struct sockaddr *name) {
    if (name->sa_family == AF_INET)
        return &((const struct sockaddr_in *)(const void *)name)->sin_addr;
    return &((const struct sockaddr_in6 *)(const void *)name)->sin6_addr;
}

/*
 * Whether a datagram comes from the address that packet info names, whatever that says:
 * the socket's own, or loopback's if it goes there. None is any.
 */
static BOOL comes_from(const struct open_socket *socket, const WSAMSG *message,
                       const void *address, size_t length) {
    struct sockaddr_storage local;
    int local_length = sizeof local;
    socket_address bound, to;
    wsa_error error;
    if (memcmp(address, &in6addr_any, length) == 0)
        return TRUE;
    if (is_loopback(socket->family, address) &&
        read_address(message->name, message->namelen, &to) == 0 &&
        message->name->sa_family == socket->family &&
        is_loopback(socket->family, address_in(message->name)))
        return TRUE;
    if (!winsock_spi_provider_wsp_get_sock_name(borrow_socket(socket), &bound, &error))
        return FALSE;
    write_address(&bound, (struct sockaddr *)&local, &local_length);
    return memcmp(address, address_in((struct sockaddr *)&local), length) == 0;
}

/* Which interface or hop limit a datagram has is an option of its socket here. */
int check_control(const struct open_socket *socket, const WSAMSG *message) {
    const UCHAR *at = (const UCHAR *)message->Control.buf;
    ULONG left = message->Control.len;
    BOOL v4 = socket->family == AF_INET;
    size_t address = v4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    size_t length = v4 ? sizeof(struct in_pktinfo) : sizeof(struct in6_pktinfo);
    if (left > 0 && !in_memory(at, left))
        return WSAEFAULT;
    while (left >= sizeof(WSACMSGHDR)) {
        WSACMSGHDR header;
        memcpy(&header, at, sizeof header);
        if (header.cmsg_len < sizeof header || header.cmsg_len > left)
            return WSAEINVAL;
        /* Both structures begin with the address. */
        if (header.cmsg_level != (v4 ? IPPROTO_IP : IPPROTO_IPV6) ||
            header.cmsg_type != (v4 ? IP_PKTINFO : IPV6_PKTINFO) ||
            header.cmsg_len < WSA_CMSG_LEN(length) ||
            !comes_from(socket, message, WSA_CMSG_DATA(at), address))
            return WSAEOPNOTSUPP;
        header.cmsg_len = min(WSP_CMSG_ALIGN(header.cmsg_len), left);
        at += header.cmsg_len;
        left -= header.cmsg_len;
    }
    return 0;
}
