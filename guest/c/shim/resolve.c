/*
 * Names: getaddrinfo, getnameinfo, gethostbyname and gethostname. Numeric
 * addresses and localhost are resolved here; for other names the host is asked,
 * whose policy says which of them may be resolved.
 */
#include "shim.h"

#include <stdio.h>
#include <strings.h>

const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;
const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

/* A combination of type and protocol that a socket can have. */
static const struct {
    int type;
    int protocol;
} kinds[] = {{SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, IPPROTO_UDP}};

/* What one entry of the list is allocated as. */
struct entry {
    struct addrinfo info;
    struct sockaddr_storage address;
};

/* An address that a name stands for. */
struct found_address {
    int family;
    struct in_addr in;
    struct in6_addr in6;
    ULONG scope;
};

/* The most addresses that the host returns. */
#define MOST_FOUND 64

struct found {
    size_t count;
    struct found_address addresses[MOST_FOUND];
};

static BOOL is_localhost(const char *name) {
    return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0;
}

/* An address of these bytes, if it is of the family that is asked for. */
static void add(struct found *found, int wanted, int family, const void *bytes, ULONG scope) {
    struct found_address *address = &found->addresses[found->count];
    if ((wanted != AF_UNSPEC && wanted != family) || found->count == MOST_FOUND)
        return;
    memset(address, 0, sizeof *address);
    address->family = family;
    address->scope = scope;
    if (family == AF_INET)
        memcpy(&address->in, bytes, sizeof address->in);
    else
        memcpy(&address->in6, bytes, sizeof address->in6);
    found->count++;
}

/* Everybody, or this host, in both families. */
static void add_own(struct found *found, int family, BOOL everybody) {
    u_long in = htonl(everybody ? INADDR_ANY : INADDR_LOOPBACK);
    add(found, family, AF_INET6, everybody ? &in6addr_any : &in6addr_loopback, 0);
    add(found, family, AF_INET, &in, 0);
}

/* The digits of a scope, and nothing else. */
static BOOL read_scope(const char *text, ULONG *scope) {
    uint64_t number = 0;
    const char *digit;
    for (digit = text; *digit >= '0' && *digit <= '9' && number <= 0xffffffff; digit++)
        number = number * 10 + (uint64_t)(*digit - '0');
    *scope = (ULONG)number;
    return digit != text && *digit == '\0' && number <= 0xffffffff;
}

/* An IPv6 address with the scope that may follow a %. */
static BOOL read_in6(const char *name, struct in6_addr *in6, ULONG *scope) {
    char text[INET6_ADDRSTRLEN];
    size_t length = strcspn(name, "%");
    if (length >= sizeof text)
        return FALSE;
    memcpy(text, name, length);
    text[length] = '\0';
    *scope = 0;
    if (name[length] == '%' && !read_scope(name + length + 1, scope))
        return FALSE;
    return inet_pton(AF_INET6, text, in6) == 1;
}

static BOOL is_ascii(const char *text) {
    while ((unsigned char)*text - 1u < 0x7f)
        text++;
    return *text == '\0';
}

/* Asks the host; 0, or the code. */
static int ask(const char *name, int family, struct found *found) {
    spi_program_string_t text = {(uint8_t *)name, strlen(name)};
    winsock_spi_resolver_list_ip_address_t answer;
    winsock_spi_resolver_resolve_error_t error;
    size_t position;
    /* Not a DNS name, and perhaps not UTF-8, with which a call to the host would trap. */
    if (!is_ascii(name))
        return WSAHOST_NOT_FOUND;
    if (!winsock_spi_resolver_resolve_name(&text, &answer, &error))
        return error == WINSOCK_SPI_RESOLVER_RESOLVE_ERROR_ACCES ? WSAEACCES : WSAHOST_NOT_FOUND;
    for (position = 0; position < answer.len; position++) {
        const winsock_spi_types_ip_address_t *address = &answer.ptr[position];
        if (address->tag == WINSOCK_SPI_TYPES_IP_ADDRESS_INET) {
            /* Four bytes, in their order. */
            add(found, family, AF_INET, &address->val.inet, 0);
        } else {
            USHORT words[8];
            size_t word;
            memcpy(words, &address->val.inet6, sizeof words);
            for (word = 0; word < 8; word++)
                words[word] = htons(words[word]);
            add(found, family, AF_INET6, words, 0);
        }
    }
    winsock_spi_resolver_list_ip_address_free(&answer);
    return 0;
}

