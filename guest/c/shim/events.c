/* Events, and network events that set them. */
#include "shim.h"

static HANDLE create_event(BOOL automatic, BOOL set) {
    struct open_event event = {.own = winsock_spi_provider_constructor_event(),
                               .automatic = automatic};
    HANDLE handle;
#ifdef WSP_THREADS
    event.number = winsock_spi_tickets_event_number(borrow_event(&event));
#endif
    handle = add_event(event);
    if (handle == NULL) {
        winsock_spi_provider_event_drop_own(event.own);
        WSASetLastError(WSA_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (set)
        winsock_spi_provider_method_event_set(borrow_event(&event));
    return handle;
}

/* The event, or NULL with WSA_INVALID_HANDLE as the last error. */
static struct open_event *known_event(HANDLE handle) {
    struct open_event *event = find_event(handle);
    if (event == NULL)
        WSASetLastError(WSA_INVALID_HANDLE);
    return event;
}

WSAEVENT WSACreateEvent(void) {
    return create_event(FALSE, FALSE);
}

BOOL WSASetEvent(WSAEVENT hEvent) {
    struct open_event *event = known_event(hEvent);
    if (event == NULL)
        return FALSE;
    winsock_spi_provider_method_event_set(borrow_event(event));
    objects_signalled();
    return TRUE;
}

BOOL WSAResetEvent(WSAEVENT hEvent) {
    struct open_event *event = known_event(hEvent);
    if (event == NULL)
        return FALSE;
    winsock_spi_provider_method_event_reset(borrow_event(event));
    return TRUE;
}

BOOL WSACloseEvent(WSAEVENT hEvent) {
    struct open_event *event = known_event(hEvent);
    if (event == NULL)
        return FALSE;
    winsock_spi_provider_event_drop_own(event->own);
    forget_handle((ULONG_PTR)hEvent);
    return TRUE;
}

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                    BOOL bInitialState, LPCWSTR lpName) {
    (void)lpEventAttributes;
    if (lpName != NULL) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    return create_event(!bManualReset, bInitialState);
}

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                    BOOL bInitialState, LPCSTR lpName) {
    return CreateEventW(lpEventAttributes, bManualReset, bInitialState,
                        lpName == NULL ? NULL : L"");
}

BOOL SetEvent(HANDLE hEvent) {
    return WSASetEvent(hEvent);
}

BOOL ResetEvent(HANDLE hEvent) {
    return WSAResetEvent(hEvent);
}

int WSPEventSelect(SOCKET s, WSAEVENT hEventObject, long lNetworkEvents, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    /* Without events to select the handle is ignored: it may be closed by now. */
    struct open_event *event = lNetworkEvents == 0 ? NULL : find_event(hEventObject);
    /* The provider numbers the first six as Winsock does; the others never occur. */
    winsock_spi_provider_network_events_t events = lNetworkEvents & (FD_CLOSE * 2 - 1);
    borrowed_event borrowed;
    wsa_error error;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if (event == NULL && lNetworkEvents != 0)
        return fail(lpErrno, WSAEINVAL);
    if (event != NULL)
        borrowed = borrow_event(event);
    if (!winsock_spi_provider_wsp_event_select(borrow_socket(socket),
                                               event == NULL ? NULL : &borrowed, events, &error))
        return fail_with(lpErrno, error);
    socket->nonblocking = TRUE;
    settle();
    return 0;
}

int WSPEnumNetworkEvents(SOCKET s, WSAEVENT hEventObject, LPWSANETWORKEVENTS lpNetworkEvents,
                         LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    struct open_event *event = find_event(hEventObject);
    winsock_spi_provider_recorded_events_t recorded;
    borrowed_event borrowed;
    wsa_error error;
    size_t position;
    int bit;
    if (socket == NULL)
        return fail(lpErrno, WSAENOTSOCK);
    if (!in_memory(lpNetworkEvents, sizeof *lpNetworkEvents))
        return fail(lpErrno, WSAEFAULT);
    if (event == NULL && hEventObject != NULL)
        return fail(lpErrno, WSAEINVAL);
    if (event != NULL)
        borrowed = borrow_event(event);
    if (!winsock_spi_provider_wsp_enum_network_events(
            borrow_socket(socket), event == NULL ? NULL : &borrowed, &recorded, &error))
        return fail_with(lpErrno, error);
    lpNetworkEvents->lNetworkEvents = recorded.events;
    /* Codes of events that were not recorded are left as they are. */
    for (bit = 0; bit <= FD_CLOSE_BIT; bit++)
        if (recorded.events & 1 << bit)
            lpNetworkEvents->iErrorCode[bit] = 0;
    for (position = 0; position < recorded.errors.len; position++)
        for (bit = 0; bit <= FD_CLOSE_BIT; bit++)
            if (recorded.errors.ptr[position].event & 1 << bit)
                lpNetworkEvents->iErrorCode[bit] = number_of(recorded.errors.ptr[position].error);
    winsock_spi_provider_recorded_events_free(&recorded);
    settle();
    return 0;
}

int WSAEventSelect(SOCKET s, WSAEVENT hEventObject, long lNetworkEvents) {
    int code = 0;
    return keep_error(WSPEventSelect(s, hEventObject, lNetworkEvents, &code), code);
}

int WSAEnumNetworkEvents(SOCKET s, WSAEVENT hEventObject, LPWSANETWORKEVENTS lpNetworkEvents) {
    int code = 0;
    return keep_error(WSPEnumNetworkEvents(s, hEventObject, lpNetworkEvents, &code), code);
}
