/* What stands in for threads in programs that have one: calls of the provider wait themselves. */
#ifndef WSP_ONE_THREAD_H
#define WSP_ONE_THREAD_H

/* The program's only thread. */
#define THREAD_ID 1

struct attempts {
    int none;
};

#define NO_ATTEMPTS {0}

#define try_again(attempts, s, socket, awaited, call, error) ((void)(attempts), FALSE)
#define connection_made(s, socket, error) FALSE
#define lingers(attempts, s, socket, error) ((void)(attempts), FALSE)
#define keep_nonblocking(own) ((void)0)
#define did_not_wait() ((void)0)
#define objects_signalled() ((void)0)
#define may_send(s, socket) TRUE
#define done_sending(socket) ((void)0)
#define socket_dropped(socket) ((void)0)
#define MAY_WAIT(wait) (wait)
#define LOOKS(limit, none) (limit)
#define wants_all(socket, flags, overlapped) FALSE
#define packet_put(port) ((void)0)
#define port_closed(port) ((void)0)
#define port_made(port, concurrent) ((void)0)
#define close_object(handle) FALSE
#define resolve_name winsock_spi_resolver_resolve_name
/* The thread of a handle, or 0 if it is none. */
#define thread_of(handle) ((handle) == GetCurrentThread() ? THREAD_ID : 0)

#endif
