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

int WSPSelect(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
              const struct timeval *timeout, LPINT lpErrno) {
    struct watched sets[3] = {{.set = readfds}, {.set = writefds}, {.set = exceptfds}};
    winsock_spi_provider_selected_sockets_t selected;
    uint32_t milliseconds, *limit = NULL;
    wsa_error error;
    int code = 0, set, ready = 0;
    (void)nfds;
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
    for (set = 0; set < 3 && code == 0; set++)
        code = watch(&sets[set]);
    if (code == 0) {
        BOOL ok = winsock_spi_provider_wsp_select(&sets[0].list, &sets[1].list, &sets[2].list,
                                                  limit, &selected, &error);
        settle();
        if (ok) {
            ready = keep(readfds, &selected.read) + keep(writefds, &selected.write) +
                    keep(exceptfds, &selected.except);
            winsock_spi_provider_selected_sockets_free(&selected);
        } else {
            code = number_of(error);
        }
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
