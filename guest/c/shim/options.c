/* WSPGetSockOpt and WSPSetSockOpt. */
#include "shim.h"

#define OPTION(name) WINSOCK_SPI_PROVIDER_SOCKET_OPTION_##name

/* What SO_OPENTYPE was set to: 0 makes `socket` overlapped, others do not. */
static int open_type;

DWORD default_socket_flags(void) {
    return open_type == 0 ? WSA_FLAG_OVERLAPPED : 0;
}

/*
 * How an option's value looks in the caller's memory. A truth has the four bytes
 * of a BOOL, of which fewer are taken as well; a flag has one, and what follows it
 * is not looked at.
 */
enum shape { TRUTH, FLAG, NUMBER, A_LINGER, A_TYPE, INFO_A, INFO_W };

static const struct known {
    int level;
    int name;
    uint8_t provider;
    enum shape shape;
} known_options[] = {
    {SOL_SOCKET, SO_ACCEPTCONN, OPTION(SO_ACCEPTCONN), TRUTH},
    {SOL_SOCKET, SO_BROADCAST, OPTION(SO_BROADCAST), TRUTH},
    {SOL_SOCKET, SO_DONTLINGER, OPTION(SO_DONTLINGER), TRUTH},
    {SOL_SOCKET, SO_DONTROUTE, OPTION(SO_DONTROUTE), FLAG},
    {SOL_SOCKET, SO_ERROR, OPTION(SO_ERROR), NUMBER},
    {SOL_SOCKET, SO_KEEPALIVE, OPTION(SO_KEEPALIVE), FLAG},
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
    {IPPROTO_TCP, TCP_NODELAY, OPTION(TCP_NODELAY), FLAG},
};

static const struct known *find_option(int level, int name) {
    size_t position;
    for (position = 0; position < sizeof known_options / sizeof *known_options; position++)
        if (known_options[position].level == level && known_options[position].name == name)
            return &known_options[position];
    return NULL;
}

