/* Waiting for events, and sleeping; both run completion routines where they may. */
#include "../shim.h"

uint32_t *timeout_of(DWORD milliseconds, uint32_t *room) {
    *room = milliseconds;
    return milliseconds == INFINITE ? NULL : room;
}

DWORD time_left(ULONGLONG start, DWORD milliseconds) {
    ULONGLONG passed = GetTickCount64() - start;
    if (milliseconds == INFINITE)
        return INFINITE;
    return passed >= milliseconds ? 0 : milliseconds - (DWORD)passed;
}

/* A wait takes the signal of an automatic event with it. */
static void take_signal(const HANDLE *handles, DWORD count) {
    DWORD position;
    for (position = 0; position < count; position++) {
        struct open_event *event = find_event(handles[position]);
        if (event != NULL && event->automatic)
            winsock_spi_provider_method_event_reset(borrow_event(event));
    }
}

DWORD WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                               DWORD dwMilliseconds, BOOL bAlertable) {
    borrowed_event borrowed[MAXIMUM_WAIT_OBJECTS];
    winsock_spi_provider_list_borrow_event_t events = {borrowed, nCount};
    winsock_spi_provider_wait_outcome_t outcome;
    uint32_t milliseconds, thread = THREAD_ID;
    wsa_error error;
    DWORD position, result;
    BOOL ok;
    if (nCount == 0 || nCount > MAXIMUM_WAIT_OBJECTS ||
        !in_memory(lpHandles, nCount * sizeof *lpHandles)) {
        WSASetLastError(WSA_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    for (position = 0; position < nCount; position++) {
        struct open_event *event = find_event(lpHandles[position]);
        if (event == NULL) {
            WSASetLastError(WSA_INVALID_HANDLE);
            return WAIT_FAILED;
        }
        borrowed[position] = borrow_event(event);
    }
    if (bAlertable && run_routines_here())
        return WAIT_IO_COMPLETION;
    ok = winsock_spi_provider_wait_for_events(&events, bWaitAll != 0,
                                              timeout_of(dwMilliseconds, &milliseconds),
                                              bAlertable ? &thread : NULL, &outcome, &error);
    settle();
    if (!ok) {
        WSASetLastError(number_of(error));
        return WAIT_FAILED;
    }
    switch (outcome.tag) {
    case WINSOCK_SPI_PROVIDER_WAIT_OUTCOME_SIGNALLED:
        result = bWaitAll ? 0 : outcome.val.signalled;
        take_signal(lpHandles + result, bWaitAll ? nCount : 1);
        return WAIT_OBJECT_0 + result;
    case WINSOCK_SPI_PROVIDER_WAIT_OUTCOME_IO_COMPLETION:
        run_routines();
        return WAIT_IO_COMPLETION;
    default:
        return WAIT_TIMEOUT;
    }
}

DWORD WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                             DWORD dwMilliseconds) {
    return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable) {
    return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds, bAlertable);
}

DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds) {
    return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

DWORD WSAWaitForMultipleEvents(DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll,
                               DWORD dwTimeout, BOOL fAlertable) {
    return WaitForMultipleObjectsEx(cEvents, lphEvents, fWaitAll, dwTimeout, fAlertable);
}

DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable) {
    winsock_spi_provider_wait_outcome_t outcome;
    uint32_t milliseconds, thread = THREAD_ID;
    wsa_error error;
    BOOL ok;
    if (bAlertable && run_routines_here())
        return WAIT_IO_COMPLETION;
    ok = winsock_spi_provider_sleep_ex(timeout_of(dwMilliseconds, &milliseconds),
                                       bAlertable ? &thread : NULL, &outcome, &error);
    settle();
    if (!ok || outcome.tag != WINSOCK_SPI_PROVIDER_WAIT_OUTCOME_IO_COMPLETION)
        return 0;
    run_routines();
    return WAIT_IO_COMPLETION;
}

void Sleep(DWORD dwMilliseconds) {
    SleepEx(dwMilliseconds, FALSE);
}

DWORD wait_for_ended(DWORD milliseconds, BOOL alertable) {
    winsock_spi_provider_wait_outcome_t outcome;
    uint32_t room, thread = THREAD_ID;
    wsa_error error;
    if (alertable && run_routines_here())
        return WAIT_IO_COMPLETION;
    if (!winsock_spi_extensions_wait_for_ended(seen_ends(), timeout_of(milliseconds, &room),
                                               alertable ? &thread : NULL, &outcome, &error))
        return (DWORD)number_of(error);
    switch (outcome.tag) {
    case WINSOCK_SPI_PROVIDER_WAIT_OUTCOME_SIGNALLED:
        return WAIT_OBJECT_0;
    case WINSOCK_SPI_PROVIDER_WAIT_OUTCOME_IO_COMPLETION:
        run_routines();
        return WAIT_IO_COMPLETION;
    default:
        return WAIT_TIMEOUT;
    }
}
