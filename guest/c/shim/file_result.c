/*
 * GetOverlappedResult, for sockets: what kernel32 says of an overlapped operation,
 * in its own error numbers.
 */
#include "shim.h"

/* How long to sleep between two looks at an operation without an event, in milliseconds. */
#define LOOK_AGAIN 1

/* Win32's number for what Winsock calls so. */
static DWORD win32_error(DWORD error) {
    switch (error) {
    case WSAECONNRESET:
    case WSAENETRESET:
        return ERROR_NETNAME_DELETED;
    case WSAECONNABORTED:
        return ERROR_CONNECTION_ABORTED;
    case WSAECONNREFUSED:
        return ERROR_CONNECTION_REFUSED;
    case WSAENETUNREACH:
        return ERROR_NETWORK_UNREACHABLE;
    case WSAEHOSTUNREACH:
        return ERROR_HOST_UNREACHABLE;
    case WSAETIMEDOUT:
        return ERROR_SEM_TIMEOUT;
    case WSAEMSGSIZE:
        return ERROR_MORE_DATA;
    case WSAEOPNOTSUPP:
        return ERROR_NOT_SUPPORTED;
    default:
        return error;
    }
}

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
        if (milliseconds != INFINITE && GetTickCount64() - start >= milliseconds)
            return WAIT_TIMEOUT;
        if (SleepEx(LOOK_AGAIN, alertable) == WAIT_IO_COMPLETION)
            return WAIT_IO_COMPLETION;
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
