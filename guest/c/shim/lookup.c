/*
 * What a name stands for. Numeric addresses, localhost and the program's own name
 * are known here; for other names the host is asked, whose policy says which of
 * them may be resolved.
 */
#include "shim.h"

#include <strings.h>

static BOOL is_own(const char *name) {
    return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0 ||
           strcasecmp(name, own_name()) == 0;
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

/* A port behind the brackets of an address, which is not looked at any further. */
static BOOL is_port(const char *text) {
    size_t digits = strspn(text + 1, "0123456789");
    return *text == ':' && digits > 0 && text[1 + digits] == '\0';
}

/* An IPv6 address, with the scope that may follow a %, perhaps in brackets. */
static BOOL read_in6(const char *name, BOOL only_number, struct in6_addr *in6, ULONG *scope) {
    BOOL brackets = *name == '[';
    const char *end = read_ipv6(name + brackets, in6);
    *scope = 0;
    if (end == NULL)
        return FALSE;
    if (brackets)
        return *end == ']' && (end[1] == '\0' || (!only_number && is_port(end + 1)));
    return *end == '\0' || (*end == '%' && read_scope(end + 1, scope));
}

/* An IPv4 address. As on Windows, it has four numbers, of any base. */
static BOOL read_in(const char *name, BOOL only_number, struct in_addr *in) {
    const char *end = read_ipv4(name, TRUE, 4, in);
    return end != NULL && (*end == '\0' || (!only_number && strcmp(end, " ") == 0));
}

static BOOL is_ascii(const char *text) {
    while ((unsigned char)*text - 1u < 0x7f)
        text++;
    return *text == '\0';
}

/* Asks the host; 0, or the code. A name may have addresses of the other family only. */
static int ask(const char *name, int family, struct found *found) {
    spi_program_string_t text = {(uint8_t *)name, strlen(name)};
    winsock_spi_resolver_list_ip_address_t answer;
    winsock_spi_resolver_resolve_error_t error;
    size_t position;
    /* Not a DNS name, and perhaps not UTF-8, with which a call to the host would trap. */
    if (!is_ascii(name))
        return WSAHOST_NOT_FOUND;
    if (!resolve_name(&text, &answer, &error))
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
    return found->count == 0 ? WSANO_DATA : 0;
}

/* An IPv4 address as an IPv6 one, ::ffff:192.0.2.1. */
static void map(struct found_address *address) {
    memset(&address->in6, 0, sizeof address->in6);
    memset(address->in6.u.Byte + 10, 0xff, 2);
    memcpy(address->in6.u.Byte + 12, &address->in, sizeof address->in);
    address->family = AF_INET6;
}

/* AI_V4MAPPED: where there are no IPv6 addresses, or beside them with AI_ALL, mapped ones. */
static void keep_mapped(struct found *found, int flags) {
    size_t position, sixes = 0, kept = 0;
    for (position = 0; position < found->count; position++)
        sixes += found->addresses[position].family == AF_INET6;
    for (position = 0; position < found->count; position++) {
        struct found_address *address = &found->addresses[position];
        if (address->family == AF_INET && sixes > 0 && (flags & AI_ALL) == 0)
            continue;
        if (address->family == AF_INET)
            map(address);
        found->addresses[kept++] = *address;
    }
    found->count = kept;
}

static int look_up_family(const char *name, int family, int flags, struct found *found) {
    BOOL only_number = (flags & AI_NUMERICHOST) != 0;
    struct in_addr in;
    struct in6_addr in6;
    ULONG scope;
    int code = 0;
    found->count = 0;
    found->numeric = FALSE;
    if (name == NULL || *name == '\0') {
        add_own(found, family, name == NULL && (flags & AI_PASSIVE) != 0);
    } else if (read_in(name, only_number, &in)) {
        add(found, family, AF_INET, &in, 0);
        /* As on Windows: with a blank behind it, it was looked up as a name. */
        found->numeric = name[strlen(name) - 1] != ' ';
    } else if (read_in6(name, only_number, &in6, &scope)) {
        add(found, family, AF_INET6, &in6, scope);
        found->numeric = TRUE;
    } else if (only_number || *name == ' ') {
        code = WSAHOST_NOT_FOUND;
    } else if (is_own(name)) {
        add_own(found, family, FALSE);
    } else {
        code = ask(name, family, found);
    }
    return code == 0 && found->count == 0 ? WSAHOST_NOT_FOUND : code;
}

int look_up(const char *name, int family, int flags, struct found *found) {
    BOOL mapped = family == AF_INET6 && (flags & AI_V4MAPPED) != 0;
    int code = look_up_family(name, mapped ? AF_UNSPEC : family, flags, found);
    if (code == 0 && mapped)
        keep_mapped(found, flags);
    return code;
}
