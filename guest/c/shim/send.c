/* WSPSend and WSPSendTo, and the calls of Winsock that stand on them. */
#include "shim.h"

/* Arrays of up to this many parts need no allocation. */
#define FEW 16

/* The longest buffer that goes by itself, in bytes: what a call may carry is
 * limited, and what a longer one costs is not the call. */
#define SHORT (16 << 10)

/* A caller's buffers, as the host reads them within the call. */
struct gather {
    spi_program_list_list_u8_t list;
    uint64_t total;
    spi_program_list_u8_t few[FEW];
};

/* FALSE if there is no memory. */
static BOOL begin_gather(struct gather *gather, const WSABUF *buffers, DWORD count) {
    spi_program_list_u8_t *parts = gather->few;
    DWORD position;
    if (count > FEW)
        parts = malloc(count * sizeof *parts);
    if (parts == NULL)
        return FALSE;
    gather->total = 0;
    for (position = 0; position < count; position++) {
        parts[position].len = buffers[position].len;
        parts[position].ptr = buffers[position].len > 0 ? (uint8_t *)buffers[position].buf : NULL;
        gather->total += buffers[position].len;
    }
    gather->list.ptr = parts;
    gather->list.len = count;
    return TRUE;
}

static void end_gather(struct gather *gather) {
    if (gather->list.ptr != gather->few)
        free(gather->list.ptr);
}

/* Sends what a ticket of the socket allows, and waits for the rest if that is what it says. */
static void send_gather(uint64_t s, winsock_spi_gather_ticket_t *ticket, struct gather *gather,
                        socket_address *to, winsock_spi_gather_send_outcome_t *outcome) {
    uint32_t timeout;
    if ((ticket->flags & WINSOCK_SPI_GATHER_TICKET_FLAGS_ADDRESSED) == 0)
        to = NULL;
    if (send_words(s, ticket, &gather->list, gather->total, to, outcome))
        return;
    if (to == NULL && gather->list.len == 1 && gather->total <= SHORT)
        winsock_spi_gather_send_one(ticket, gather->list.ptr, outcome);
    else if (to == NULL)
        winsock_spi_gather_send(ticket, &gather->list, outcome);
    else
        winsock_spi_gather_send_to(ticket, &gather->list, to, outcome);
    if (outcome->tag == WINSOCK_SPI_GATHER_SEND_OUTCOME_BLOCKED)
        winsock_spi_gather_send_rest(ticket, &gather->list, to, outcome->val.blocked,
                                     winsock_spi_tickets_send_timeout(s, &timeout) ? &timeout
                                                                                   : NULL,
                                     outcome);
}

#ifdef WSP_THREADS
/* Leaves out what is sent of the buffers. */
static void skip_sent(struct gather *gather, uint64_t sent) {
    spi_program_list_u8_t *parts = gather->list.ptr;
    size_t position = 0, kept = 0;
    gather->total -= sent;
    for (; position < gather->list.len; position++) {
        size_t skipped = min(sent, parts[position].len);
        sent -= skipped;
        if (skipped == parts[position].len && skipped > 0)
            continue;
        parts[kept].ptr = parts[position].ptr + skipped;
        parts[kept++].len = parts[position].len - skipped;
    }
    gather->list.len = kept;
}

/*
 * After a send on a blocking socket: whether there is more to send, for which there is room
 * then. In the end `bytes` is what all of it has sent.
 */
static BOOL sends_on(struct attempts *attempts, SOCKET s, struct open_socket *socket,
                     struct gather *gather, BOOL sent, uint32_t *bytes, wsa_error *error) {
    if (socket->nonblocking)
        return FALSE;
    if (!sent)
        return try_again(attempts, s, socket, WINSOCK_SPI_THREADS_AWAITED_WRITABLE, "send", error);
    attempts->done += *bytes;
    if (*bytes < gather->total) {
        skip_sent(gather, *bytes);
        socket->sender = current_thread;
        return TRUE;
    }
    *bytes = (uint32_t)attempts->done;
    return FALSE;
}
#else
#define sends_on(attempts, s, socket, gather, sent, bytes, error) ((void)(attempts), FALSE)
#endif

/* What WSPSend and WSPSendTo are given besides the destination. */
struct sending {
    SOCKET s;
    LPWSABUF buffers;
    DWORD count;
    LPDWORD sent;
    DWORD flags;
    LPWSAOVERLAPPED overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    LPWSATHREADID thread;
    LPINT error_out;
};

