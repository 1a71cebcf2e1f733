/*
 * Names: getaddrinfo, getnameinfo, gethostbyname and gethostname. There is no
 * resolver in the interface of the provider, so that numeric addresses and
 * localhost are the names that there are.
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

/* Up to two addresses that a name stands for. */
struct found {
    int count;
    struct in_addr in;
    struct in6_addr in6;
    BOOL has_in;
    BOOL has_in6;
    ULONG scope;
};

static BOOL is_localhost(const char *name) {
    return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0;
}

/* An IPv6 address with the scope that may follow a %. */
static BOOL read_in6(const char *name, struct found *found) {
    char text[INET6_ADDRSTRLEN], *scope, *end;
    if (strlen(name) >= sizeof text)
        return FALSE;
    strcpy(text, name);
    scope = strchr(text, '%');
    if (scope != NULL) {
        *scope++ = '\0';
        found->scope = strtoul(scope, &end, 10);
        if (*scope == '\0' || *end != '\0')
            return FALSE;
    }
    return inet_pton(AF_INET6, text, &found->in6) == 1;
}

/* 0, or the code: what a name stands for in a family. */
static int find(const char *name, int family, int flags, struct found *found) {
    memset(found, 0, sizeof *found);
    if (name == NULL || *name == '\0') {
        /* Nobody in particular: every address here, or this host. */
        BOOL passive = name == NULL && (flags & AI_PASSIVE) != 0;
        found->has_in = found->has_in6 = TRUE;
        found->in.s_addr = htonl(passive ? INADDR_ANY : INADDR_LOOPBACK);
        found->in6 = passive ? in6addr_any : in6addr_loopback;
    } else if (inet_pton(AF_INET, name, &found->in) == 1) {
        found->has_in = TRUE;
    } else if (read_in6(name, found)) {
        found->has_in6 = TRUE;
    } else if ((flags & AI_NUMERICHOST) == 0 && is_localhost(name)) {
        found->has_in = found->has_in6 = TRUE;
        found->in.s_addr = htonl(INADDR_LOOPBACK);
        found->in6 = in6addr_loopback;
    } else {
        return WSAHOST_NOT_FOUND;
    }
    if (family == AF_INET)
        found->has_in6 = FALSE;
    if (family == AF_INET6)
        found->has_in = FALSE;
    return found->has_in || found->has_in6 ? 0 : WSAHOST_NOT_FOUND;
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

static struct entry *new_entry(int family, int type, int protocol, u_short port,
                               const struct found *found) {
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->info.ai_family = family;
    entry->info.ai_socktype = type;
    entry->info.ai_protocol = protocol;
    entry->info.ai_addr = (struct sockaddr *)&entry->address;
    if (family == AF_INET) {
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

static int resolve(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result) {
    static const int families[] = {AF_INET6, AF_INET};
    struct addrinfo none = {0}, **last = result;
    struct found found;
    u_short port;
    size_t family, kind;
    int code;
    if (hints == NULL)
        hints = &none;
    if (node == NULL && service == NULL)
        return WSAHOST_NOT_FOUND;
    code = check(hints);
    if (code == 0 && (hints->ai_flags & AI_CANONNAME) != 0 && node == NULL)
        code = WSAEINVAL;
    if (code == 0)
        code = read_port(service, &port);
    if (code == 0)
        code = find(node, hints->ai_family, hints->ai_flags, &found);
    if (code != 0)
        return code;
    for (family = 0; family < 2; family++) {
        if (!(families[family] == AF_INET ? found.has_in : found.has_in6))
            continue;
        if (hints->ai_socktype == 0 && hints->ai_protocol == 0) {
            /* Winsock leaves the choice of the type to the caller. */
            *last = (void *)new_entry(families[family], 0, 0, port, &found);
        } else {
            for (kind = 0; kind < 2; kind++)
                if ((hints->ai_socktype == 0 || hints->ai_socktype == kinds[kind].type) &&
                    (hints->ai_protocol == 0 || hints->ai_protocol == kinds[kind].protocol))
                    break;
            if (kind == 2)
                return WSAESOCKTNOSUPPORT;
            *last = (void *)new_entry(families[family], kinds[kind].type, hints->ai_protocol,
                                      port, &found);
        }
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

/* Numbers only: nobody tells the name of an address. */
INT getnameinfo(const struct sockaddr *pSockaddr, socklen_t SockaddrLength, char *pNodeBuffer,
                DWORD NodeBufferSize, char *pServiceBuffer, DWORD ServiceBufferSize, INT Flags) {
    char host[INET6_ADDRSTRLEN], service[8];
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
    static struct in_addr address;
    static char *addresses[2], *aliases[1], text[NI_MAXHOST];
    static struct hostent host;
    struct found found;
    int code = find(name, AF_INET, 0, &found);
    if (code != 0 || (name != NULL && strlen(name) >= sizeof text)) {
        WSASetLastError(WSAHOST_NOT_FOUND);
        return NULL;
    }
    address = found.in;
    strcpy(text, name == NULL ? "" : name);
    addresses[0] = (char *)&address;
    host.h_name = text;
    host.h_aliases = aliases;
    host.h_addrtype = AF_INET;
    host.h_length = sizeof address;
    host.h_addr_list = addresses;
    return &host;
}

/* The host's name is not told; a person may give one, as Windows does, in the environment. */
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
