/*
 * Numbers of sockets and events. A number that was closed is not given again
 * before its place in the table has been used 4,095 times.
 */
#include "shim.h"

/* A number is generation, index and two zero bits, as handles of Windows are. */
#define INDEX_BITS 16
#define GENERATION_BITS 12
#define MOST_HANDLES (1UL << INDEX_BITS)
#define LAST_GENERATION ((1UL << GENERATION_BITS) - 1)

enum kind { FREE, A_SOCKET, AN_EVENT };

struct entry {
    enum kind kind;
    ULONG_PTR generation;
    union {
        struct open_socket socket;
        struct open_event event;
        size_t next_free;
    } is;
};

#define NO_INDEX ((size_t)-1)

/* Entries are allocated one by one, so that they stay where they are. */
static struct entry **entries;
static size_t entry_count;
static size_t first_free = NO_INDEX;

static ULONG_PTR number_at(size_t index) {
    return (entries[index]->generation << INDEX_BITS | index) << 2;
}

static struct entry *find(ULONG_PTR number, enum kind kind) {
    size_t index = number >> 2 & (MOST_HANDLES - 1);
    if (index >= entry_count || entries[index]->kind != kind || number_at(index) != number)
        return NULL;
    return entries[index];
}

static BOOL grow(void) {
    struct entry *entry;
    if (entry_count == MOST_HANDLES)
        return FALSE;
    if ((entry_count & (entry_count - 1)) == 0) {
        size_t wanted = entry_count == 0 ? 1 : entry_count * 2;
        struct entry **grown = realloc(entries, wanted * sizeof *grown);
        if (grown == NULL)
            return FALSE;
        entries = grown;
    }
    entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return FALSE;
    entry->is.next_free = first_free;
    entries[entry_count] = entry;
    first_free = entry_count++;
    return TRUE;
}

/* The index of a free entry, or NO_INDEX. */
static size_t take(enum kind kind) {
    size_t index;
    if (first_free == NO_INDEX && !grow())
        return NO_INDEX;
    index = first_free;
    first_free = entries[index]->is.next_free;
    entries[index]->kind = kind;
    /* Never 0, so that no number is NULL. */
    entries[index]->generation = entries[index]->generation % LAST_GENERATION + 1;
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
    size_t index = s == INVALID_SOCKET ? 0 : (s >> 2 & (MOST_HANDLES - 1)) + 1;
    for (; index < entry_count; index++)
        if (entries[index]->kind == A_SOCKET)
            return (SOCKET)number_at(index);
    return INVALID_SOCKET;
}

void exchange_sockets(SOCKET one, SOCKET other) {
    struct entry *first = find(one, A_SOCKET), *second = find(other, A_SOCKET);
    struct open_socket kept = first->is.socket;
    first->is.socket = second->is.socket;
    second->is.socket = kept;
}

void forget_handle(ULONG_PTR number) {
    size_t index = number >> 2 & (MOST_HANDLES - 1);
    entries[index]->kind = FREE;
    entries[index]->is.next_free = first_free;
    first_free = index;
}

borrowed_socket borrow_socket(const struct open_socket *socket) {
    return winsock_spi_provider_borrow_socket(socket->own);
}

borrowed_event borrow_event(const struct open_event *event) {
    return winsock_spi_provider_borrow_event(event->own);
}
