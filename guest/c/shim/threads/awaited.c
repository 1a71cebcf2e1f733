/* Which threads wait for a socket, so that its change is of concern to those alone. */
#include "../shim.h"

#define PLACES 1024

static struct awaited_socket *places[PLACES];

static struct awaited_socket **place_of(uint64_t number) {
    return &places[(number ^ number >> 32) % PLACES];
}

void await_sockets(struct thread *thread) {
    const struct wait *wait = &thread->wait;
    size_t position;
    for (position = 0; position < wait->socket_count; position++) {
        struct awaited_socket *awaited = &wait->sockets[position];
        struct awaited_socket **place = place_of(awaited->number);
        awaited->thread = thread;
        awaited->next = *place;
        awaited->place = place;
        if (awaited->next != NULL)
            awaited->next->place = &awaited->next;
        *place = awaited;
    }
}

void await_no_sockets(struct thread *thread) {
    const struct wait *wait = &thread->wait;
    size_t position;
    for (position = 0; position < wait->socket_count; position++) {
        struct awaited_socket *awaited = &wait->sockets[position];
        *awaited->place = awaited->next;
        if (awaited->next != NULL)
            awaited->next->place = awaited->place;
    }
}

/* The first that wants the socket, and need not wait any more. */
static struct thread *first_of(uint64_t number, BOOL all) {
    const struct awaited_socket *awaited = *place_of(number);
    for (; awaited != NULL; awaited = awaited->next)
        if (awaited->number == number &&
            (all || !winsock_spi_threads_is_watched(number, awaited->awaited)))
            return awaited->thread;
    return NULL;
}

void wake_socket(uint64_t number, BOOL all) {
    struct thread *thread;
    /* A thread may wait for a socket in several ways: with the first it is gone from all. */
    while ((thread = first_of(number, all)) != NULL)
        wake(thread);
}
