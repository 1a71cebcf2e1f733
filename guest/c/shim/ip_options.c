/* Options of IP, of multicast groups and of keep-alive. */
#include "shim.h"

#define OPTION(name) WINSOCK_SPI_EXTENSIONS_IP_OPTION_##name

/* Options whose values are numbers, and the bytes that their values have. */
static const struct number_option {
    int level;
    int name;
    winsock_spi_extensions_ip_option_t provider;
    uint8_t least;
    uint8_t most;
} numbers[] = {
    {IPPROTO_IP, IP_TTL, OPTION(HOP_LIMIT), 1, 4},
    {IPPROTO_IP, IP_TOS, OPTION(TRAFFIC_CLASS), 1, 4},
    {IPPROTO_IP, IP_DONTFRAGMENT, OPTION(DONT_FRAGMENT), 1, 4},
    {IPPROTO_IP, IP_MULTICAST_TTL, OPTION(MULTICAST_HOP_LIMIT), 1, 4},
    {IPPROTO_IP, IP_MULTICAST_LOOP, OPTION(MULTICAST_LOOP), 1, 4},
    {IPPROTO_IP, IP_PKTINFO, OPTION(PACKET_INFO), 4, 4},
    {IPPROTO_IP, IP_RECVTTL, OPTION(RECEIVE_HOP_LIMIT), 4, 4},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, OPTION(HOP_LIMIT), 1, 4},
    {IPPROTO_IPV6, IPV6_TCLASS, OPTION(TRAFFIC_CLASS), 1, 4},
    {IPPROTO_IPV6, IPV6_DONTFRAG, OPTION(DONT_FRAGMENT), 1, 4},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, OPTION(MULTICAST_HOP_LIMIT), 1, 4},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, OPTION(MULTICAST_LOOP), 1, 4},
    {IPPROTO_IPV6, IPV6_PKTINFO, OPTION(PACKET_INFO), 4, 4},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, OPTION(RECEIVE_HOP_LIMIT), 4, 4},
    {IPPROTO_IPV6, IPV6_V6ONLY, OPTION(V6_ONLY), 1, 1},
    {IPPROTO_TCP, TCP_KEEPIDLE, OPTION(KEEP_ALIVE_IDLE), 4, 4},
    {IPPROTO_TCP, TCP_KEEPINTVL, OPTION(KEEP_ALIVE_INTERVAL), 4, 4},
    {IPPROTO_TCP, TCP_KEEPCNT, OPTION(KEEP_ALIVE_COUNT), 4, 4},
};

static const struct number_option *find_number(int level, int name) {
    size_t position;
    for (position = 0; position < sizeof numbers / sizeof *numbers; position++)
        if (numbers[position].level == level && numbers[position].name == name)
            return &numbers[position];
    return NULL;
}

/* Whether an option is one of a group, or of the interface for groups. */
static BOOL is_of_groups(int level, int name) {
    if (level == IPPROTO_IP)
        return name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP || name == IP_MULTICAST_IF;
    return level == IPPROTO_IPV6 && (name == IPV6_ADD_MEMBERSHIP || name == IPV6_DROP_MEMBERSHIP ||
                                     name == IPV6_MULTICAST_IF);
}

BOOL is_ip_option(int level, int name) {
    return find_number(level, name) != NULL || is_of_groups(level, name);
}

/* IPv4's options are for IPv4 sockets, and IPv6's for IPv6 sockets. */
static BOOL fits(const struct open_socket *socket, int level) {
    return level == IPPROTO_TCP || (level == IPPROTO_IPV6) == (socket->family == AF_INET6);
}

int get_ip_option(struct open_socket *socket, int level, int name, char *value, LPINT length,
                  LPINT error_out) {
    const struct number_option *number = find_number(level, name);
    uint32_t found;
    wsa_error error;
    int least = number == NULL ? 1 : number->least, most = number == NULL ? 4 : number->most;
    if (!in_memory(length, sizeof *length))
        return fail(error_out, WSAEFAULT);
    if (*length < least || !in_memory(value, (uint64_t)*length)) {
        /* As on Windows. */
        if (*length > 0)
            *length = 0;
        return fail(error_out, WSAEFAULT);
    }
    if (number == NULL && name != (level == IPPROTO_IP ? IP_MULTICAST_IF : IPV6_MULTICAST_IF))
        return fail(error_out, WSAENOPROTOOPT);
    if (number == NULL && socket->type != SOCK_DGRAM)
        return fail(error_out, WSAEINVAL);
    if (number == NULL) {
        /* What it was set to is all that a program may know of the host's interfaces. */
        found = socket->group_interface;
    } else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && socket->family == AF_INET) {
        found = !socket->not_only_v6;
    } else if (!fits(socket, level)) {
        return fail(error_out, WSAENOPROTOOPT);
    } else if (!winsock_spi_extensions_get_ip_option(borrow_socket(socket), number->provider,
                                                     &found, &error)) {
        return fail_with(error_out, error);
    }
    /* The low byte comes first, and is all that fits where there is no room for all. */
    *length = *length < most ? 1 : most;
    memcpy(value, &found, (size_t)*length);
    return 0;
}

/* 0.x.y.z is a number of an interface. */
static void read_interface(u_long in, winsock_spi_types_group_interface_t *through) {
    u_long host = ntohl(in);
    if (host < 1UL << 24) {
        through->tag = WINSOCK_SPI_TYPES_GROUP_INTERFACE_NUMBER;
        through->val.number = host;
        return;
    }
    through->tag = WINSOCK_SPI_TYPES_GROUP_INTERFACE_ADDRESS;
    through->val.address.tag = WINSOCK_SPI_TYPES_IP_ADDRESS_INET;
    memcpy(&through->val.address.val.inet, &in, sizeof in);
}

