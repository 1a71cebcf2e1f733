/* gethostbyname and gethostbyaddr. */
#include "shim.h"

/*
 * What both return, until one is called again. The lists follow the structure, and
 * the addresses the lists, as on Windows.
 */
struct answered {
    struct hostent host;
    char *aliases[1];
    char *list[MOST_FOUND + 1];
    struct in_addr addresses[MOST_FOUND];
    char text[NI_MAXHOST];
};

#ifdef WSP_THREADS
#define told (*(struct answered *)current_thread->host)
#else
static struct answered told;
#endif

static BOOL has_room(void) {
#ifdef WSP_THREADS
    if (current_thread->host == NULL)
        current_thread->host = calloc(1, sizeof(struct answered));
    return current_thread->host != NULL;
#else
    return TRUE;
#endif
}

/* The structure, or NULL with the code as the last error. */
static struct hostent *answer(int code, const char *name, const struct in_addr *addresses,
                              size_t count) {
    struct in_addr *copies;
    size_t position;
    if (!has_room()) {
        keep_code(WSANO_RECOVERY);
        return NULL;
    }
    if (code == 0 && strlen(name) >= sizeof told.text)
        code = WSAHOST_NOT_FOUND;
    keep_code(code);
    if (code != 0)
        return NULL;
    /* Behind the entries of the list that are used. */
    copies = (struct in_addr *)(void *)&told.list[count + 1];
    strcpy(told.text, name);
    for (position = 0; position < count; position++) {
        copies[position] = addresses[position];
        told.list[position] = (char *)&copies[position];
    }
    told.list[count] = NULL;
    told.host.h_name = told.text;
    told.host.h_aliases = told.aliases;
    told.host.h_addrtype = AF_INET;
    told.host.h_length = sizeof *addresses;
    told.host.h_addr_list = told.list;
    return &told.host;
}

struct hostent *gethostbyname(const char *name) {
    struct found found = {.count = 0};
    struct in_addr addresses[MOST_FOUND];
    struct in6_addr six;
    const char *end;
    size_t position;
    int code;
    if (!started())
        code = WSANOTINITIALISED;
    else if (name != NULL && !text_in_memory(name))
        code = WSAEFAULT;
    else
        code = look_up(name, AF_INET, 0, &found);
    /* An address of IPv6 is a name that there is, without an address of IPv4. */
    end = code == WSAHOST_NOT_FOUND ? read_ipv6(name, &six) : NULL;
    if (end != NULL && *end == '\0')
        code = WSANO_DATA;
    for (position = 0; code == 0 && position < found.count; position++)
        addresses[position] = found.addresses[position].in;
    return answer(code, code != 0 || name == NULL || *name == '\0' ? own_name() : name,
                  addresses, found.count);
}

/* Of an address on this computer the name is known; the host looks up no others. */
struct hostent *gethostbyaddr(const char *addr, int len, int type) {
    struct in_addr in;
    int code = 0;
    if (!started())
        code = WSANOTINITIALISED;
    else if (len < (int)sizeof in || !in_memory(addr, (uint64_t)len))
        code = WSAEFAULT;
    else if (type != AF_INET && type != AF_INET6)
        code = WSAEAFNOSUPPORT;
    else if (type == AF_INET6)
        code = WSANO_DATA;
    if (code == 0) {
        memcpy(&in, addr, sizeof in);
        if (ntohl(in.s_addr) >> 24 != 127)
            code = WSAHOST_NOT_FOUND;
    }
    return answer(code, own_name(), &in, 1);
}
