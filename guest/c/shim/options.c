/* WSPGetSockOpt and WSPSetSockOpt. */
#include "shim.h"

#define OPTION(name) WINSOCK_SPI_PROVIDER_SOCKET_OPTION_##name

/* What SO_OPENTYPE was set to: 0 makes `socket` overlapped, others do not. */
static int open_type;

DWORD default_socket_flags(void) {
    return open_type == 0 ? WSA_FLAG_OVERLAPPED : 0;
}

/* How an option's value looks in the caller's memory. */
enum shape { TRUTH, NUMBER, A_LINGER, A_TYPE, INFO_A, INFO_W };

static const struct known {
    int level;
    int name;
    uint8_t provider;
    enum shape shape;
} known_options[] = {
    {SOL_SOCKET, SO_ACCEPTCONN, OPTION(SO_ACCEPTCONN), TRUTH},
    {SOL_SOCKET, SO_BROADCAST, OPTION(SO_BROADCAST), TRUTH},
    {SOL_SOCKET, SO_DONTLINGER, OPTION(SO_DONTLINGER), TRUTH},
    {SOL_SOCKET, SO_DONTROUTE, OPTION(SO_DONTROUTE), TRUTH},
    {SOL_SOCKET, SO_ERROR, OPTION(SO_ERROR), NUMBER},
    {SOL_SOCKET, SO_KEEPALIVE, OPTION(SO_KEEPALIVE), TRUTH},
    {SOL_SOCKET, SO_LINGER, OPTION(SO_LINGER), A_LINGER},
    {SOL_SOCKET, SO_MAX_MSG_SIZE, OPTION(SO_MAX_MSG_SIZE), NUMBER},
    {SOL_SOCKET, SO_OOBINLINE, OPTION(SO_OOBINLINE), TRUTH},
    {SOL_SOCKET, SO_PROTOCOL_INFOA, OPTION(SO_PROTOCOL_INFO), INFO_A},
    {SOL_SOCKET, SO_PROTOCOL_INFOW, OPTION(SO_PROTOCOL_INFO), INFO_W},
    {SOL_SOCKET, SO_RCVBUF, OPTION(SO_RCVBUF), NUMBER},
    {SOL_SOCKET, SO_RCVTIMEO, OPTION(SO_RCVTIMEO), NUMBER},
    {SOL_SOCKET, SO_REUSEADDR, OPTION(SO_REUSEADDR), TRUTH},
    {SOL_SOCKET, SO_SNDBUF, OPTION(SO_SNDBUF), NUMBER},
    {SOL_SOCKET, SO_SNDTIMEO, OPTION(SO_SNDTIMEO), NUMBER},
    {SOL_SOCKET, SO_TYPE, OPTION(SO_TYPE), A_TYPE},
    {IPPROTO_TCP, TCP_NODELAY, OPTION(TCP_NODELAY), TRUTH},
};

static const struct known *find_option(int level, int name) {
    size_t position;
    for (position = 0; position < sizeof known_options / sizeof *known_options; position++)
        if (known_options[position].level == level && known_options[position].name == name)
            return &known_options[position];
    return NULL;
}

/* The code for an option that is not in the table. */
static int unknown_option(int level) {
    switch (level) {
    case SOL_SOCKET:
    case IPPROTO_IP:
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_IPV6:
        return WSAENOPROTOOPT;
    default:
        return WSAEINVAL;
    }
}

static int size_of(enum shape shape) {
    switch (shape) {
    case A_LINGER:
        return sizeof(struct linger);
    case INFO_A:
        return sizeof(WSAPROTOCOL_INFOA);
    case INFO_W:
        return sizeof(WSAPROTOCOL_INFOW);
    default:
        return sizeof(int);
    }
}

static void write_number(int value, char *out) {
    memcpy(out, &value, sizeof value);
}

static int family_of(winsock_spi_types_address_family_t family) {
    return family == WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET6 ? AF_INET6 : AF_INET;
}

