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
