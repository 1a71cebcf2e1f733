/*
 * GetOverlappedResult, for sockets: what kernel32 says of an overlapped operation,
 * in its own error numbers.
 */
#include "shim.h"

static BOOL is_pending(SOCKET s, LPOVERLAPPED overlapped) {
    struct open_socket *socket = find_socket(s);
    settle();
    /* What was waited for need not be the first of its queue. */
    if (overlapped->Internal == STATUS_PENDING && socket != NULL)
        settle_socket(socket);
    return overlapped->Internal == STATUS_PENDING;
}

/* Waits for an operation, by its event if it has one; as WaitForSingleObjectEx. */
static DWORD wait_for(SOCKET s, LPOVERLAPPED overlapped, DWORD milliseconds, BOOL alertable) {
    ULONGLONG start = GetTickCount64();
    if (find_event(overlapped->hEvent) != NULL)
        return WaitForSingleObjectEx(overlapped->hEvent, milliseconds, alertable);
    while (is_pending(s, overlapped)) {
        DWORD waited = wait_for_ended(time_left(start, milliseconds), alertable);
        if (waited != WAIT_OBJECT_0)
            return waited;
    }
    return WAIT_OBJECT_0;
}

BOOL GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                           LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds,
                           BOOL bAlertable) {
    SOCKET s = (SOCKET)hFile;
    DWORD waited = WAIT_OBJECT_0;
    if (!in_memory(lpOverlapped, sizeof *lpOverlapped) ||
        !in_memory(lpNumberOfBytesTransferred, sizeof *lpNumberOfBytesTransferred)) {
        SetLastError(ERROR_NOACCESS);
        return FALSE;
    }
    if (is_pending(s, lpOverlapped)) {
        if (dwMilliseconds == 0) {
            SetLastError(ERROR_IO_INCOMPLETE);
            return FALSE;
        }
        if (find_socket(s) == NULL || find_pending(find_socket(s), lpOverlapped) == NULL) {
            SetLastError(ERROR_INVALID_HANDLE);
            return FALSE;
        }
        waited = wait_for(s, lpOverlapped, dwMilliseconds, bAlertable);
    }
    if (waited == WAIT_OBJECT_0 && is_pending(s, lpOverlapped))
        waited = ERROR_IO_INCOMPLETE;
    if (waited != WAIT_OBJECT_0) {
        /* A wait that failed has said why. */
        if (waited != WAIT_FAILED)
            SetLastError(waited);
        return FALSE;
    }
    *lpNumberOfBytesTransferred = (DWORD)lpOverlapped->InternalHigh;
    if (lpOverlapped->OffsetHigh != 0)
        SetLastError(win32_error(lpOverlapped->OffsetHigh));
    return lpOverlapped->OffsetHigh == 0;
}

BOOL GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                         LPDWORD lpNumberOfBytesTransferred, BOOL bWait) {
    return GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred,
                                 bWait ? INFINITE : 0, FALSE);
}