/* `to_length` is looked at where `addressed` says that there is a destination. */
static int send_it(const struct sending *sending, BOOL addressed, const struct sockaddr *to,
                   int to_length) {
    struct open_socket *socket = find_socket(sending->s);
    struct overlapped_request request;
    struct operation *operation = NULL;
    winsock_spi_provider_completion_routine_t routine, *maybe_routine;
    uint64_t overlapped = 0, *maybe_overlapped;
    struct gather gather;
    struct attempts attempts = NO_ATTEMPTS;
    winsock_spi_gather_ticket_t ticket;
    winsock_spi_gather_send_outcome_t outcome;
    socket_address address;
    message_flags flags;
    wsa_error error;
    uint32_t bytes;
    int code;
    BOOL sent;

    if (socket == NULL)
        return fail(sending->error_out, WSAENOTSOCK);
    if ((sending->sent == NULL && sending->overlapped == NULL) ||
        !null_or_in_memory(sending->sent, sizeof *sending->sent))
        return fail(sending->error_out, WSAEFAULT);
    code = overlapped_request(socket, sending->overlapped, sending->routine, sending->thread,
                              &request);
    if (code != 0)
        return fail(sending->error_out, code);
    if (sending->count == 0)
        return fail(sending->error_out, WSAEINVAL);
    if (!valid_buffers(sending->buffers, sending->count))
        return fail(sending->error_out, WSAEFAULT);
    /* A stream has no use for a destination, and does not look at it. */
    addressed = addressed && to != NULL && socket->type == SOCK_DGRAM;
    if (addressed) {
        code = read_address(to, to_length, &address);
        if (code != 0)
            return fail(sending->error_out, code);
    }
    if (!read_flags(sending->flags, &flags))
        return fail(sending->error_out, WSAEOPNOTSUPP);

    if (!may_send(sending->s, socket))
        return fail(sending->error_out, WSAEINTR);
    if (!begin_gather(&gather, sending->buffers, sending->count))
        return fail(sending->error_out, WSAENOBUFS);
    if (request.overlapped != NULL) {
        operation = new_operation(&request);
        if (operation == NULL) {
            end_gather(&gather);
            return fail(sending->error_out, WSAENOBUFS);
        }
        overlapped = winsock_spi_tickets_overlapped_number(
            winsock_spi_provider_borrow_overlapped(operation->own));
        routine = routine_of(operation);
    }
    maybe_overlapped = operation == NULL ? NULL : &overlapped;
    maybe_routine = operation == NULL || operation->routine == NULL ? NULL : &routine;
    do {
        if (addressed)
            sent = winsock_spi_tickets_begin_send_to(
                socket->number, (uint32_t)gather.list.len, gather.total, flags, &address,
                maybe_overlapped, maybe_routine, &ticket, &error);
        else
            sent = winsock_spi_tickets_begin_send(socket->number, (uint32_t)gather.list.len,
                                                  gather.total, flags, maybe_overlapped,
                                                  maybe_routine, &ticket, &error);
        if (sent) {
            send_gather(socket->number, &ticket, &gather, addressed ? &address : NULL, &outcome);
            if (outcome.tag == WINSOCK_SPI_GATHER_SEND_OUTCOME_DONE &&
                (ticket.flags & WINSOCK_SPI_GATHER_TICKET_FLAGS_SILENT) != 0)
                bytes = (uint32_t)outcome.val.done;
            else if (outcome.tag == WINSOCK_SPI_GATHER_SEND_OUTCOME_PENDING &&
                     (ticket.flags & WINSOCK_SPI_GATHER_TICKET_FLAGS_ACCEPTED) != 0) {
                error = WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING;
                sent = false;
            } else
                sent = winsock_spi_tickets_end_send(socket->number, ticket.operation, &outcome,
                                                    &bytes, &error);
        }
    } while (operation == NULL &&
             sends_on(&attempts, sending->s, socket, &gather, sent, &bytes, &error));
    done_sending(socket);
    end_gather(&gather);
    if (sent) {
        if (sending->sent != NULL)
            *sending->sent = bytes;
        if (operation != NULL)
            completed_at_once(operation, bytes, 0, 0);
    } else if (operation != NULL) {
        if (error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING)
            accepted(operation, &socket->sends);
        else
            drop_operation(operation);
    }
    /* Overlapped sends go out together until the program looks, which this is not. */
    if (request.overlapped == NULL)
        settle();
    if (sent)
        did_not_wait();
    return sent ? 0 : fail_with(sending->error_out, error);
}

int WSPSend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
            DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine, LPWSATHREADID lpThreadId,
            LPINT lpErrno) {
    struct sending sending = {s,           lpBuffers,    dwBufferCount,       lpNumberOfBytesSent,
                              dwFlags,     lpOverlapped, lpCompletionRoutine, lpThreadId,
                              lpErrno};
    return send_it(&sending, FALSE, NULL, 0);
}

int WSPSendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
              DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
              LPWSAOVERLAPPED lpOverlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine, LPWSATHREADID lpThreadId,
              LPINT lpErrno) {
    struct sending sending = {s,           lpBuffers,    dwBufferCount,       lpNumberOfBytesSent,
                              dwFlags,     lpOverlapped, lpCompletionRoutine, lpThreadId,
                              lpErrno};
    return send_it(&sending, TRUE, lpTo, iTolen);
}

int WSASend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
            DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result = WSPSend(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, lpOverlapped,
                         lpCompletionRoutine, NULL, &code);
    keep_code(code);
    return result;
}

int WSASendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
              DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
              LPWSAOVERLAPPED lpOverlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result = WSPSendTo(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, lpTo, iTolen,
                           lpOverlapped, lpCompletionRoutine, NULL, &code);
    keep_code(code);
    return result;
}

int sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to, int tolen) {
    WSABUF buffer = {(ULONG)len, (CHAR *)buf};
    DWORD sent = 0;
    int result = WSASendTo(s, &buffer, 1, &sent, (DWORD)flags, to, tolen, NULL, NULL);
    return result == SOCKET_ERROR ? SOCKET_ERROR : (int)sent;
}

int send(SOCKET s, const char *buf, int len, int flags) {
    return sendto(s, buf, len, flags, NULL, 0);
}
