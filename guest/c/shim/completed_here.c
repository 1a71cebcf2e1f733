/*
 * Overlapped calls that the library does itself, at once. They are indicated like
 * others: the structure says how they ended, and then the event is set, or the
 * routine runs in the next alertable wait.
 */
#include "shim.h"

/* A routine that is to run. */
struct ready {
    struct ready *next;
    LPWSAOVERLAPPED overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    DWORD bytes;
    int code;
};

static struct ready *first, *last;

static BOOL queue(const struct overlapped_request *request, DWORD bytes, int code) {
    struct ready *ready = malloc(sizeof *ready);
    if (ready == NULL)
        return FALSE;
    *ready = (struct ready){NULL, request->overlapped, request->routine, bytes, code};
    if (last == NULL)
        first = ready;
    else
        last->next = ready;
    last = ready;
    return TRUE;
}

BOOL complete_here(const struct overlapped_request *request, DWORD bytes, int code) {
    struct open_event *event = NULL;
    if (request->routine != NULL && !queue(request, bytes, code))
        return FALSE;
    write_status(request->overlapped, bytes, 0, (DWORD)code);
    if (request->routine == NULL)
        event = find_event(request->overlapped->hEvent);
    if (event != NULL)
        winsock_spi_provider_method_event_set(borrow_event(event));
    return TRUE;
}

BOOL run_routines_here(void) {
    BOOL ran = FALSE;
    while (first != NULL) {
        struct ready ready = *first;
        free(first);
        first = ready.next;
        if (first == NULL)
            last = NULL;
        ready.routine((DWORD)ready.code, ready.bytes, ready.overlapped, 0);
        ran = TRUE;
    }
    return ran;
}
