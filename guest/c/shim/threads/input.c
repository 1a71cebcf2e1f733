/*
 * Standard input: while a thread waits for a line, the others go on. WASI tells only whether
 * there is something now, so that it is asked from time to time.
 */
#include "../shim.h"

#include <wasi/api.h>

/* How long nobody asks, in milliseconds. */
#define PAUSE 10

__wasi_errno_t __real___wasi_fd_read(__wasi_fd_t fd, const __wasi_iovec_t *iovs, size_t count,
                                     __wasi_size_t *size);

/* Whether a read would not wait, as far as that can be told. */
static BOOL is_ready(__wasi_fd_t fd) {
    __wasi_subscription_t wanted[2] = {
        {.userdata = 1,
         .u = {.tag = __WASI_EVENTTYPE_FD_READ, .u.fd_read.file_descriptor = fd}},
        {.userdata = 2, .u = {.tag = __WASI_EVENTTYPE_CLOCK, .u.clock.id = __WASI_CLOCKID_MONOTONIC}},
    };
    __wasi_event_t found[2];
    __wasi_size_t count = 0, position;
    if (__wasi_poll_oneoff(wanted, found, 2, &count) != 0)
        return TRUE;
    for (position = 0; position < count; position++)
        if (found[position].userdata == 1)
            return TRUE;
    return FALSE;
}

__wasi_errno_t __wrap___wasi_fd_read(__wasi_fd_t fd, const __wasi_iovec_t *iovs, size_t count,
                                     __wasi_size_t *size) {
    while (fd == 0 && all_threads->next_of_all != NULL && !is_ready(fd)) {
        struct wait wait = new_wait(FOR_TIME, "a read of standard input", deadline_after(PAUSE));
        if (suspend(&wait) == CANNOT_WAIT)
            break;
    }
    return __real___wasi_fd_read(fd, iovs, count, size);
}