/* What a name stands for in a family; 0, or the code. */
static int find(const char *name, int family, int flags, struct found *found) {
    struct in_addr in;
    struct in6_addr in6;
    ULONG scope;
    int code = 0;
    found->count = 0;
    if (name == NULL || *name == '\0')
        add_own(found, family, name == NULL && (flags & AI_PASSIVE) != 0);
    else if (inet_pton(AF_INET, name, &in) == 1)
        add(found, family, AF_INET, &in, 0);
    else if (read_in6(name, &in6, &scope))
        add(found, family, AF_INET6, &in6, scope);
    else if ((flags & AI_NUMERICHOST) != 0)
        code = WSAHOST_NOT_FOUND;
    else if (is_localhost(name))
        add_own(found, family, FALSE);
    else
        code = ask(name, family, found);
    return code == 0 && found->count == 0 ? WSAHOST_NOT_FOUND : code;
}

/* A port as digits. There is no list of services. */
static int read_port(const char *service, u_short *port) {
    char *end;
    unsigned long number = 0;
    if (service != NULL && *service != '\0') {
        number = strtoul(service, &end, 10);
        if (*service < '0' || *service > '9' || *end != '\0' || number > 0xffff)
            return WSATYPE_NOT_FOUND;
    }
    *port = htons((u_short)number);
    return 0;
}

static struct entry *new_entry(const struct found_address *found, int type, int protocol,
                               u_short port) {
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->info.ai_family = found->family;
    entry->info.ai_socktype = type;
    entry->info.ai_protocol = protocol;
    entry->info.ai_addr = (struct sockaddr *)&entry->address;
    if (found->family == AF_INET) {
        struct sockaddr_in *in = (void *)&entry->address;
        in->sin_family = AF_INET;
        in->sin_port = port;
        in->sin_addr = found->in;
        entry->info.ai_addrlen = sizeof *in;
    } else {
        struct sockaddr_in6 *in6 = (void *)&entry->address;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = port;
        in6->sin6_addr = found->in6;
        in6->sin6_scope_id = found->scope;
        entry->info.ai_addrlen = sizeof *in6;
    }
    return entry;
}

/* Checks what the caller hints at; 0, or the code. */
static int check(const struct addrinfo *hints) {
    const int known = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_ALL |
                      AI_ADDRCONFIG | AI_V4MAPPED;
    if (hints->ai_addrlen != 0 || hints->ai_canonname != NULL || hints->ai_addr != NULL ||
        hints->ai_next != NULL)
        return WSANO_RECOVERY;
    if ((hints->ai_flags & ~known) != 0)
        return WSAEINVAL;
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
        hints->ai_family != AF_INET6)
        return WSAEAFNOSUPPORT;
    if (hints->ai_socktype != 0 && hints->ai_socktype != SOCK_STREAM &&
        hints->ai_socktype != SOCK_DGRAM)
        return WSAESOCKTNOSUPPORT;
    return 0;
}

