/* WSPGetOverlappedResult, and cancelling. */
#include "shim.h"

/* What the structure says of an operation that has ended. */
static BOOL finished(LPWSAOVERLAPPED overlapped, LPDWORD bytes, LPDWORD flags, LPINT error_out) {
    if (overlapped->OffsetHigh != 0) {
        /* As much of the datagram as there was room for has been received. */
        if (overlapped->OffsetHigh == WSAEMSGSIZE) {
            *bytes = (DWORD)overlapped->InternalHigh;
            *flags = overlapped->Offset;
        }
        fail(error_out, (int)overlapped->OffsetHigh);
        return FALSE;
    }
    *bytes = (DWORD)overlapped->InternalHigh;
    *flags = overlapped->Offset;
    return TRUE;
}

BOOL WSPGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer,
                            BOOL fWait, LPDWORD lpdwFlags, LPINT lpErrno) {
    struct open_socket *socket = find_socket(s);
    struct operation *operation;
    winsock_spi_provider_transfer_t transfer;
    wsa_error error;
    BOOL ok;
    if (socket == NULL) {
        fail(lpErrno, WSAENOTSOCK);
        return FALSE;
    }
    if (!in_memory(lpOverlapped, sizeof *lpOverlapped) ||
        !in_memory(lpcbTransfer, sizeof *lpcbTransfer) ||
        !in_memory(lpdwFlags, sizeof *lpdwFlags)) {
        fail(lpErrno, WSAEFAULT);
        return FALSE;
    }
    settle();
    if (lpOverlapped->Internal != STATUS_PENDING)
        return finished(lpOverlapped, lpcbTransfer, lpdwFlags, lpErrno);
    operation = find_pending(socket, lpOverlapped);
    if (operation == NULL) {
        /* Not an operation of this socket, whatever the structure says. */
        fail(lpErrno, fWait ? WSAEINVAL : WSA_IO_INCOMPLETE);
        return FALSE;
    }
    ok = winsock_spi_provider_wsp_get_overlapped_result(
        borrow_socket(socket), winsock_spi_provider_borrow_overlapped(operation->own),
        MAY_WAIT(fWait != 0), &transfer, &error);
#ifdef WSP_THREADS
    if (!ok && fWait && error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_INCOMPLETE)
        ok = wait_for_operation(operation, lpOverlapped, &error);
    /* Another thread has closed it. */
    if (find_socket(s) != socket)
        return finished(lpOverlapped, lpcbTransfer, lpdwFlags, lpErrno);
#endif
    settle();
    /* Others may have ended before it, and out of order. */
    settle_socket(socket);
    if (lpOverlapped->Internal != STATUS_PENDING)
        return finished(lpOverlapped, lpcbTransfer, lpdwFlags, lpErrno);
    fail_with(lpErrno, ok ? WINSOCK_SPI_TYPES_WSA_ERROR_IO_INCOMPLETE : error);
    return FALSE;
}

BOOL WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer,
                            BOOL fWait, LPDWORD lpdwFlags) {
    int code = 0;
    BOOL result =
        WSPGetOverlappedResult(s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags, &code);
    keep_code(result ? 0 : code);
    return result;
}

BOOL CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped) {
    struct open_socket *socket = find_socket((SOCKET)hFile);
    borrowed_overlapped borrowed;
    uint32_t ended = 0;
    wsa_error error;
    if (socket == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (lpOverlapped != NULL) {
        struct operation *operation = find_pending(socket, lpOverlapped);
        if (operation == NULL) {
            SetLastError(ERROR_NOT_FOUND);
            return FALSE;
        }
        borrowed = winsock_spi_provider_borrow_overlapped(operation->own);
    }
    if (!winsock_spi_provider_cancel_io_ex(borrow_socket(socket),
                                           lpOverlapped == NULL ? NULL : &borrowed, &ended,
                                           &error)) {
        SetLastError((DWORD)number_of(error));
        return FALSE;
    }
    /* What was cancelled need not be the first of its queue. */
    settle_socket(socket);
    settle();
    if (ended == 0)
        SetLastError(ERROR_NOT_FOUND);
    return ended > 0;
}

BOOL CancelIo(HANDLE hFile) {
    /* Those of other threads are ended too. Having none is not a failure here. */
    return CancelIoEx(hFile, NULL) || GetLastError() == ERROR_NOT_FOUND;
}
