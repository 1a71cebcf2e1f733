/* getaddrinfo and GetAddrInfoW. */
#include "shim.h"

const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;
const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

/* What one entry of the list is allocated as. */
struct entry {
    struct addrinfo info;
    struct sockaddr_storage address;
};

/* What every entry says of the socket. */
struct wanted {
    int type;
    int protocol;
    u_short port;
};

/* Digits, which may follow blanks and a sign. As on Windows, only the lowest 16 bits count. */
static BOOL read_number(const char *service, u_short *port) {
    char *end;
    long number = strtol(service, &end, 10);
    *port = htons((u_short)number);
    return end != service && *end == '\0';
}

/* The port of a service, and the type that it has if it has only one; 0, or the code. */
static int read_service(const char *service, int flags, struct wanted *wanted) {
    u_short tcp, udp;
    wanted->port = 0;
    if (service == NULL || *service == '\0' || read_number(service, &wanted->port))
        return 0;
    if ((flags & AI_NUMERICSERV) != 0)
        return WSAHOST_NOT_FOUND;
    tcp = wanted->type == SOCK_DGRAM ? 0 : port_of(service, "tcp");
    udp = wanted->type == SOCK_STREAM ? 0 : port_of(service, "udp");
    if (tcp == 0 && udp == 0)
        return WSATYPE_NOT_FOUND;
    wanted->port = tcp != 0 ? tcp : udp;
    if (wanted->type == 0 && (tcp == 0 || udp == 0))
        wanted->type = tcp != 0 ? SOCK_STREAM : SOCK_DGRAM;
    return 0;
}

static struct entry *new_entry(const struct found_address *found, const struct wanted *wanted,
                               BOOL numeric) {
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->info.ai_family = found->family;
    entry->info.ai_flags = numeric ? AI_NUMERICHOST : 0;
    entry->info.ai_socktype = wanted->type;
    entry->info.ai_protocol = wanted->protocol;
    entry->info.ai_addr = (struct sockaddr *)&entry->address;
    if (found->family == AF_INET) {
        struct sockaddr_in *in = (void *)&entry->address;
        in->sin_family = AF_INET;
        in->sin_port = wanted->port;
        in->sin_addr = found->in;
        entry->info.ai_addrlen = sizeof *in;
    } else {
        struct sockaddr_in6 *in6 = (void *)&entry->address;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = wanted->port;
        in6->sin6_addr = found->in6;
        in6->sin6_scope_id = found->scope;
        entry->info.ai_addrlen = sizeof *in6;
    }
    return entry;
}

/* Checks what the caller hints at; 0, or the code. */
static int check(const struct addrinfo *hints) {
    const int known = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_DNS_ONLY |
                      AI_ALL | AI_ADDRCONFIG | AI_V4MAPPED | AI_FQDN | AI_DISABLE_IDN_ENCODING;
    if (hints->ai_addrlen != 0 || hints->ai_canonname != NULL || hints->ai_addr != NULL ||
        hints->ai_next != NULL)
        return WSANO_RECOVERY;
    if ((hints->ai_flags & ~known) != 0)
        return WSAEINVAL;
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
        hints->ai_family != AF_INET6)
        return WSAEAFNOSUPPORT;
    if (hints->ai_socktype != 0 && hints->ai_socktype != SOCK_STREAM &&
        hints->ai_socktype != SOCK_DGRAM && hints->ai_socktype != SOCK_RAW)
        return WSAESOCKTNOSUPPORT;
    return 0;
}

