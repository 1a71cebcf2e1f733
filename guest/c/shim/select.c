/* WSPSelect. */
#include "shim.h"

/* One of the three sets, as the provider takes it. */
struct watched {
    fd_set *set;
    winsock_spi_provider_list_borrow_socket_t list;
};

/* 0, or the code for a set that cannot be watched. */
static int watch(struct watched *watched) {
    const fd_set *set = watched->set;
    u_int position;
    watched->list.ptr = NULL;
    watched->list.len = 0;
    if (set == NULL)
        return 0;
    if (!in_memory(set, sizeof set->fd_count) ||
        !in_memory(set, sizeof set->fd_count + (uint64_t)set->fd_count * sizeof(SOCKET)))
        return WSAEFAULT;
    if (set->fd_count == 0)
        return 0;
    watched->list.ptr = malloc(set->fd_count * sizeof *watched->list.ptr);
    if (watched->list.ptr == NULL)
        return WSAENOBUFS;
    for (position = 0; position < set->fd_count; position++) {
        struct open_socket *socket = find_socket(set->fd_array[position]);
        if (socket == NULL)
            return WSAENOTSOCK;
        watched->list.ptr[position] = borrow_socket(socket);
    }
    watched->list.len = set->fd_count;
    return 0;
}

/* Leaves the sockets at these positions in the set; how many that are. */
static int keep(fd_set *set, const spi_program_list_u32_t *positions) {
    size_t position;
    if (set == NULL)
        return 0;
    /* The positions rise, so that nothing is overwritten before it is read. */
    for (position = 0; position < positions->len; position++)
        set->fd_array[position] = set->fd_array[positions->ptr[position]];
    set->fd_count = (u_int)positions->len;
    return (int)positions->len;
}

#ifdef WSP_THREADS
/*
 * Whether to look again: nothing was ready, and then one of the sockets has become so in
 * time. `attempts` keeps until when.
 */
static BOOL select_again(struct attempts *attempts, struct watched *sets,
                         const winsock_spi_provider_selected_sockets_t *selected,
                         const uint32_t *limit, int *code) {
    static const winsock_spi_threads_awaited_t awaited[] = {
        WINSOCK_SPI_THREADS_AWAITED_READABLE,
        WINSOCK_SPI_THREADS_AWAITED_WRITABLE,
        WINSOCK_SPI_THREADS_AWAITED_URGENT,
    };
    size_t count = sets[0].list.len + sets[1].list.len + sets[2].list.len, filled = 0;
    struct awaited_socket *sockets;
    wsa_error error;
    u_int position;
    BOOL again;
    int set;
    if (selected->read.len + selected->write.len + selected->except.len > 0 ||
        (limit != NULL && *limit == 0)) {
        did_not_wait();
        return FALSE;
    }
    if (!attempts->begun) {
        attempts->begun = TRUE;
        attempts->deadline = limit == NULL ? NO_DEADLINE : deadline_after(*limit);
    }
    sockets = malloc(count * sizeof *sockets);
    if (sockets == NULL) {
        *code = WSAENOBUFS;
        return FALSE;
    }
    for (set = 0; set < 3; set++)
        for (position = 0; position < sets[set].list.len; position++) {
            SOCKET s = sets[set].set->fd_array[position];
            sockets[filled].s = s;
            sockets[filled].number = find_socket(s)->number;
            sockets[filled++].awaited = awaited[set];
        }
    again = wait_for_sockets(sockets, count, "select", attempts->deadline, &error);
    free(sockets);
    if (!again && error != WINSOCK_SPI_TYPES_WSA_ERROR_TIMED_OUT)
        *code = number_of(error);
    return again;
}
#else
#define select_again(attempts, sets, selected, limit, code) ((void)(attempts), FALSE)
#endif

int WSPSelect(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
              const struct timeval *timeout, LPINT lpErrno) {
    struct watched sets[3] = {{.set = readfds}, {.set = writefds}, {.set = exceptfds}};
    winsock_spi_provider_selected_sockets_t selected;
    struct attempts attempts = NO_ATTEMPTS;
    uint32_t milliseconds, *limit = NULL, none = 0;
    wsa_error error;
    int code = 0, set, ready = 0;
    (void)nfds;
    (void)none;
    if (!null_or_in_memory(timeout, sizeof *timeout))
        return fail(lpErrno, WSAEFAULT);
    if (timeout != NULL) {
        uint64_t whole;
        if (timeout->tv_sec < 0 || timeout->tv_usec < 0)
            return fail(lpErrno, WSAEINVAL);
        /* Rounded up, so that no wait is shorter than it was asked to be. */
        whole = (uint64_t)timeout->tv_sec * 1000 + ((uint64_t)timeout->tv_usec + 999) / 1000;
        milliseconds = (uint32_t)min(whole, 0xFFFFFFFFULL);
        limit = &milliseconds;
    }
    for (set = 0; set < 3; set++)
        sets[set].list.ptr = NULL;
    for (;;) {
        BOOL ok;
        for (set = 0; set < 3 && code == 0; set++)
            code = watch(&sets[set]);
        if (code != 0)
            break;
        ok = winsock_spi_provider_wsp_select(&sets[0].list, &sets[1].list, &sets[2].list,
                                             LOOKS(limit, none), &selected, &error);
        settle();
        if (!ok) {
            code = number_of(error);
            break;
        }
        if (select_again(&attempts, sets, &selected, limit, &code)) {
            winsock_spi_provider_selected_sockets_free(&selected);
            for (set = 0; set < 3; set++) {
                free(sets[set].list.ptr);
                sets[set].list.ptr = NULL;
            }
            continue;
        }
        if (code == 0)
            ready = keep(readfds, &selected.read) + keep(writefds, &selected.write) +
                    keep(exceptfds, &selected.except);
        winsock_spi_provider_selected_sockets_free(&selected);
        break;
    }
    for (set = 0; set < 3; set++)
        free(sets[set].list.ptr);
    return code == 0 ? ready : fail(lpErrno, code);
}

int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
           const struct timeval *timeout) {
    int code = 0;
    return keep_error(WSPSelect(nfds, readfds, writefds, exceptfds, timeout, &code), code);
}

int __WSAFDIsSet(SOCKET s, fd_set *set) {
    u_int position;
    for (position = 0; position < set->fd_count; position++)
        if (set->fd_array[position] == s)
            return 1;
    return 0;
}
