/*
 * Completion ports: queues in which operations of the sockets that are associated
 * with a port leave a packet when they end. What has ended is noticed in calls of
 * the program, as always, and GetQueuedCompletionStatus waits for it.
 */
#include "shim.h"

struct packet *take_packet(struct open_port *port) {
    struct packet *packet = port->first;
    port->first = packet->next;
    if (port->first == NULL)
        port->last = NULL;
    return packet;
}

void close_port(HANDLE handle) {
    struct open_port *port = find_port(handle);
    SOCKET s;
    port_closed(port);
    for (s = next_socket(INVALID_SOCKET); s != INVALID_SOCKET; s = next_socket(s)) {
        struct open_socket *socket = find_socket(s);
        if (socket->completions.port == port)
            socket->completions.port = NULL;
    }
    while (port->first != NULL)
        free(take_packet(port));
    forget_handle((ULONG_PTR)handle);
}

/* Associates a file with a port; 0, or the code. */
static DWORD associate(HANDLE file, HANDLE handle, ULONG_PTR key) {
    struct open_socket *socket = find_socket((SOCKET)file);
    struct open_port *port = find_port(handle);
    if (socket == NULL && find_file(file) != NULL)
        return ERROR_INVALID_PARAMETER;
    if (socket == NULL || port == NULL)
        return ERROR_INVALID_HANDLE;
    if (!socket->overlapped || socket->completions.associated)
        return ERROR_INVALID_PARAMETER;
    socket->completions.port = port;
    socket->completions.key = key;
    socket->completions.associated = TRUE;
    return 0;
}

HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
                              ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads) {
    HANDLE port = ExistingCompletionPort;
    DWORD code = 0;
    /* Without threads there is one. */
    (void)NumberOfConcurrentThreads;
    if (FileHandle == INVALID_HANDLE_VALUE && port != NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (port == NULL) {
        port = add_port();
        port_made(port, NumberOfConcurrentThreads);
    }
    if (port == NULL)
        code = ERROR_NOT_ENOUGH_MEMORY;
    else if (FileHandle != INVALID_HANDLE_VALUE)
        code = associate(FileHandle, port, CompletionKey);
    if (code == 0)
        return port;
    if (ExistingCompletionPort == NULL && port != NULL)
        close_port(port);
    SetLastError(code);
    return NULL;
}

#ifndef WSP_THREADS
static DWORD wait_for_packet(HANDLE handle, DWORD milliseconds, BOOL alertable) {
    ULONGLONG start = GetTickCount64();
    if (find_port(handle) == NULL)
        return ERROR_INVALID_HANDLE;
    for (;;) {
        struct open_port *port;
        DWORD waited;
        settle();
        /* A routine may have closed it. */
        port = find_port(handle);
        if (port == NULL)
            return ERROR_ABANDONED_WAIT_0;
        if (port->first != NULL)
            return WAIT_OBJECT_0;
        waited = wait_for_ended(time_left(start, milliseconds), alertable);
        if (waited != WAIT_OBJECT_0)
            return waited;
    }
}
#endif

BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
                               PULONG_PTR lpCompletionKey, LPOVERLAPPED *lpOverlapped,
                               DWORD dwMilliseconds) {
    struct packet *packet;
    DWORD code;
    if (!in_memory(lpNumberOfBytesTransferred, sizeof *lpNumberOfBytesTransferred) ||
        !in_memory(lpCompletionKey, sizeof *lpCompletionKey) ||
        !in_memory(lpOverlapped, sizeof *lpOverlapped)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *lpOverlapped = NULL;
    code = wait_for_packet(CompletionPort, dwMilliseconds, FALSE);
    if (code != WAIT_OBJECT_0) {
        SetLastError(code);
        return FALSE;
    }
    packet = take_packet(find_port(CompletionPort));
    *lpNumberOfBytesTransferred = packet->bytes;
    *lpCompletionKey = packet->key;
    *lpOverlapped = packet->overlapped;
    code = packet->code;
    free(packet);
    if (code != 0)
        SetLastError(win32_error(code));
    return code == 0;
}

BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort,
                                 LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
                                 PULONG ulNumEntriesRemoved, DWORD dwMilliseconds,
                                 BOOL fAlertable) {
    struct open_port *port;
    ULONG taken = 0;
    DWORD code;
    if (ulCount == 0 || !in_memory(ulNumEntriesRemoved, sizeof *ulNumEntriesRemoved) ||
        !in_memory(lpCompletionPortEntries,
                   (uint64_t)ulCount * sizeof *lpCompletionPortEntries)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *ulNumEntriesRemoved = 0;
    code = wait_for_packet(CompletionPort, dwMilliseconds, fAlertable);
    if (code != WAIT_OBJECT_0) {
        SetLastError(code);
        return FALSE;
    }
    port = find_port(CompletionPort);
    for (; taken < ulCount && port->first != NULL; taken++) {
        struct packet *packet = take_packet(port);
        LPOVERLAPPED_ENTRY entry = &lpCompletionPortEntries[taken];
        entry->lpCompletionKey = packet->key;
        entry->lpOverlapped = packet->overlapped;
        entry->Internal = status_of(packet->code);
        entry->dwNumberOfBytesTransferred = packet->bytes;
        free(packet);
    }
    *ulNumEntriesRemoved = taken;
    return TRUE;
}

BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
                                ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped) {
    struct open_port *port = find_port(CompletionPort);
    struct packet *packet;
    if (port == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    packet = malloc(sizeof *packet);
    if (packet == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    *packet = (struct packet){
        .key = dwCompletionKey,
        .overlapped = lpOverlapped,
        .bytes = dwNumberOfBytesTransferred,
    };
    put_packet(port, packet);
    return TRUE;
}

BOOL SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags) {
    struct open_socket *socket = find_socket((SOCKET)FileHandle);
    if (socket == NULL ||
        (Flags & ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE)) != 0) {
        SetLastError(socket == NULL ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    /* No handle is an event here, so that the other flag is always true. A mode stays set. */
    if (Flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
        socket->completions.skips_success = TRUE;
    return TRUE;
}
