/*
 * Numbers of sockets and events: small multiples of four, as handles of Windows
 * are, so that programs may index arrays with them. A number that was closed is
 * given again only after 64 others were closed: what still uses it finds nothing
 * meanwhile, and not somebody else's socket.
 */
#include "shim.h"

#define MOST_HANDLES (1UL << 16)
/* So many closed numbers are kept back. */
#define KEPT_BACK 64

enum kind { FREE, A_SOCKET, AN_EVENT, A_FILE, A_PORT, AN_OBJECT };

struct entry {
    enum kind kind;
    union {
        struct open_socket socket;
        struct open_event event;
        struct open_file file;
        struct open_port port;
#ifdef WSP_THREADS
        struct object *object;
#endif
        size_t next_free;
    } is;
};

#define NO_INDEX ((size_t)-1)

/* Entries are allocated one by one, so that they stay where they are. */
static struct entry **entries;
static size_t entry_count;
/* The free ones, the one that was closed first in front. */
static size_t first_free = NO_INDEX;
static size_t last_free = NO_INDEX;
static size_t free_count;

/* Never 0, so that no number is NULL. */
static ULONG_PTR number_at(size_t index) {
    return (index + 1) << 2;
}

static struct entry *find(ULONG_PTR number, enum kind kind) {
    /* Of 0 this makes an index that is none. */
    size_t index = (number >> 2) - 1;
    if (number & 3 || index >= entry_count || entries[index]->kind != kind)
        return NULL;
    return entries[index];
}

/* The index of a new entry, or NO_INDEX. */
static size_t grow(void) {
    struct entry *entry;
    if (entry_count == MOST_HANDLES)
        return NO_INDEX;
    if ((entry_count & (entry_count - 1)) == 0) {
        size_t wanted = entry_count == 0 ? 1 : entry_count * 2;
        struct entry **grown = realloc(entries, wanted * sizeof *grown);
        if (grown == NULL)
            return NO_INDEX;
        entries = grown;
    }
    entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NO_INDEX;
    entries[entry_count] = entry;
    return entry_count++;
}

/* The index of the entry that is free for longest, or NO_INDEX. */
static size_t reuse(void) {
    size_t index = first_free;
    if (index == NO_INDEX)
        return NO_INDEX;
    first_free = entries[index]->is.next_free;
    if (first_free == NO_INDEX)
        last_free = NO_INDEX;
    free_count--;
    return index;
}

/* The index of an entry for something new, or NO_INDEX. */
static size_t take(enum kind kind) {
    size_t index = free_count > KEPT_BACK ? reuse() : grow();
    if (index == NO_INDEX)
        index = reuse();
    if (index != NO_INDEX)
        entries[index]->kind = kind;
    return index;
}

SOCKET add_socket(struct open_socket socket) {
    size_t index = take(A_SOCKET);
    if (index == NO_INDEX)
        return INVALID_SOCKET;
    socket.number = winsock_spi_tickets_socket_number(borrow_socket(&socket));
    entries[index]->is.socket = socket;
    return (SOCKET)number_at(index);
}

HANDLE add_event(struct open_event event) {
    size_t index = take(AN_EVENT);
    if (index == NO_INDEX)
        return NULL;
    entries[index]->is.event = event;
    return (HANDLE)number_at(index);
}

HANDLE add_file(struct open_file file) {
    size_t index = take(A_FILE);
    if (index == NO_INDEX)
        return NULL;
    entries[index]->is.file = file;
    return (HANDLE)number_at(index);
}

HANDLE add_port(void) {
    size_t index = take(A_PORT);
    if (index == NO_INDEX)
        return NULL;
    entries[index]->is.port = (struct open_port){.first = NULL};
    return (HANDLE)number_at(index);
}

#ifdef WSP_THREADS
HANDLE add_object(struct object *object) {
    size_t index = take(AN_OBJECT);
    if (index == NO_INDEX)
        return NULL;
    entries[index]->is.object = object;
    return (HANDLE)number_at(index);
}

struct object *find_any_object(HANDLE handle) {
    struct entry *entry = find((ULONG_PTR)handle, AN_OBJECT);
    return entry == NULL ? NULL : entry->is.object;
}

struct object *find_object(HANDLE handle, enum object_kind kind) {
    struct object *object = find_any_object(handle);
    return object != NULL && object->kind == kind ? object : NULL;
}
#endif

struct open_port *find_port(HANDLE port) {
    struct entry *entry = find((ULONG_PTR)port, A_PORT);
    return entry == NULL ? NULL : &entry->is.port;
}

struct open_file *find_file(HANDLE file) {
    struct entry *entry = find((ULONG_PTR)file, A_FILE);
    return entry == NULL ? NULL : &entry->is.file;
}

struct open_socket *find_socket(SOCKET s) {
    struct entry *entry = find(s, A_SOCKET);
    return entry == NULL ? NULL : &entry->is.socket;
}

struct open_event *find_event(HANDLE event) {
    /* The two lowest bits of an event's handle do not count: programs set them. */
    struct entry *entry = find((ULONG_PTR)event & ~(ULONG_PTR)3, AN_EVENT);
    return entry == NULL ? NULL : &entry->is.event;
}

SOCKET next_socket(SOCKET s) {
    size_t index = s == INVALID_SOCKET ? 0 : s >> 2;
    for (; index < entry_count; index++)
        if (entries[index]->kind == A_SOCKET)
            return (SOCKET)number_at(index);
    return INVALID_SOCKET;
}

void exchange_sockets(SOCKET one, SOCKET other) {
    struct entry *first = find(one, A_SOCKET), *second = find(other, A_SOCKET);
    struct open_socket kept = first->is.socket;
    struct completions of_second = second->is.socket.completions;
    first->is.socket = second->is.socket;
    second->is.socket = kept;
    first->is.socket.completions = kept.completions;
    second->is.socket.completions = of_second;
}

void forget_handle(ULONG_PTR number) {
    size_t index = (number >> 2) - 1;
    entries[index]->kind = FREE;
    entries[index]->is.next_free = NO_INDEX;
    if (last_free == NO_INDEX)
        first_free = index;
    else
        entries[last_free]->is.next_free = index;
    last_free = index;
    free_count++;
}

borrowed_socket borrow_socket(const struct open_socket *socket) {
    return winsock_spi_provider_borrow_socket(socket->own);
}

borrowed_event borrow_event(const struct open_event *event) {
    return winsock_spi_provider_borrow_event(event->own);
}
