/*
 * Waiting for packets of completion ports. As on Windows the thread that waits last gets the
 * next packet, and a port lets so many threads run at a time as it was made for.
 */
#include "../shim.h"

static void give_packets(struct open_port *port) {
    while (port->first != NULL && port->running < port->most_running) {
        struct thread *thread = next_waiting(NULL), *last = NULL;
        for (; thread != NULL; thread = next_waiting(thread))
            if (thread->wait.kind == FOR_PACKET && find_port(thread->wait.port) == port)
                last = thread;
        if (last == NULL)
            return;
        last->wait.packet = take_packet(port);
        last->port = port;
        wake(last);
    }
}

/* The caller takes it at once. */
static void put_back(struct open_port *port, struct packet *packet) {
    packet->next = port->first;
    if (port->first == NULL)
        port->last = packet;
    port->first = packet;
}

void port_made(HANDLE handle, DWORD concurrent) {
    struct open_port *port = find_port(handle);
    /* As many as there are processors, which is one. */
    if (port != NULL)
        port->most_running = concurrent == 0 ? 1 : concurrent;
}

void packet_put(struct open_port *port) {
    give_packets(port);
}

void port_thread_runs(struct thread *thread) {
    if (thread->port != NULL)
        thread->port->running++;
}

void port_thread_waits(struct thread *thread) {
    struct open_port *port = thread->port;
    if (port == NULL)
        return;
    port->running--;
    give_packets(port);
}

void port_closed(struct open_port *port) {
    struct thread *thread, *next;
    for (thread = all_threads; thread != NULL; thread = thread->next_of_all)
        if (thread->port == port)
            thread->port = NULL;
    for (thread = next_waiting(NULL); thread != NULL; thread = next) {
        next = next_waiting(thread);
        if (thread->wait.kind == FOR_PACKET && find_port(thread->wait.port) == port)
            wake(thread);
    }
}

/* The thread takes packets of this port from now on, and of no other one. */
static void belong_to(struct thread *thread, struct open_port *port) {
    struct open_port *before = thread->port;
    if (before == port)
        return;
    thread->port = port;
    port->running++;
    if (before != NULL) {
        before->running--;
        give_packets(before);
    }
}

DWORD wait_for_packet(HANDLE handle, DWORD milliseconds, BOOL alertable) {
    struct thread *self = current_thread;
    struct open_port *port = find_port(handle);
    struct wait wait = new_wait(FOR_PACKET, "GetQueuedCompletionStatus", NO_DEADLINE);
    if (port == NULL)
        return ERROR_INVALID_HANDLE;
    belong_to(self, port);
    (void)settle_progress();
    if (port->first == NULL && milliseconds == 0) {
        (void)let_others_run();
        if (find_port(handle) != port)
            return ERROR_ABANDONED_WAIT_0;
    }
    /* Who runs, has its place among those that may. */
    if (port->first != NULL && port->running <= port->most_running) {
        did_not_wait();
        /* Others may have had a turn. */
        port = find_port(handle);
        if (port == NULL)
            return ERROR_ABANDONED_WAIT_0;
        if (port->first != NULL)
            return WAIT_OBJECT_0;
    }
    if (milliseconds == 0)
        return WAIT_TIMEOUT;
    wait.port = handle;
    wait.deadline = deadline_after(milliseconds);
    wait.alertable = alertable;
    switch (suspend(&wait)) {
    case WOKEN:
        port = find_port(handle);
        if (port == NULL) {
            free(self->wait.packet);
            return ERROR_ABANDONED_WAIT_0;
        }
        if (self->wait.packet != NULL) {
            put_back(port, self->wait.packet);
            return WAIT_OBJECT_0;
        }
        (void)run_routines_here();
        (void)run_routines();
        return WAIT_IO_COMPLETION;
    case TIMED_OUT:
        return WAIT_TIMEOUT;
    default:
        return WSAEWOULDBLOCK;
    }
}
