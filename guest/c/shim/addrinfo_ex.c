/*
 * GetAddrInfoEx. A name is looked up within the call, also for an overlapped one,
 * which is complete when it returns: its event is set, or its routine has run. On
 * Windows another thread runs the routine, perhaps before the call returns too.
 */
#include "shim.h"

/* Both forms have the same layout; they differ in the type of the name. */
static int copy_list(const struct addrinfo *found, BOOL wide, ADDRINFOEXW **result) {
    for (; found != NULL; found = found->ai_next, result = &(*result)->ai_next) {
        ADDRINFOEXW *entry = calloc(1, sizeof *entry);
        *result = entry;
        if (entry == NULL)
            return WSA_NOT_ENOUGH_MEMORY;
        entry->ai_flags = found->ai_flags;
        entry->ai_family = found->ai_family;
        entry->ai_socktype = found->ai_socktype;
        entry->ai_protocol = found->ai_protocol;
        entry->ai_addrlen = found->ai_addrlen;
        entry->ai_addr = malloc(found->ai_addrlen);
        if (entry->ai_addr == NULL)
            return WSA_NOT_ENOUGH_MEMORY;
        memcpy(entry->ai_addr, found->ai_addr, found->ai_addrlen);
        if (found->ai_canonname != NULL) {
            entry->ai_canonname =
                wide ? widen(found->ai_canonname) : (void *)strdup(found->ai_canonname);
            if (entry->ai_canonname == NULL)
                return WSA_NOT_ENOUGH_MEMORY;
        }
    }
    return 0;
}

/* The hints, of which there are more fields here; 0, or the code. */
static int take_hints(const ADDRINFOEXW *hints, struct addrinfo *taken) {
    memset(taken, 0, sizeof *taken);
    if (hints == NULL)
        return 0;
    if (!in_memory(hints, sizeof *hints))
        return WSAEFAULT;
    if (hints->ai_addrlen != 0 || hints->ai_canonname != NULL || hints->ai_addr != NULL ||
        hints->ai_blob != NULL || hints->ai_bloblen != 0 || hints->ai_provider != NULL ||
        hints->ai_next != NULL)
        return WSANO_RECOVERY;
    taken->ai_flags = hints->ai_flags;
    taken->ai_family = hints->ai_family;
    taken->ai_socktype = hints->ai_socktype;
    taken->ai_protocol = hints->ai_protocol;
    return 0;
}

/* What is asked for, but the name and the service. */
struct question {
    DWORD name_space;
    const ADDRINFOEXW *hints;
    ADDRINFOEXW **result;
    LPOVERLAPPED overlapped;
    LPLOOKUPSERVICE_COMPLETION_ROUTINE routine;
    LPHANDLE name_handle;
};

static int check(const struct question *question, struct addrinfo *hints) {
    if (!started())
        return WSANOTINITIALISED;
    if (!in_memory(question->result, sizeof *question->result))
        return WSAEFAULT;
    *question->result = NULL;
    if (!null_or_in_memory(question->overlapped, sizeof *question->overlapped) ||
        !null_or_in_memory(question->name_handle, sizeof *question->name_handle))
        return WSAEFAULT;
    /* As on Windows, where only an overlapped call can be waited for, and in one way. */
    if (question->overlapped == NULL
            ? question->routine != NULL || question->name_handle != NULL
            : question->routine != NULL && question->overlapped->hEvent != NULL)
        return WSAEINVAL;
    if (question->name_space != NS_ALL && question->name_space != NS_DNS)
        return WSASERVICE_NOT_FOUND;
    return take_hints(question->hints, hints);
}

