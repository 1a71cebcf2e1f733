/* WSAPoll. */
#include "shim.h"

/* What may be asked. */
#define ASKED (POLLRDNORM | POLLRDBAND | POLLWRNORM)

static const struct {
    short winsock;
    winsock_spi_extensions_poll_events_t provider;
} events_of[] = {
    {POLLRDNORM, WINSOCK_SPI_EXTENSIONS_POLL_EVENTS_READ},
    {POLLRDBAND, WINSOCK_SPI_EXTENSIONS_POLL_EVENTS_URGENT},
    {POLLWRNORM, WINSOCK_SPI_EXTENSIONS_POLL_EVENTS_WRITE},
    {POLLERR, WINSOCK_SPI_EXTENSIONS_POLL_EVENTS_ERROR},
    {POLLHUP, WINSOCK_SPI_EXTENSIONS_POLL_EVENTS_HANG_UP},
};

#define EVENTS (sizeof events_of / sizeof *events_of)

static winsock_spi_extensions_poll_events_t read_events(short events) {
    winsock_spi_extensions_poll_events_t read = 0;
    size_t position;
    for (position = 0; position < EVENTS; position++)
        if (events & events_of[position].winsock)
            read |= events_of[position].provider;
    return read;
}

static short write_events(winsock_spi_extensions_poll_events_t events) {
    short written = 0;
    size_t position;
    for (position = 0; position < EVENTS; position++)
        if (events & events_of[position].provider)
            written |= events_of[position].winsock;
    return written;
}

/* Fills in what is polled, and how many; 0, or the code. */
static int polled(LPWSAPOLLFD fds, ULONG count, winsock_spi_extensions_list_polled_socket_t *list) {
    ULONG position;
    list->len = 0;
    for (position = 0; position < count; position++) {
        struct open_socket *socket = find_socket(fds[position].fd);
        fds[position].revents = 0;
        /* A negative number is a place that is left out. */
        if (fds[position].fd != INVALID_SOCKET && (fds[position].events & ~ASKED) != 0 &&
            count > 0)
            return WSAEINVAL;
        if (socket == NULL)
            continue;
        list->ptr[list->len].s = borrow_socket(socket);
        list->ptr[list->len++].asked = read_events(fds[position].events);
    }
    return 0;
}

/* Marks what is no socket; whether there is nothing else. */
static BOOL only_strangers(LPWSAPOLLFD fds, ULONG count) {
    BOOL only = TRUE;
    ULONG position;
    for (position = 0; position < count; position++) {
        if (find_socket(fds[position].fd) != NULL)
            only = FALSE;
        else
            fds[position].revents = POLLNVAL;
    }
    return only;
}

/* Hands out the answers, which are those of the sockets in their order; how many have one. */
static int answer(LPWSAPOLLFD fds, ULONG count,
                  const winsock_spi_extensions_list_poll_events_t *found) {
    size_t taken = 0;
    ULONG position;
    int ready = 0;
    for (position = 0; position < count && taken < found->len; position++) {
        if (fds[position].revents == POLLNVAL)
            continue;
        fds[position].revents = write_events(found->ptr[taken++]);
        ready += fds[position].revents != 0;
    }
    return ready;
}

#ifdef WSP_THREADS
/* Whether to look again, as `select` does. */
static BOOL poll_again(struct attempts *attempts, const WSAPOLLFD *fds, ULONG count, INT timeout,
                       int ready, int *code) {
    struct awaited_socket *sockets;
    size_t filled = 0;
    wsa_error error;
    ULONG position;
    BOOL again;
    if (ready > 0 || timeout == 0) {
        did_not_wait();
        return FALSE;
    }
    if (!attempts->begun) {
        attempts->begun = TRUE;
        attempts->deadline = timeout < 0 ? NO_DEADLINE : deadline_after((DWORD)timeout);
    }
    /* The end and the failure of a connection are told without being asked. */
    sockets = malloc(count * 3 * sizeof *sockets);
    if (sockets == NULL) {
        *code = WSAENOBUFS;
        return FALSE;
    }
    for (position = 0; position < count; position++) {
        const struct open_socket *socket = find_socket(fds[position].fd);
        struct awaited_socket wanted = {.s = fds[position].fd,
                                        .awaited = WINSOCK_SPI_THREADS_AWAITED_URGENT};
        if (socket == NULL)
            continue;
        wanted.number = socket->number;
        sockets[filled++] = wanted;
        wanted.awaited = WINSOCK_SPI_THREADS_AWAITED_READABLE;
        if (fds[position].events & POLLRDNORM)
            sockets[filled++] = wanted;
        wanted.awaited = WINSOCK_SPI_THREADS_AWAITED_WRITABLE;
        if (fds[position].events & POLLWRNORM)
            sockets[filled++] = wanted;
    }
    again = wait_for_sockets(sockets, filled, "WSAPoll", attempts->deadline, &error);
    free(sockets);
    if (!again && error != WINSOCK_SPI_TYPES_WSA_ERROR_TIMED_OUT)
        *code = number_of(error);
    return again;
}
#else
#define poll_again(attempts, fds, count, timeout, ready, code) ((void)(attempts), FALSE)
#endif

static int poll_them(LPWSAPOLLFD fds, ULONG count, INT timeout, int *ready) {
    winsock_spi_extensions_list_polled_socket_t list;
    winsock_spi_extensions_list_poll_events_t found;
    struct attempts attempts = NO_ATTEMPTS;
    uint32_t milliseconds = (uint32_t)timeout, *limit = timeout < 0 ? NULL : &milliseconds, none = 0;
    wsa_error error;
    int code;
    (void)none;
    if (count == 0)
        return WSAEINVAL;
    if (!in_memory(fds, (uint64_t)count * sizeof *fds))
        return WSAEFAULT;
    if (only_strangers(fds, count))
        return WSAENOTSOCK;
    list.ptr = malloc(count * sizeof *list.ptr);
    if (list.ptr == NULL)
        return WSAENOBUFS;
    do {
        code = polled(fds, count, &list);
        if (code != 0)
            break;
        (void)only_strangers(fds, count);
        if (!winsock_spi_extensions_wsp_poll(&list, LOOKS(limit, none), &found, &error)) {
            code = number_of(error);
            break;
        }
        *ready = answer(fds, count, &found);
        winsock_spi_extensions_list_poll_events_free(&found);
    } while (poll_again(&attempts, fds, count, timeout, *ready, &code));
    free(list.ptr);
    settle();
    return code;
}

int WSAPoll(LPWSAPOLLFD fdArray, ULONG fds, INT timeout) {
    int ready = SOCKET_ERROR;
    WSASetLastError(poll_them(fdArray, fds, timeout, &ready));
    return ready;
}
