/*
 * Overlapped operations. A program knows one by the address of its structure;
 * the status fields there are written here, whenever a call finds that the
 * operation has ended.
 */
#include "shim.h"

/* Operations in progress, of all sockets. */
static size_t pending;
/* What pump returned when structures were last brought up to date. */
static uint64_t seen;

int overlapped_request(struct open_socket *socket, LPWSAOVERLAPPED overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                       struct overlapped_request *out) {
    *out = (struct overlapped_request){.socket = socket};
    /* Ignored: everything on a nonoverlapped socket, and a routine without a structure. */
    if (!socket->overlapped || overlapped == NULL)
        return 0;
    if (!in_memory(overlapped, sizeof *overlapped))
        return WSAEFAULT;
    if (routine != NULL) {
        if (!null_or_in_memory(thread, sizeof *thread))
            return WSAEFAULT;
        /* A routine for a thread that does not exist would never run. */
        if (thread != NULL && thread->ThreadHandle != NULL && thread_of(thread->ThreadHandle) == 0)
            return WSAEINVAL;
        /* Ends are told in one way. */
        if (socket->completions.associated)
            return WSAEINVAL;
    }
    out->overlapped = overlapped;
    out->routine = routine;
#ifdef WSP_THREADS
    out->thread = thread == NULL || thread->ThreadHandle == NULL ? THREAD_ID
                                                                 : thread_of(thread->ThreadHandle);
#endif
    return 0;
}

struct operation *new_operation(const struct overlapped_request *request) {
    struct operation *operation = calloc(1, sizeof *operation);
    struct open_event *event = NULL;
    borrowed_event borrowed;
    if (operation == NULL)
        return NULL;
    operation->socket = request->socket;
    operation->overlapped = request->overlapped;
    operation->routine = request->routine;
#ifdef WSP_THREADS
    operation->thread = request->thread;
#endif
    /* With a routine, hEvent is the caller's own word. */
    if (request->routine == NULL)
        event = find_event(request->overlapped->hEvent);
    if (event != NULL)
        borrowed = borrow_event(event);
    operation->own =
        winsock_spi_provider_constructor_overlapped(event == NULL ? NULL : &borrowed);
    return operation;
}

/* Gives back what is behind it. */
static void empty_operation(struct operation *operation) {
    winsock_spi_provider_overlapped_drop_own(operation->own);
    if (operation->receiving != NULL)
        drop_receiving(operation->receiving);
    free(operation->accepting);
}

void drop_operation(struct operation *operation) {
    empty_operation(operation);
    free(operation);
}

/* Drops an operation that has ended, and has no routine; its packet goes to the port. */
static void indicate(struct operation *operation) {
    struct packet *packet = &operation->packet;
    empty_operation(operation);
    packet->overlapped = operation->overlapped;
    packet->bytes = (DWORD)operation->overlapped->InternalHigh;
    packet->code = operation->overlapped->OffsetHigh;
    if (!post_packet(operation->socket, packet))
        free(operation);
}

winsock_spi_provider_completion_routine_t routine_of(struct operation *operation) {
    winsock_spi_provider_completion_routine_t routine = {
#ifdef WSP_THREADS
        .thread_id = operation->thread,
#else
        .thread_id = THREAD_ID,
#endif
        .context = (uintptr_t)operation,
    };
    return routine;
}

/* Internal comes last: once it has changed, the other fields may be read. */
void write_status(LPWSAOVERLAPPED overlapped, DWORD bytes, DWORD flags, DWORD error) {
    volatile ULONG_PTR *internal = &overlapped->Internal;
    overlapped->InternalHigh = bytes;
    overlapped->Offset = flags;
    overlapped->OffsetHigh = error;
    *internal = status_of(error);
}

void completed_at_once(struct operation *operation, DWORD bytes, DWORD flags, DWORD error) {
    write_status(operation->overlapped, bytes, flags, error);
    /* A routine has been queued, and the operation lives until it runs; an error tells nothing. */
    if (error != 0 || (operation->routine == NULL && operation->socket->completions.skips_success))
        drop_operation(operation);
    else if (operation->routine == NULL)
        indicate(operation);
}

void cut_at_once(struct operation *operation, DWORD bytes, DWORD flags, DWORD error) {
    operation->code = error;
    write_status(operation->overlapped, bytes, flags, error);
    if (operation->routine == NULL)
        drop_operation(operation);
}

void accepted(struct operation *operation, struct queue *queue) {
    operation->overlapped->Internal = STATUS_PENDING;
    operation->queue = queue;
    operation->next = NULL;
    if (queue->last == NULL)
        queue->first = operation;
    else
        queue->last->next = operation;
    queue->last = operation;
    pending++;
}

static void leave_queue(struct operation *before, struct operation *operation) {
    struct queue *queue = operation->queue;
    if (before == NULL)
        queue->first = operation->next;
    else
        before->next = operation->next;
    if (queue->last == operation)
        queue->last = before;
    operation->queue = NULL;
    pending--;
}

