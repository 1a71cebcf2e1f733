/*
 * Overlapped calls that the library does itself, at once. They are indicated like
 * others: the structure says how they ended, and then the event is set, or the
 * routine runs in the next alertable wait, as what QueueUserAPC queues does.
 */
#include "shim.h"

/* A routine that is to run, or a function of the program's own. */
struct ready {
    struct ready *next;
    LPWSAOVERLAPPED overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    DWORD bytes;
    int code;
    PAPCFUNC function;
    ULONG_PTR parameter;
#ifdef WSP_THREADS
    DWORD thread;
    PTIMERAPCROUTINE timer;
    uint64_t due;
#endif
};

static struct ready *first, *last;

static BOOL queue(struct ready wanted) {
    struct ready *ready = malloc(sizeof *ready);
    if (ready == NULL)
        return FALSE;
    *ready = wanted;
    if (last == NULL)
        first = ready;
    else
        last->next = ready;
    last = ready;
    return TRUE;
}

BOOL complete_here(const struct overlapped_request *request, DWORD bytes, int code,
                   BOOL at_once) {
    struct ready ready = {
        .overlapped = request->overlapped,
        .routine = request->routine,
        .bytes = bytes,
        .code = code,
#ifdef WSP_THREADS
        .thread = THREAD_ID,
#endif
    };
    BOOL tells = request->socket->completions.port != NULL && request->routine == NULL &&
                 !(at_once && request->socket->completions.skips_success);
    struct packet *packet = tells ? malloc(sizeof *packet) : NULL;
    struct open_event *event = NULL;
    if ((tells && packet == NULL) || (request->routine != NULL && !queue(ready)))
        return FALSE;
    write_status(request->overlapped, bytes, 0, (DWORD)code);
    if (request->routine == NULL)
        event = find_event(request->overlapped->hEvent);
    if (event != NULL)
        winsock_spi_provider_method_event_set(borrow_event(event));
    objects_signalled();
    if (packet != NULL) {
        *packet = (struct packet){
            .overlapped = request->overlapped, .bytes = bytes, .code = (DWORD)code};
        if (!post_packet(request->socket, packet))
            free(packet);
    }
    return TRUE;
}

#ifdef WSP_THREADS
/* Takes out the first one of a thread; FALSE if there is none. */
static BOOL take_ready(DWORD thread, struct ready *taken) {
    struct ready *before = NULL, *ready = first;
    while (ready != NULL && ready->thread != thread) {
        before = ready;
        ready = ready->next;
    }
    if (ready == NULL)
        return FALSE;
    *taken = *ready;
    if (before == NULL)
        first = ready->next;
    else
        before->next = ready->next;
    if (last == ready)
        last = before;
    free(ready);
    return TRUE;
}

BOOL run_routines_here(void) {
    struct ready ready;
    BOOL ran = FALSE;
    for (; take_ready(THREAD_ID, &ready); ran = TRUE) {
        if (ready.timer != NULL)
            ready.timer((LPVOID)ready.parameter, (DWORD)ready.due, (DWORD)(ready.due >> 32));
        else if (ready.function != NULL)
            ready.function(ready.parameter);
        else
            ready.routine((DWORD)ready.code, ready.bytes, ready.overlapped, 0);
    }
    return ran;
}

BOOL routines_here(DWORD thread) {
    const struct ready *ready = first;
    while (ready != NULL && ready->thread != thread)
        ready = ready->next;
    return ready != NULL;
}

void forget_routines_here(DWORD thread) {
    struct ready ready;
    while (take_ready(thread, &ready))
        ;
}

BOOL queue_timer_apc(DWORD thread, PTIMERAPCROUTINE function, LPVOID parameter, uint64_t due) {
    struct ready ready = {
        .thread = thread,
        .timer = function,
        .parameter = (ULONG_PTR)parameter,
        .due = due,
    };
    return queue(ready);
}

DWORD QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData) {
    struct ready ready = {.function = pfnAPC, .parameter = dwData, .thread = thread_of(hThread)};
    if (ready.thread == 0 || pfnAPC == NULL) {
        SetLastError(ready.thread == 0 ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (!queue(ready)) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    objects_signalled();
    return 1;
}
#else
BOOL run_routines_here(void) {
    BOOL ran = FALSE;
    while (first != NULL) {
        struct ready ready = *first;
        free(first);
        first = ready.next;
        if (first == NULL)
            last = NULL;
        if (ready.function != NULL)
            ready.function(ready.parameter);
        else
            ready.routine((DWORD)ready.code, ready.bytes, ready.overlapped, 0);
        ran = TRUE;
    }
    return ran;
}

/* The calling thread is the only one. */
DWORD QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData) {
    struct ready ready = {.function = pfnAPC, .parameter = dwData};
    if (hThread != GetCurrentThread() || pfnAPC == NULL) {
        SetLastError(hThread != GetCurrentThread() ? ERROR_INVALID_HANDLE
                                                   : ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (queue(ready))
        return 1;
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return 0;
}
#endif