/* Fills in what a socket of such an address is; 0, or the code if no socket is. */
static int choose_kind(const struct addrinfo *hints, int *type, int *protocol) {
    size_t kind;
    *type = hints->ai_socktype;
    *protocol = hints->ai_protocol;
    /* If nothing is asked for, the choice is left to the caller. */
    if (*type == 0 && *protocol == 0)
        return 0;
    for (kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        if ((*type == 0 || *type == kinds[kind].type) &&
            (*protocol == 0 || *protocol == kinds[kind].protocol)) {
            *type = kinds[kind].type;
            return 0;
        }
    return WSAESOCKTNOSUPPORT;
}

static int resolve(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result) {
    const struct addrinfo none = {0};
    struct addrinfo **last = result;
    struct found found;
    u_short port;
    size_t position;
    int code, type, protocol;
    if (hints == NULL)
        hints = &none;
    if (node == NULL && service == NULL)
        return WSAHOST_NOT_FOUND;
    if ((node != NULL && !text_in_memory(node)) || (service != NULL && !text_in_memory(service)))
        return WSAEFAULT;
    code = check(hints);
    if (code == 0 && (hints->ai_flags & AI_CANONNAME) != 0 && node == NULL)
        code = WSAEINVAL;
    if (code == 0)
        code = choose_kind(hints, &type, &protocol);
    if (code == 0)
        code = read_port(service, &port);
    if (code == 0)
        code = find(node, hints->ai_family, hints->ai_flags, &found);
    if (code != 0)
        return code;
    for (position = 0; position < found.count; position++) {
        *last = (void *)new_entry(&found.addresses[position], type, protocol, port);
        if (*last == NULL)
            return WSA_NOT_ENOUGH_MEMORY;
        last = &(*last)->ai_next;
    }
    if ((hints->ai_flags & AI_CANONNAME) != 0) {
        (*result)->ai_canonname = strdup(node);
        if ((*result)->ai_canonname == NULL)
            return WSA_NOT_ENOUGH_MEMORY;
    }
    return 0;
}

INT getaddrinfo(const char *pNodeName, const char *pServiceName, const struct addrinfo *pHints,
                struct addrinfo **ppResult) {
    int code;
    if (!in_memory(ppResult, sizeof *ppResult) || !null_or_in_memory(pHints, sizeof *pHints)) {
        WSASetLastError(WSAEFAULT);
        return WSAEFAULT;
    }
    *ppResult = NULL;
    code = resolve(pNodeName, pServiceName, pHints, ppResult);
    if (code != 0) {
        freeaddrinfo(*ppResult);
        *ppResult = NULL;
    }
    WSASetLastError(code);
    return code;
}

void freeaddrinfo(struct addrinfo *pAddrInfo) {
    while (pAddrInfo != NULL) {
        struct addrinfo *next = pAddrInfo->ai_next;
        free(pAddrInfo->ai_canonname);
        free(pAddrInfo);
        pAddrInfo = next;
    }
}

/* Numbers only: there is no reverse lookup. */
INT getnameinfo(const struct sockaddr *pSockaddr, socklen_t SockaddrLength, char *pNodeBuffer,
                DWORD NodeBufferSize, char *pServiceBuffer, DWORD ServiceBufferSize, INT Flags) {
    /* An address, % and a scope. */
    char host[INET6_ADDRSTRLEN + 11], service[8];
    socket_address address;
    u_short port;
    int code = read_address(pSockaddr, SockaddrLength, &address);
    if (code == 0 && (Flags & NI_NAMEREQD) != 0)
        code = WSAHOST_NOT_FOUND;
    if (code == 0) {
        const struct sockaddr_in *in = (const void *)pSockaddr;
        const struct sockaddr_in6 *in6 = (const void *)pSockaddr;
        port = in->sin_port;
        if (pSockaddr->sa_family == AF_INET)
            inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        else
            inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        if (pSockaddr->sa_family == AF_INET6 && in6->sin6_scope_id != 0)
            sprintf(host + strlen(host), "%%%lu", in6->sin6_scope_id);
        sprintf(service, "%u", ntohs(port));
        if ((pNodeBuffer != NULL && strlen(host) >= NodeBufferSize) ||
            (pServiceBuffer != NULL && strlen(service) >= ServiceBufferSize) ||
            !null_or_in_memory(pNodeBuffer, NodeBufferSize) ||
            !null_or_in_memory(pServiceBuffer, ServiceBufferSize))
            code = WSAEFAULT;
    }
    if (code == 0 && pNodeBuffer != NULL)
        strcpy(pNodeBuffer, host);
    if (code == 0 && pServiceBuffer != NULL)
        strcpy(pServiceBuffer, service);
    WSASetLastError(code);
    return code;
}

struct hostent *gethostbyname(const char *name) {
    static struct in_addr addresses[MOST_FOUND];
    static char *list[MOST_FOUND + 1], *aliases[1], text[NI_MAXHOST];
    static struct hostent host;
    struct found found;
    size_t position;
    int code = name == NULL || text_in_memory(name) ? find(name, AF_INET, 0, &found) : WSAEFAULT;
    if (code == 0 && name != NULL && strlen(name) >= sizeof text)
        code = WSAHOST_NOT_FOUND;
    if (code != 0) {
        WSASetLastError(code);
        return NULL;
    }
    strcpy(text, name == NULL ? "" : name);
    for (position = 0; position < found.count; position++) {
        addresses[position] = found.addresses[position].in;
        list[position] = (char *)&addresses[position];
    }
    list[found.count] = NULL;
    host.h_name = text;
    host.h_aliases = aliases;
    host.h_addrtype = AF_INET;
    host.h_length = sizeof *addresses;
    host.h_addr_list = list;
    return &host;
}

/* The host's name is not disclosed; one may be set in the environment, as on Windows. */
int gethostname(char *name, size_t namelen) {
    const char *given = getenv("COMPUTERNAME");
    if (given == NULL)
        given = "localhost";
    if (namelen <= strlen(given) || !in_memory(name, namelen)) {
        WSASetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    strcpy(name, given);
    return 0;
}

char *gai_strerrorA(int ecode) {
    switch (ecode) {
    case 0:
        return "success";
    case EAI_AGAIN:
        return "the name cannot be resolved at the moment";
    case EAI_BADFLAGS:
        return "a flag is invalid";
    case EAI_FAIL:
        return "the name cannot be resolved";
    case EAI_FAMILY:
        return "the address family is not supported";
    case EAI_MEMORY:
        return "there is not enough memory";
    case EAI_NONAME:
        return "no such host is known";
    case EAI_SERVICE:
        return "no such service is known";
    case EAI_SOCKTYPE:
        return "the socket type is not supported";
    default:
        return "an error";
    }
}
