/* SIO_ROUTING_INTERFACE_QUERY: the address from which another one is reached. */
#include "shim.h"

/* A port for the question; nothing is sent to it. */
#define DISCARD 9

static BOOL is_unspecified(const struct sockaddr *address) {
    const struct sockaddr_in *in = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;
    return address->sa_family == AF_INET ? in->sin_addr.s_addr == INADDR_ANY
                                         : IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

/* Asks the system, which says where a datagram socket with that peer is bound. */
static int ask(const socket_address *to, socket_address *from) {
    winsock_spi_types_address_family_t family =
        to->tag == WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET6 ? WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET6
                                                          : WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET;
    socket_address peer = *to;
    own_socket own;
    borrowed_socket borrowed;
    wsa_error error;
    BOOL ok;
    if (!winsock_spi_provider_wsp_socket(family, WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM, 0, &own,
                                         &error))
        return number_of(error);
    if (peer.tag == WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET && peer.val.inet.port == 0)
        peer.val.inet.port = DISCARD;
    if (peer.tag == WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET6 && peer.val.inet6.port == 0)
        peer.val.inet6.port = DISCARD;
    borrowed = winsock_spi_provider_borrow_socket(own);
    ok = winsock_spi_provider_wsp_connect(borrowed, &peer, &error) &&
         winsock_spi_provider_wsp_get_sock_name(borrowed, from, &error);
    winsock_spi_provider_socket_drop_own(own);
    if (!ok)
        return number_of(error);
    if (from->tag == WINSOCK_SPI_TYPES_SOCKET_ADDRESS_INET)
        from->val.inet.port = 0;
    else
        from->val.inet6.port = 0;
    return 0;
}

int find_route(const void *to, DWORD to_length, void *from, DWORD room, DWORD *length) {
    socket_address destination, source;
    struct sockaddr_storage found;
    int size = sizeof found, code;
    if (to == NULL)
        return WSAEINVAL;
    code = read_address(to, (int)min(to_length, (DWORD)_SS_MAXSIZE), &destination);
    if (code != 0)
        return code == WSAEFAULT ? WSAEINVAL : code;
    if (is_unspecified(to))
        return WSAEINVAL;
    *length = (DWORD)length_of(&destination);
    if (room < *length)
        return WSAEFAULT;
    if (!in_memory(from, *length)) {
        *length = 0;
        return WSAEFAULT;
    }
    code = ask(&destination, &source);
    if (code != 0)
        return code;
    write_address(&source, (struct sockaddr *)&found, &size);
    memcpy(from, &found, (size_t)size);
    return 0;
}