static void number_of_interface(ULONG number, winsock_spi_types_group_interface_t *through) {
    through->tag = WINSOCK_SPI_TYPES_GROUP_INTERFACE_NUMBER;
    through->val.number = number;
}

static int choose_interface(struct open_socket *socket, int level, const char *value, int length,
                            LPINT error_out) {
    winsock_spi_types_group_interface_t through;
    wsa_error error;
    ULONG chosen;
    if (length < (int)sizeof chosen || !in_memory(value, sizeof chosen))
        return fail(error_out, WSAEFAULT);
    memcpy(&chosen, value, sizeof chosen);
    if (level == IPPROTO_IP)
        read_interface(chosen, &through);
    else
        number_of_interface(chosen, &through);
    if (!winsock_spi_extensions_set_group_interface(borrow_socket(socket), &through, &error))
        return fail_with(error_out, error);
    socket->group_interface = chosen;
    return 0;
}

static int change_membership(struct open_socket *socket, int level, int name, const char *value,
                             int length, LPINT error_out) {
    winsock_spi_types_group_interface_t through;
    winsock_spi_types_ip_address_t group;
    wsa_error error;
    BOOL joins = name == (level == IPPROTO_IP ? IP_ADD_MEMBERSHIP : IPV6_ADD_MEMBERSHIP), ok;
    if (level == IPPROTO_IP) {
        struct ip_mreq request;
        if (length < (int)sizeof request || !in_memory(value, sizeof request))
            return fail(error_out, WSAEFAULT);
        memcpy(&request, value, sizeof request);
        group.tag = WINSOCK_SPI_TYPES_IP_ADDRESS_INET;
        memcpy(&group.val.inet, &request.imr_multiaddr, sizeof request.imr_multiaddr);
        read_interface(request.imr_interface.s_addr, &through);
    } else {
        struct ipv6_mreq request;
        USHORT words[8];
        size_t word;
        if (length < (int)sizeof request || !in_memory(value, sizeof request))
            return fail(error_out, WSAEFAULT);
        memcpy(&request, value, sizeof request);
        for (word = 0; word < 8; word++)
            words[word] = ntohs(request.ipv6mr_multiaddr.u.Word[word]);
        group.tag = WINSOCK_SPI_TYPES_IP_ADDRESS_INET6;
        memcpy(&group.val.inet6, words, sizeof words);
        number_of_interface(request.ipv6mr_interface, &through);
    }
    ok = joins ? winsock_spi_extensions_join_group(borrow_socket(socket), &group, &through, &error)
               : winsock_spi_extensions_leave_group(borrow_socket(socket), &group, &through,
                                                    &error);
    return ok ? 0 : fail_with(error_out, error);
}

int set_ip_option(struct open_socket *socket, int level, int name, const char *value, int length,
                  LPINT error_out) {
    const struct number_option *number = find_number(level, name);
    uint32_t wanted = 0;
    wsa_error error;
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && socket->family == AF_INET) {
        socket_address bound;
        if (length < 1 || !in_memory(value, 1))
            return fail(error_out, WSAEFAULT);
        memcpy(&wanted, value, 1);
        /* Windows takes it of an IPv4 socket too, for which it means nothing. */
        if (winsock_spi_provider_wsp_get_sock_name(borrow_socket(socket), &bound, &error))
            return fail(error_out, WSAEINVAL);
        socket->not_only_v6 = wanted == 0;
        return 0;
    }
    if (!fits(socket, level))
        return fail(error_out, WSAENOPROTOOPT);
    if (number == NULL)
        return name == (level == IPPROTO_IP ? IP_MULTICAST_IF : IPV6_MULTICAST_IF)
                   ? choose_interface(socket, level, value, length, error_out)
                   : change_membership(socket, level, name, value, length, error_out);
    if (length < 0)
        return fail(error_out, WSAENOBUFS);
    if (length < number->least || !in_memory(value, (uint64_t)min(length, number->most)))
        return fail(error_out, WSAEFAULT);
    memcpy(&wanted, value, (size_t)min(length, number->most));
    if (!winsock_spi_extensions_set_ip_option(borrow_socket(socket), number->provider, wanted,
                                              &error))
        return fail_with(error_out, error);
    return 0;
}

int is_at_mark(struct open_socket *socket, uint32_t *at_mark) {
    wsa_error error;
    if (winsock_spi_extensions_get_ip_option(borrow_socket(socket), OPTION(AT_MARK), at_mark,
                                             &error))
        return 0;
    return error == WINSOCK_SPI_TYPES_WSA_ERROR_NO_PROTO_OPT ? WSAEINVAL : number_of(error);
}

/* Seconds of a time in milliseconds, of which there is one at least. */
static uint32_t seconds_of(ULONG milliseconds) {
    return milliseconds < 1000 ? 1 : milliseconds / 1000;
}

int set_keep_alive(struct open_socket *socket, const struct tcp_keepalive *values) {
    winsock_spi_provider_socket_option_t on = {
        .tag = WINSOCK_SPI_PROVIDER_SOCKET_OPTION_SO_KEEPALIVE,
        .val.so_keepalive = values->onoff != 0,
    };
    borrowed_socket borrowed = borrow_socket(socket);
    wsa_error error;
    if (!winsock_spi_provider_wsp_set_sock_opt(borrowed, &on, &error))
        return number_of(error);
    if (values->onoff != 0 &&
        (!winsock_spi_extensions_set_ip_option(borrowed, OPTION(KEEP_ALIVE_IDLE),
                                               seconds_of(values->keepalivetime), &error) ||
         !winsock_spi_extensions_set_ip_option(borrowed, OPTION(KEEP_ALIVE_INTERVAL),
                                               seconds_of(values->keepaliveinterval), &error)))
        return number_of(error);
    return 0;
}