static int find_all(const char *node, const char *service, const struct addrinfo *hints,
                    struct addrinfo **result) {
    /* As on Windows: what is hinted at is returned, whether there is such a socket or not. */
    struct wanted wanted = {hints->ai_socktype, hints->ai_protocol, 0};
    struct addrinfo **last = result;
    struct found found;
    size_t position;
    int code = check(hints);
    if (code == 0 && (hints->ai_flags & AI_CANONNAME) != 0 && node == NULL)
        code = WSAEINVAL;
    if (code == 0)
        code = read_service(service, hints->ai_flags, &wanted);
    if (code == 0)
        code = look_up(node, hints->ai_family, hints->ai_flags, &found);
    if (code != 0)
        return code;
    for (position = 0; position < found.count; position++) {
        *last = (void *)new_entry(&found.addresses[position], &wanted, found.numeric);
        if (*last == NULL)
            return WSA_NOT_ENOUGH_MEMORY;
        last = &(*last)->ai_next;
    }
    if ((hints->ai_flags & (AI_CANONNAME | AI_FQDN)) != 0 && node != NULL) {
        (*result)->ai_canonname = strdup(node);
        if ((*result)->ai_canonname == NULL)
            return WSA_NOT_ENOUGH_MEMORY;
    }
    return 0;
}

int resolve(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **result) {
    const struct addrinfo none = {0};
    int code;
    *result = NULL;
    if (node == NULL && service == NULL)
        return WSAHOST_NOT_FOUND;
    if ((node != NULL && !text_in_memory(node)) || (service != NULL && !text_in_memory(service)) ||
        !null_or_in_memory(hints, sizeof *hints))
        return WSAEFAULT;
    code = find_all(node, service, hints == NULL ? &none : hints, result);
    if (code != 0) {
        freeaddrinfo(*result);
        *result = NULL;
    }
    return code;
}

/* FALSE, and the code, for what is neither NULL nor text for a name. */
static BOOL narrow_name(LPCWSTR wide, char *out, size_t size, int *code) {
    if (wide != NULL && !wide_in_memory(wide))
        *code = WSAEFAULT;
    else if (wide != NULL && !narrow_text(wide, out, size))
        *code = WSAHOST_NOT_FOUND;
    else
        return TRUE;
    return FALSE;
}

int resolve_wide(LPCWSTR node, LPCWSTR service, const struct addrinfo *hints,
                 struct addrinfo **result) {
    char narrow_node[NI_MAXHOST], narrow_service[NI_MAXSERV];
    int code = 0;
    *result = NULL;
    if (!narrow_name(node, narrow_node, sizeof narrow_node, &code) ||
        !narrow_name(service, narrow_service, sizeof narrow_service, &code))
        return code;
    return resolve(node == NULL ? NULL : narrow_node, service == NULL ? NULL : narrow_service,
                   hints, result);
}

INT getaddrinfo(const char *pNodeName, const char *pServiceName, const struct addrinfo *pHints,
                struct addrinfo **ppResult) {
    int code;
    if (!started())
        code = WSANOTINITIALISED;
    else if (!in_memory(ppResult, sizeof *ppResult))
        code = WSAEFAULT;
    else
        code = resolve(pNodeName, pServiceName, pHints, ppResult);
    keep_code(code);
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

LPWSTR widen(const char *text) {
    size_t length = strlen(text) + 1, position;
    LPWSTR wide = malloc(length * sizeof *wide);
    for (position = 0; wide != NULL && position < length; position++)
        wide[position] = (unsigned char)text[position];
    return wide;
}

/* The two structures differ in the type of the name that they may have. */
INT GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
                 PADDRINFOW *ppResult) {
    struct addrinfo *found = NULL;
    int code;
    if (!started())
        code = WSANOTINITIALISED;
    else if (!in_memory(ppResult, sizeof *ppResult))
        code = WSAEFAULT;
    else
        code = resolve_wide(pNodeName, pServiceName, (const void *)pHints, &found);
    if (code == 0 && found->ai_canonname != NULL) {
        LPWSTR wide = widen(found->ai_canonname);
        free(found->ai_canonname);
        found->ai_canonname = (void *)wide;
        if (wide == NULL) {
            freeaddrinfo(found);
            found = NULL;
            code = WSA_NOT_ENOUGH_MEMORY;
        }
    }
    if (code != WSANOTINITIALISED && in_memory(ppResult, sizeof *ppResult))
        *ppResult = (void *)found;
    keep_code(code);
    return code;
}

void FreeAddrInfoW(PADDRINFOW pAddrInfo) {
    freeaddrinfo((void *)pAddrInfo);
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
