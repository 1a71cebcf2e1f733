/* Protocols: getprotobyname, getprotobynumber and WSAEnumProtocols. */
#include "shim.h"

#include <strings.h>

/* What the protocol file of every Windows lists. */
static const struct {
    short number;
    char name[12];
    char alias[12];
} known[] = {
    {0, "ip", "IP"},
    {1, "icmp", "ICMP"},
    {3, "ggp", "GGP"},
    {6, "tcp", "TCP"},
    {8, "egp", "EGP"},
    {12, "pup", "PUP"},
    {17, "udp", "UDP"},
    {20, "hmp", "HMP"},
    {22, "xns-idp", "XNS-IDP"},
    {27, "rdp", "RDP"},
    {41, "ipv6", "IPv6"},
    {43, "ipv6-route", "IPv6-Route"},
    {44, "ipv6-frag", "IPv6-Frag"},
    {50, "esp", "ESP"},
    {51, "ah", "AH"},
    {58, "ipv6-icmp", "IPv6-ICMP"},
    {59, "ipv6-nonxt", "IPv6-NoNxt"},
    {60, "ipv6-opts", "IPv6-Opts"},
    {66, "rvd", "RVD"},
};
#define KNOWN (sizeof known / sizeof *known)

/* What both return, until one is called again; NULL with WSANO_DATA for a place that is none. */
static struct protoent *answer(size_t position) {
    static char name[sizeof known->name], alias[sizeof known->alias];
    static char *aliases[2] = {alias, NULL};
    static struct protoent entry = {name, aliases, 0};
    keep_code(position < KNOWN ? 0 : started() ? WSANO_DATA : WSANOTINITIALISED);
    if (position == KNOWN)
        return NULL;
    strcpy(name, known[position].name);
    strcpy(alias, known[position].alias);
    entry.p_proto = known[position].number;
    return &entry;
}

struct protoent *getprotobyname(const char *name) {
    size_t position = started() && text_in_memory(name) ? 0 : KNOWN;
    while (position < KNOWN && strcasecmp(known[position].name, name) != 0)
        position++;
    return answer(position);
}

struct protoent *getprotobynumber(int number) {
    size_t position = started() ? 0 : KNOWN;
    while (position < KNOWN && known[position].number != number)
        position++;
    return answer(position);
}

static int family_of(winsock_spi_types_address_family_t family) {
    return family == WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET6 ? AF_INET6 : AF_INET;
}

/*
 * What this library offers beside the services of the provider: ReadFile and WriteFile
 * take sockets, and datagram sockets join groups.
 */
static DWORD services_here(winsock_spi_types_socket_type_t type) {
    return XP1_IFS_HANDLES |
           (type == WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM ? XP1_SUPPORT_MULTIPOINT : 0);
}

/* The two structures begin alike, and end in the name of the protocol. */
void write_protocol_info(const winsock_spi_provider_protocol_info_t *info, BOOL wide, void *out) {
    const char *name = info->protocol == IPPROTO_TCP ? "TCP" : "UDP";
    WSAPROTOCOL_INFOW longer = {
        .dwServiceFlags1 = info->service_flags | services_here(info->type),
        /* Sockets without a protocol have the one of their type. */
        .dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO,
        .ProtocolChain.ChainLen = BASE_PROTOCOL,
        .iVersion = 2,
        .iAddressFamily = family_of(info->family),
        .iMaxSockAddr = sizeof(struct sockaddr_in),
        .iMinSockAddr = sizeof(struct sockaddr_in),
        .iSocketType = info->type == WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM ? SOCK_DGRAM : SOCK_STREAM,
        .iProtocol = (int)info->protocol,
        .iNetworkByteOrder = BIGENDIAN,
        .iSecurityScheme = SECURITY_PROTOCOL_NONE,
        .dwMessageSize = info->message_size,
    };
    if (longer.iAddressFamily == AF_INET6)
        longer.iMaxSockAddr = longer.iMinSockAddr = sizeof(struct sockaddr_in6);
    if (wide) {
        size_t position;
        for (position = 0; name[position] != '\0'; position++)
            longer.szProtocol[position] = name[position];
        memcpy(out, &longer, sizeof longer);
    } else {
        WSAPROTOCOL_INFOA narrow;
        memset(&narrow, 0, sizeof narrow);
        memcpy(&narrow, &longer, offsetof(WSAPROTOCOL_INFOA, szProtocol));
        strcpy(narrow.szProtocol, name);
        memcpy(out, &narrow, sizeof narrow);
    }
}