/* Hands the list out; the code is the result, and what an overlapped call is told later. */
static int answer(const struct question *question, BOOL wide, int code, struct addrinfo *found,
                  BOOL nothing_asked) {
    if (code == 0)
        code = copy_list(found, wide, question->result);
    freeaddrinfo(found);
    if (code != 0 && code != WSANOTINITIALISED &&
        in_memory(question->result, sizeof *question->result)) {
        FreeAddrInfoExW(*question->result);
        *question->result = NULL;
    }
    if (question->overlapped != NULL && !nothing_asked) {
        struct open_event *event = find_event(question->overlapped->hEvent);
        question->overlapped->Internal = (ULONG_PTR)code;
        question->overlapped->Pointer = question->result;
        if (question->name_handle != NULL)
            *question->name_handle = NULL;
        if (event != NULL)
            winsock_spi_provider_method_event_set(borrow_event(event));
        if (question->routine != NULL)
            question->routine((DWORD)code, 0, question->overlapped);
        code = WSA_IO_PENDING;
    }
    keep_code(code);
    return code;
}

INT GetAddrInfoExW(PCWSTR pName, PCWSTR pServiceName, DWORD dwNameSpace, LPGUID lpNspId,
                   const ADDRINFOEXW *hints, PADDRINFOEXW *ppResult, struct timeval *timeout,
                   LPOVERLAPPED lpOverlapped,
                   LPLOOKUPSERVICE_COMPLETION_ROUTINE lpCompletionRoutine, LPHANDLE lpNameHandle) {
    struct question question = {dwNameSpace,  hints, ppResult, lpOverlapped,
                                lpCompletionRoutine, lpNameHandle};
    struct addrinfo taken, *found = NULL;
    int code = check(&question, &taken);
    BOOL refused = code != 0 || (pName == NULL && pServiceName == NULL);
    /* There is one name space, and the host has its own time-out. */
    (void)lpNspId;
    (void)timeout;
    if (code == 0)
        code = resolve_wide(pName, pServiceName, &taken, &found);
    return answer(&question, TRUE, code, found, refused);
}

INT GetAddrInfoExA(PCSTR pName, PCSTR pServiceName, DWORD dwNameSpace, LPGUID lpNspId,
                   const ADDRINFOEXA *hints, PADDRINFOEXA *ppResult, struct timeval *timeout,
                   LPOVERLAPPED lpOverlapped,
                   LPLOOKUPSERVICE_COMPLETION_ROUTINE lpCompletionRoutine, LPHANDLE lpNameHandle) {
    struct question question = {
        dwNameSpace, (const void *)hints, (ADDRINFOEXW **)ppResult, lpOverlapped,
        lpCompletionRoutine, lpNameHandle};
    struct addrinfo taken, *found = NULL;
    int code = check(&question, &taken);
    BOOL refused = code != 0 || (pName == NULL && pServiceName == NULL);
    /* There is one name space, and the host has its own time-out. */
    (void)lpNspId;
    (void)timeout;
    /* As on Windows, only the wide form is for overlapped calls. */
    if (code == 0 && lpOverlapped != NULL) {
        code = WSAEINVAL;
        refused = TRUE;
    }
    if (code == 0)
        code = resolve(pName, pServiceName, &taken, &found);
    return answer(&question, FALSE, code, found, refused);
}

void FreeAddrInfoExW(PADDRINFOEXW pAddrInfoEx) {
    while (pAddrInfoEx != NULL) {
        ADDRINFOEXW *next = pAddrInfoEx->ai_next;
        free(pAddrInfoEx->ai_canonname);
        free(pAddrInfoEx->ai_addr);
        free(pAddrInfoEx);
        pAddrInfoEx = next;
    }
}

void FreeAddrInfoEx(PADDRINFOEXA pAddrInfoEx) {
    FreeAddrInfoExW((void *)pAddrInfoEx);
}

INT GetAddrInfoExOverlappedResult(LPOVERLAPPED lpOverlapped) {
    return in_memory(lpOverlapped, sizeof *lpOverlapped) ? (INT)lpOverlapped->Internal : WSAEINVAL;
}

INT GetAddrInfoExCancel(LPHANDLE lpHandle) {
    /* What has a handle is complete. */
    (void)lpHandle;
    return WSA_INVALID_HANDLE;
}
