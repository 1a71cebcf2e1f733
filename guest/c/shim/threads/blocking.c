/*
 * Calls that block. Every socket is nonblocking underneath, and a call that would block on
 * one that the program left blocking waits for its turn, and is tried again.
 */
#include "../shim.h"

void keep_nonblocking(own_socket own) {
    wsa_error error;
    (void)winsock_spi_provider_ioctl_fionbio(winsock_spi_provider_borrow_socket(own), true, &error);
}

/* Until when a blocking call waits on a socket. */
static uint64_t deadline_of(const struct open_socket *socket,
                            winsock_spi_threads_awaited_t awaited, const char *call) {
    winsock_spi_provider_socket_option_t option;
    uint32_t milliseconds;
    wsa_error error;
    if (awaited == WINSOCK_SPI_THREADS_AWAITED_WRITABLE)
        return winsock_spi_tickets_send_timeout(socket->number, &milliseconds)
                   ? deadline_after(milliseconds)
                   : NO_DEADLINE;
    /* What is set for receives is nothing to an accept. */
    if (strcmp(call, "recv") == 0 &&
        winsock_spi_provider_wsp_get_sock_opt(borrow_socket(socket),
                                              WINSOCK_SPI_PROVIDER_SOCKET_OPTION_NAME_SO_RCVTIMEO,
                                              &option, &error) &&
        option.val.so_rcvtimeo != 0)
        return deadline_after(option.val.so_rcvtimeo);
    return NO_DEADLINE;
}

BOOL wait_for_sockets(struct awaited_socket *sockets, size_t count, const char *call,
                      uint64_t deadline, wsa_error *error) {
    struct wait wait = new_wait(FOR_SOCKETS, call, deadline);
    size_t position;
    wait.sockets = sockets;
    wait.socket_count = count;
    for (position = 0; position < count; position++) {
        bool still;
        /* What has been closed meanwhile, the caller finds out. */
        if (!winsock_spi_threads_watch(sockets[position].number, sockets[position].awaited, &still,
                                       error))
            return *error != WINSOCK_SPI_TYPES_WSA_ERROR_NO_BUFS;
        if (!still) {
            (void)let_others_run();
            return TRUE;
        }
    }
    switch (suspend(&wait)) {
    case WOKEN:
        return TRUE;
    case TIMED_OUT:
        *error = WINSOCK_SPI_TYPES_WSA_ERROR_TIMED_OUT;
        return FALSE;
    default:
        *error = WINSOCK_SPI_TYPES_WSA_ERROR_WOULD_BLOCK;
        return FALSE;
    }
}

/* Whether the number still is that of the socket that it was. */
static BOOL is_open(SOCKET s, uint64_t number) {
    const struct open_socket *socket = find_socket(s);
    return socket != NULL && socket->number == number;
}

BOOL try_again(struct attempts *attempts, SOCKET s, const struct open_socket *socket,
               winsock_spi_threads_awaited_t awaited, const char *call, wsa_error *error) {
    struct awaited_socket wanted = {.s = s, .awaited = awaited};
    if (*error != WINSOCK_SPI_TYPES_WSA_ERROR_WOULD_BLOCK)
        return FALSE;
    if (socket->nonblocking) {
        /* Programs ask again and again. */
        did_not_wait();
        return FALSE;
    }
    if (!attempts->begun) {
        attempts->begun = TRUE;
        attempts->number = socket->number;
        attempts->deadline = deadline_of(socket, awaited, call);
    }
    wanted.number = attempts->number;
    if (!wait_for_sockets(&wanted, 1, call, attempts->deadline, error))
        return FALSE;
    if (is_open(s, attempts->number))
        return TRUE;
    *error = WINSOCK_SPI_TYPES_WSA_ERROR_INTR;
    return FALSE;
}

BOOL connection_made(SOCKET s, struct open_socket *socket, wsa_error *error) {
    struct attempts attempts = NO_ATTEMPTS;
    if (*error != WINSOCK_SPI_TYPES_WSA_ERROR_WOULD_BLOCK || socket->nonblocking)
        return FALSE;
    attempts.begun = TRUE;
    attempts.number = socket->number;
    for (;;) {
        bool connected;
        *error = WINSOCK_SPI_TYPES_WSA_ERROR_WOULD_BLOCK;
        if (!try_again(&attempts, s, socket, WINSOCK_SPI_THREADS_AWAITED_WRITABLE, "connect",
                       error))
            return FALSE;
        if (!winsock_spi_threads_is_connected(attempts.number, &connected, error))
            return FALSE;
        if (connected)
            return TRUE;
    }
}