/* The sockets that there are. */
static const struct {
    winsock_spi_types_address_family_t family;
    winsock_spi_types_socket_type_t type;
    int protocol;
} sockets[] = {
    {WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET, WINSOCK_SPI_TYPES_SOCKET_TYPE_STREAM, IPPROTO_TCP},
    {WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET, WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM, IPPROTO_UDP},
    {WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET6, WINSOCK_SPI_TYPES_SOCKET_TYPE_STREAM, IPPROTO_TCP},
    {WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET6, WINSOCK_SPI_TYPES_SOCKET_TYPE_DGRAM, IPPROTO_UDP},
};
#define SOCKETS (sizeof sockets / sizeof *sockets)

/* What the provider says of one; FALSE with the error if it has none of it. */
static BOOL describe(size_t position, winsock_spi_provider_protocol_info_t *info,
                     wsa_error *error) {
    winsock_spi_provider_socket_option_t option;
    own_socket own;
    BOOL ok;
    if (!winsock_spi_provider_wsp_socket(sockets[position].family, sockets[position].type, 0, &own,
                                         error))
        return FALSE;
    ok = winsock_spi_provider_wsp_get_sock_opt(
        winsock_spi_provider_borrow_socket(own),
        WINSOCK_SPI_PROVIDER_SOCKET_OPTION_NAME_SO_PROTOCOL_INFO, &option, error);
    winsock_spi_provider_socket_drop_own(own);
    if (ok)
        *info = option.val.so_protocol_info;
    return ok;
}

/* Whether a list that ends with 0 names it. */
static BOOL is_asked_for(const int *list, int protocol) {
    if (list == NULL)
        return TRUE;
    for (; in_memory(list, sizeof *list) && *list != 0; list++)
        if (*list == protocol)
            return TRUE;
    return FALSE;
}

/* The protocols that the policy grants something; 0 with their number, or the code. */
static int enumerate(const int *list, void *buffer, LPDWORD length, BOOL wide, int *count) {
    size_t size = wide ? sizeof(WSAPROTOCOL_INFOW) : sizeof(WSAPROTOCOL_INFOA);
    winsock_spi_provider_protocol_info_t found[SOCKETS];
    wsa_error error;
    DWORD room;
    size_t socket, position;
    *count = 0;
    if (!started())
        return WSANOTINITIALISED;
    if (!in_memory(length, sizeof *length))
        return WSAEFAULT;
    for (socket = 0; socket < SOCKETS; socket++) {
        if (!is_asked_for(list, sockets[socket].protocol))
            continue;
        if (describe(socket, &found[*count], &error))
            ++*count;
        else if (number_of(error) != WSAEACCES && number_of(error) != WSAEOPNOTSUPP)
            return number_of(error);
    }
    room = *length;
    *length = (DWORD)((size_t)*count * size);
    if (room < *length || !null_or_in_memory(buffer, *length) || (buffer == NULL && *count > 0))
        return WSAENOBUFS;
    for (position = 0; position < (size_t)*count; position++)
        write_protocol_info(&found[position], wide, (char *)buffer + position * size);
    return 0;
}

int WSAEnumProtocolsA(LPINT lpiProtocols, LPWSAPROTOCOL_INFOA lpProtocolBuffer,
                      LPDWORD lpdwBufferLength) {
    int count, code = enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, FALSE, &count);
    return keep_error(code == 0 ? count : SOCKET_ERROR, code);
}

int WSAEnumProtocolsW(LPINT lpiProtocols, LPWSAPROTOCOL_INFOW lpProtocolBuffer,
                      LPDWORD lpdwBufferLength) {
    int count, code = enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, TRUE, &count);
    return keep_error(code == 0 ? count : SOCKET_ERROR, code);
}