static int number_of_type(winsock_spi_types_socket_type_t type) {
    return type == WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM ? SOCK_DGRAM : SOCK_STREAM;
}

/* The two structures begin alike, and end in the name of the protocol. */
static void write_info(const winsock_spi_provider_protocol_info_t *info, enum shape shape,
                       char *out) {
    const char *name = info->protocol == IPPROTO_TCP ? "TCP" : "UDP";
    WSAPROTOCOL_INFOW wide = {
        .dwServiceFlags1 = info->service_flags,
        .ProtocolChain.ChainLen = BASE_PROTOCOL,
        .iVersion = 2,
        .iAddressFamily = family_of(info->family),
        .iMaxSockAddr = sizeof(struct sockaddr_in),
        .iMinSockAddr = sizeof(struct sockaddr_in),
        .iSocketType = number_of_type(info->type),
        .iProtocol = (int)info->protocol,
        .iNetworkByteOrder = BIGENDIAN,
        .iSecurityScheme = SECURITY_PROTOCOL_NONE,
        .dwMessageSize = info->message_size,
    };
    if (wide.iAddressFamily == AF_INET6)
        wide.iMaxSockAddr = wide.iMinSockAddr = sizeof(struct sockaddr_in6);
    if (shape == INFO_W) {
        size_t position;
        for (position = 0; name[position] != '\0'; position++)
            wide.szProtocol[position] = name[position];
        memcpy(out, &wide, sizeof wide);
    } else {
        WSAPROTOCOL_INFOA narrow;
        memset(&narrow, 0, sizeof narrow);
        memcpy(&narrow, &wide, offsetof(WSAPROTOCOL_INFOA, szProtocol));
        strcpy(narrow.szProtocol, name);
        memcpy(out, &narrow, sizeof narrow);
    }
}

static void write_option(const winsock_spi_provider_socket_option_t *option, enum shape shape,
                         char *out) {
    switch (shape) {
    case TRUTH:
        /* Every truth lies in the same place of the union. */
        write_number(option->val.so_broadcast, out);
        return;
    case NUMBER:
        write_number((int)option->val.so_sndbuf, out);
        return;
    case A_TYPE:
        write_number(number_of_type(option->val.so_type), out);
        return;
    case A_LINGER: {
        struct linger linger = {option->val.so_linger.is_some, 0};
        if (option->val.so_linger.is_some)
            linger.l_linger = option->val.so_linger.val;
        memcpy(out, &linger, sizeof linger);
        return;
    }
    case INFO_A:
    case INFO_W:
        write_info(&option->val.so_protocol_info, shape, out);
        return;
    }
}

/* Options that the provider has no need of: AcceptEx and ConnectEx leave nothing to do. */
static BOOL is_context(int level, int name) {
    return level == SOL_SOCKET &&
           (name == SO_UPDATE_ACCEPT_CONTEXT || name == SO_UPDATE_CONNECT_CONTEXT);
}

/* Options of the library itself: TRUE with the value if this is one. */
static BOOL own_option(const struct open_socket *socket, int level, int name, int *value) {
    if (level == SOL_SOCKET && name == SO_OPENTYPE)
        *value = open_type;
    else if (socket == NULL)
        return FALSE;
    else if (level == SOL_SOCKET && name == SO_EXCLUSIVEADDRUSE)
        *value = socket->exclusive;
    else
        return FALSE;
    return TRUE;
}