/* Writes down how it ended; FALSE while it is in progress. */
static BOOL settle_operation(struct operation *operation) {
    DWORD bytes = 0;
    winsock_spi_provider_overlapped_status_t status;
    borrowed_overlapped own = winsock_spi_provider_borrow_overlapped(operation->own);
    winsock_spi_provider_method_overlapped_status(own, &status);
    if (status.internal == STATUS_PENDING)
        return FALSE;
    if (operation->receiving != NULL) {
        socket_address source;
        BOOL has_source = winsock_spi_provider_method_overlapped_source(own, &source);
        DWORD code =
            deliver(operation->receiving, status.internal_high, has_source ? &source : NULL);
        if (status.offset_high == 0)
            status.offset_high = operation->code = code;
        drop_receiving(operation->receiving);
        operation->receiving = NULL;
    }
    if (operation->accepting != NULL && status.offset_high == 0)
        status.offset_high = operation->finish(operation->accepting, &bytes);
    if (operation->accepting != NULL)
        status.internal_high = bytes;
    /* The fields are Winsock's own. */
    write_status(operation->overlapped, status.internal_high, status.offset, status.offset_high);
    return TRUE;
}

/* Operations of a queue end in order, unless `all` says that they need not have. */
static void settle_queue(struct queue *queue, BOOL all) {
    struct operation *before = NULL, *operation = queue->first, *next;
    for (; operation != NULL; operation = next) {
        next = operation->next;
        if (settle_operation(operation)) {
            leave_queue(before, operation);
            if (operation->routine == NULL)
                indicate(operation);
        } else if (all) {
            before = operation;
        } else {
            return;
        }
    }
}

void settle_socket(struct open_socket *socket) {
    settle_queue(&socket->sends, TRUE);
    settle_queue(&socket->receives, TRUE);
}

/* Brings structures up to date with this number of the provider's pump. */
static inline __attribute__((always_inline)) void settle_at(uint64_t now) {
    SOCKET s;
    if (now == seen)
        return;
    seen = now;
    for (s = next_socket(INVALID_SOCKET); s != INVALID_SOCKET; s = next_socket(s)) {
        struct open_socket *socket = find_socket(s);
        settle_queue(&socket->sends, FALSE);
        /* Urgent data has its own order. */
        settle_queue(&socket->receives, TRUE);
    }
}

void settle(void) {
    if (pending != 0)
        settle_at(winsock_spi_provider_pump());
}

#ifdef WSP_THREADS
uint64_t settle_progress(void) {
    uint64_t now = winsock_spi_provider_pump();
    if (pending != 0)
        settle_at(now);
    return now;
}
#endif

uint64_t seen_ends(void) {
    if (pending == 0)
        seen = winsock_spi_provider_pump();
    return seen;
}

static struct operation *find_in(const struct queue *queue, LPWSAOVERLAPPED overlapped) {
    struct operation *operation = queue->first;
    while (operation != NULL && operation->overlapped != overlapped)
        operation = operation->next;
    return operation;
}

struct operation *find_pending(struct open_socket *socket, LPWSAOVERLAPPED overlapped) {
    struct operation *operation = find_in(&socket->sends, overlapped);
    return operation != NULL ? operation : find_in(&socket->receives, overlapped);
}

/* Takes an operation that has ended out of its queue, if it is still in one. */
static void leave(struct operation *operation) {
    struct operation *before = NULL, *other;
    if (operation->queue == NULL)
        return;
    for (other = operation->queue->first; other != operation; other = other->next)
        before = other;
    settle_operation(operation);
    leave_queue(before, operation);
}

BOOL run_routines(void) {
    BOOL ran = FALSE;
    winsock_spi_provider_own_completion_t completion;
    while (winsock_spi_provider_next_completion(THREAD_ID, &completion)) {
        winsock_spi_provider_borrow_completion_t borrowed =
            winsock_spi_provider_borrow_completion(completion);
        struct operation *operation =
            (void *)(uintptr_t)winsock_spi_provider_method_completion_context(borrowed);
        DWORD bytes = winsock_spi_provider_method_completion_transferred(borrowed);
        DWORD flags =
            write_flags(winsock_spi_provider_method_completion_message_flags(borrowed));
        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = operation->routine;
        LPWSAOVERLAPPED overlapped = operation->overlapped;
        wsa_error error;
        DWORD code = 0;
        if (winsock_spi_provider_method_completion_error(borrowed, &error))
            code = (DWORD)number_of(error);
        settle();
        leave(operation);
        if (code == 0)
            code = operation->code;
        drop_operation(operation);
        routine(code, bytes, overlapped, flags);
        /* Only now may another routine of the same socket run. */
        winsock_spi_provider_completion_drop_own(completion);
        ran = TRUE;
    }
    return ran;
}
