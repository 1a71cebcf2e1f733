/* gethostbyname and gethostbyaddr. */
#include "shim.h"

/* What both return, until one is called again. */
static struct in_addr addresses[MOST_FOUND];
static char *list[MOST_FOUND + 1], *aliases[1], text[NI_MAXHOST];
static struct hostent host;

/* The structure, or NULL with the code as the last error. */
static struct hostent *answer(int code, const char *name, size_t count) {
    size_t position;
    if (code == 0 && strlen(name) >= sizeof text)
        code = WSAHOST_NOT_FOUND;
    keep_code(code);
    if (code != 0)
        return NULL;
    strcpy(text, name);
    for (position = 0; position < count; position++)
        list[position] = (char *)&addresses[position];
    list[count] = NULL;
    host.h_name = text;
    host.h_aliases = aliases;
    host.h_addrtype = AF_INET;
    host.h_length = sizeof *addresses;
    host.h_addr_list = list;
    return &host;
}

struct hostent *gethostbyname(const char *name) {
    struct found found = {.count = 0};
    size_t position;
    int code;
    if (!started())
        code = WSANOTINITIALISED;
    else if (name != NULL && !text_in_memory(name))
        code = WSAEFAULT;
    else
        code = look_up(name, AF_INET, 0, &found);
    for (position = 0; code == 0 && position < found.count; position++)
        addresses[position] = found.addresses[position].in;
    return answer(code, name == NULL || *name == '\0' ? own_name() : name, found.count);
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
        addresses[0] = in;
        if (ntohl(in.s_addr) >> 24 != 127)
            code = WSAHOST_NOT_FOUND;
    }
    return answer(code, own_name(), 1);
}