int WSPGetSockOpt(SOCKET s, int level, int optname, char *optval, LPINT optlen, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    const struct known *known = find_option(level, optname);
    winsock_spi_provider_socket_option_t option;
    wsa_error error;
    int value, size = known == NULL ? (int)sizeof value : size_of(known->shape);
    BOOL own = own_option(socket, level, optname, &value);
    if (socket == NULL && !own)
        return fail(lpErrno, WSAENOTSOCK);
    if (is_ip_option(level, optname))
        return get_ip_option(socket, level, optname, optval, optlen, lpErrno);
    if (known == NULL && !own)
        return fail(lpErrno, unknown_option(level));
    if (!in_memory(optlen, sizeof *optlen) || *optlen < size ||
        !in_memory(optval, (uint64_t)size))
        return fail(lpErrno, WSAEFAULT);
    if (own) {
        write_number(value, optval);
    } else {
        if (!winsock_spi_provider_wsp_get_sock_opt(borrow_socket(socket), known->provider,
                                                   &option, &error))
            return fail_with(lpErrno, error);
        write_option(&option, known->shape, optval);
    }
    *optlen = size;
    settle();
    return 0;
}

/* Sets an option of the library itself; 0, or the code. */
static int set_own_option(struct open_socket *socket, int level, int name, int value) {
    if (level == SOL_SOCKET && name == SO_OPENTYPE) {
        open_type = value;
        return 0;
    }
    if (level == SOL_SOCKET && name == SO_EXCLUSIVEADDRUSE) {
        winsock_spi_provider_socket_option_t shared;
        wsa_error error;
        if (value != 0 && winsock_spi_provider_wsp_get_sock_opt(
                              borrow_socket(socket),
                              WINSOCK_SPI_PROVIDER_SOCKET_OPTION_NAME_SO_REUSEADDR, &shared,
                              &error) &&
            shared.val.so_reuseaddr)
            return WSAEINVAL;
        socket->exclusive = value != 0;
        return 0;
    }
    return WSAENOPROTOOPT;
}

int WSPSetSockOpt(SOCKET s, int level, int optname, const char *optval, int optlen,
                  LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    const struct known *known = find_option(level, optname);
    winsock_spi_provider_socket_option_t option;
    wsa_error error;
    int value, size = known == NULL ? (int)sizeof value : size_of(known->shape);
    BOOL own = own_option(socket, level, optname, &value);
    if (socket == NULL && !own)
        return fail(lpErrno, WSAENOTSOCK);
    if (is_context(level, optname))
        return 0;
    if (is_ip_option(level, optname))
        return set_ip_option(socket, level, optname, optval, optlen, lpErrno);
    if (known == NULL && !own)
        return fail(lpErrno, unknown_option(level));
    if (optlen < size || !in_memory(optval, (uint64_t)size))
        return fail(lpErrno, WSAEFAULT);
    memcpy(&value, optval, sizeof value);
    if (own) {
        int code = set_own_option(socket, level, optname, value);
        return code == 0 ? 0 : fail(lpErrno, code);
    }
    if (known->provider == OPTION(SO_REUSEADDR) && value != 0 && socket->exclusive)
        return fail(lpErrno, WSAEINVAL);
    memset(&option, 0, sizeof option);
    option.tag = known->provider;
    switch (known->shape) {
    case TRUTH:
        option.val.so_broadcast = value != 0;
        break;
    case NUMBER:
        option.val.so_sndbuf = (uint32_t)value;
        break;
    case A_LINGER: {
        struct linger linger;
        memcpy(&linger, optval, sizeof linger);
        option.val.so_linger.is_some = linger.l_onoff != 0;
        option.val.so_linger.val = linger.l_linger;
        break;
    }
    case A_TYPE:
    case INFO_A:
    case INFO_W:
        return fail(lpErrno, WSAENOPROTOOPT);
    }
    if (!winsock_spi_provider_wsp_set_sock_opt(borrow_socket(socket), &option, &error))
        return fail_with(lpErrno, error);
    return 0;
}

int getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen) {
    int code = 0;
    return keep_error(WSPGetSockOpt(s, level, optname, optval, optlen, &code), code);
}

int setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen) {
    int code = 0;
    return keep_error(WSPSetSockOpt(s, level, optname, optval, optlen, &code), code);
}