BOOL lingers(struct attempts *attempts, SOCKET s, struct open_socket *socket, wsa_error *error) {
    winsock_spi_provider_socket_option_t linger = {
        .tag = WINSOCK_SPI_PROVIDER_SOCKET_OPTION_SO_LINGER,
        .val.so_linger = {.is_some = true, .val = 0},
    };
    struct awaited_socket wanted = {
        .s = s, .number = socket->number, .awaited = WINSOCK_SPI_THREADS_AWAITED_DRAINED};
    wsa_error ignored;
    if (*error != WINSOCK_SPI_TYPES_WSA_ERROR_WOULD_BLOCK || socket->nonblocking)
        return FALSE;
    if (!attempts->begun) {
        winsock_spi_provider_socket_option_t set;
        attempts->begun = TRUE;
        attempts->number = socket->number;
        if (!winsock_spi_provider_wsp_get_sock_opt(
                borrow_socket(socket), WINSOCK_SPI_PROVIDER_SOCKET_OPTION_NAME_SO_LINGER, &set,
                error))
            return FALSE;
        attempts->deadline = deadline_after(set.val.so_linger.val * 1000UL);
    }
    if (wait_for_sockets(&wanted, 1, "closesocket", attempts->deadline, error) ||
        *error != WINSOCK_SPI_TYPES_WSA_ERROR_TIMED_OUT) {
        if (is_open(s, attempts->number))
            return TRUE;
        *error = WINSOCK_SPI_TYPES_WSA_ERROR_NOT_SOCK;
        return FALSE;
    }
    /* What the peer has not taken by now is given up. */
    return winsock_spi_provider_wsp_set_sock_opt(borrow_socket(socket), &linger, &ignored);
}

BOOL wait_for_operation(const struct operation *operation, LPWSAOVERLAPPED overlapped,
                        wsa_error *error) {
    struct open_socket *socket = operation->socket;
    uint64_t number = socket->number;
    if (operation->routine != NULL) {
        *error = WINSOCK_SPI_TYPES_WSA_ERROR_INVAL;
        return FALSE;
    }
    if (find_event(overlapped->hEvent) == NULL) {
        *error = WINSOCK_SPI_TYPES_WSA_ERROR_INVALID_HANDLE;
        return FALSE;
    }
    /* The operation is gone once it has ended. */
    while (overlapped->Internal == STATUS_PENDING) {
        struct wait wait = new_wait(FOR_ENDED, "WSAGetOverlappedResult", NO_DEADLINE);
        if (suspend(&wait) == CANNOT_WAIT) {
            *error = WINSOCK_SPI_TYPES_WSA_ERROR_IO_INCOMPLETE;
            return FALSE;
        }
        if (socket->number == number)
            settle_socket(socket);
    }
    return TRUE;
}

BOOL may_send(SOCKET s, const struct open_socket *socket) {
    uint64_t number = socket->number;
    while (is_open(s, number) && socket->sender != NULL && socket->sender != current_thread) {
        struct wait wait = new_wait(FOR_ADDRESS, "send, behind another thread's", NO_DEADLINE);
        wait.address = &socket->sender;
        wait.holder = socket->sender;
        (void)suspend(&wait);
    }
    return is_open(s, number);
}

void socket_dropped(struct open_socket *socket) {
    wake_address(&socket->sender, TRUE);
    /* Their calls find out. */
    wake_socket(socket->number, TRUE);
}

void done_sending(struct open_socket *socket) {
    if (socket->sender != current_thread)
        return;
    socket->sender = NULL;
    wake_address(&socket->sender, FALSE);
}

void forget_sender(const struct thread *thread) {
    SOCKET s;
    for (s = next_socket(INVALID_SOCKET); s != INVALID_SOCKET; s = next_socket(s)) {
        struct open_socket *socket = find_socket(s);
        if (socket->sender != thread)
            continue;
        socket->sender = NULL;
        wake_address(&socket->sender, FALSE);
    }
}

BOOL wants_all(const struct open_socket *socket, DWORD flags, LPWSAOVERLAPPED overlapped) {
    return (flags & MSG_WAITALL) != 0 && overlapped == NULL && socket->type == SOCK_STREAM &&
           !socket->nonblocking;
}