/* The code for an option that is not in the table. */
static int unknown_option(int level, int name) {
    /* Raw sockets have it, of which there are none. */
    if (level == IPPROTO_IP && name == IP_HDRINCL)
        return WSAEINVAL;
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
    case FLAG:
        return 1;
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

/* The four bytes of a BOOL as far as there is room; how many of them are told of. */
static int write_truth(BOOL value, char *out, int room) {
    memcpy(out, &value, (size_t)min(room, (int)sizeof value));
    return room < (int)sizeof value ? 1 : (int)sizeof value;
}

/* As much of a value as the caller gives; what is missing is 0. */
static int read_value(const char *optval, int optlen) {
    int value = 0;
    memcpy(&value, optval, (size_t)min((unsigned)optlen, (unsigned)sizeof value));
    return value;
}

static int number_of_type(winsock_spi_types_socket_type_t type) {
    return type == WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM ? SOCK_DGRAM : SOCK_STREAM;
}

static void write_option(const winsock_spi_provider_socket_option_t *option, enum shape shape,
                         char *out) {
    switch (shape) {
    case TRUTH:
    case FLAG:
        /* Their place in the union is the same, and has been written. */
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
        write_protocol_info(&option->val.so_protocol_info, shape == INFO_W, out);
        return;
    }
}

/* Options that the provider has no need of: AcceptEx and ConnectEx leave nothing to do. */
static BOOL is_context(int level, int name) {
    return level == SOL_SOCKET &&
           (name == SO_UPDATE_ACCEPT_CONTEXT || name == SO_UPDATE_CONNECT_CONTEXT);
}

/* How long it is connected, in seconds; the largest number if it is not. */
static uint32_t connect_time(const struct open_socket *socket) {
    uint32_t seconds = 0xFFFFFFFF;
    wsa_error error;
    (void)winsock_spi_extensions_get_ip_option(
        borrow_socket(socket), WINSOCK_SPI_EXTENSIONS_IP_OPTION_CONNECT_TIME, &seconds, &error);
    return seconds;
}

/* An option of the library itself: TRUE with its shape and value if this is one. */
static BOOL own_option(const struct open_socket *socket, int level, int name, enum shape *shape,
                       int *value) {
    *shape = NUMBER;
    if (level == SOL_SOCKET && name == SO_OPENTYPE) {
        *value = open_type;
        return TRUE;
    }
    if (socket == NULL)
        return FALSE;
    if (level == SOL_SOCKET && name == SO_CONNECT_TIME) {
        *value = (int)connect_time(socket);
        return TRUE;
    }
    *shape = TRUTH;
    if (level == SOL_SOCKET && name == SO_EXCLUSIVEADDRUSE) {
        *value = socket->exclusive;
        return TRUE;
    }
    if (level == SOL_SOCKET && name == SO_DEBUG) {
        *value = socket->debug;
        return TRUE;
    }
    return FALSE;
}

/* The code for a value that is given in so many bytes, or 0. */
static int check_length(int level, enum shape shape, const char *optval, int optlen) {
    /* As on Windows: of SOL_SOCKET a negative length is a large one. */
    if (optlen < 0 && (shape == FLAG || level != SOL_SOCKET))
        return WSAENOBUFS;
    if (optlen == 0 && (shape != TRUTH || level != SOL_SOCKET))
        return WSAEFAULT;
    if (shape != TRUTH && shape != FLAG && (unsigned)optlen < (unsigned)size_of(shape))
        return WSAEFAULT;
    return in_memory(optval, min((unsigned)optlen, (unsigned)size_of(shape))) ? 0 : WSAEFAULT;
}

/* SO_ERROR: what went wrong, or what the program has set. */
static void add_set_error(struct open_socket *socket, winsock_spi_provider_socket_option_t *option) {
    if (option->val.so_error == 0)
        option->val.so_error = (uint32_t)socket->set_error;
}

int WSPGetSockOpt(SOCKET s, int level, int optname, char *optval, LPINT optlen, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    const struct known *known = find_option(level, optname);
    winsock_spi_provider_socket_option_t option;
    enum shape shape;
    wsa_error error;
    int value, size, room;
    BOOL own = own_option(socket, level, optname, &shape, &value);
    if (socket == NULL && !own)
        return fail(lpErrno, WSAENOTSOCK);
    if (is_ip_option(level, optname))
        return get_ip_option(socket, level, optname, optval, optlen, lpErrno);
    if (known == NULL && !own)
        return fail(lpErrno, unknown_option(level, optname));
    if (known != NULL)
        shape = known->shape;
    size = size_of(shape);
    if (!in_memory(optlen, sizeof *optlen))
        return fail(lpErrno, WSAEFAULT);
    room = *optlen;
    /* As on Windows, which for SO_OPENTYPE takes a negative length as a large one. */
    if (room < 0 && level == SOL_SOCKET && optname == SO_OPENTYPE)
        room = size;
    if (room < (shape == TRUTH ? 1 : size) ||
        !in_memory(optval, (uint64_t)min(room, size))) {
        if (shape == INFO_A || shape == INFO_W)
            *optlen = size;
        return fail(lpErrno, WSAEFAULT);
    }
    if (!own) {
        if (!winsock_spi_provider_wsp_get_sock_opt(borrow_socket(socket), known->provider,
                                                   &option, &error))
            return fail_with(lpErrno, error);
        if (known->provider == OPTION(SO_ERROR))
            add_set_error(socket, &option);
        /* Every truth lies in the same place of the union. */
        value = option.val.so_broadcast;
        write_option(&option, shape, optval);
    } else if (shape == NUMBER) {
        write_number(value, optval);
    }
    if (shape == TRUTH)
        size = write_truth(value, optval, room);
    else if (shape == FLAG)
        *optval = (char)value;
    /* As on Windows, the length of the structure is told only of one that is too short. */
    if (shape != INFO_A && shape != INFO_W)
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
    if (level == SOL_SOCKET && name == SO_CONNECT_TIME)
        return WSAENOPROTOOPT;
    if (level == SOL_SOCKET && name == SO_DEBUG) {
        socket->debug = value != 0;
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
    /* IPv6 sockets never take IPv4 as well. */
    return value != 0 ? 0 : WSAENOPROTOOPT;
}

int WSPSetSockOpt(SOCKET s, int level, int optname, const char *optval, int optlen,
                  LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    const struct known *known = find_option(level, optname);
    winsock_spi_provider_socket_option_t option;
    enum shape shape;
    wsa_error error;
    int value, code;
    BOOL own = own_option(socket, level, optname, &shape, &value);
    if (socket == NULL && !own)
        return fail(lpErrno, WSAENOTSOCK);
    if (is_context(level, optname))
        return 0;
    if (is_ip_option(level, optname))
        return set_ip_option(socket, level, optname, optval, optlen, lpErrno);
    if (known == NULL && !own)
        return fail(lpErrno, unknown_option(level, optname));
    if (known != NULL)
        shape = known->shape;
    /* What can only be read is refused whatever the value is. */
    if (shape == INFO_A || shape == INFO_W)
        return fail(lpErrno, WSAENOPROTOOPT);
    code = check_length(level, shape, optval, optlen);
    if (code != 0)
        return fail(lpErrno, code);
    value = read_value(optval, shape == FLAG ? 1 : optlen);
    if (own) {
        code = set_own_option(socket, level, optname, value);
        return code == 0 ? 0 : fail(lpErrno, code);
    }
    if (known->provider == OPTION(SO_REUSEADDR) && value != 0 && socket->exclusive)
        return fail(lpErrno, WSAEINVAL);
    if (known->provider == OPTION(SO_ERROR)) {
        socket->set_error = value;
        return 0;
    }
    memset(&option, 0, sizeof option);
    option.tag = known->provider;
    switch (shape) {
    case TRUTH:
    case FLAG:
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
        return fail(lpErrno, socket->type == SOCK_DGRAM ? WSAEINVAL : WSAENOPROTOOPT);
    case INFO_A:
    case INFO_W:
        break;
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
