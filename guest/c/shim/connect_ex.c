/* ConnectEx and DisconnectEx. */
#include "shim.h"

/* Starts the operation; the code, which is WSA_IO_PENDING if it was started. */
static int connect_ex(SOCKET s, const struct sockaddr *name, int namelen, PVOID data,
                      DWORD length, LPOVERLAPPED overlapped) {
    struct open_socket *socket = find_socket(s);
    struct overlapped_request request = {.socket = socket, .overlapped = overlapped};
    spi_program_list_u8_t part = {data, length};
    spi_program_list_list_u8_t parts = {&part, 1};
    winsock_spi_memory_own_wsabuf_array_t array;
    struct operation *operation;
    socket_address address;
    wsa_error error = WINSOCK_SPI_TYPES_WSA_ERROR_SYSCALL_FAILURE;
    int code;
    if (socket == NULL)
        return WSAENOTSOCK;
    if (length > 0 && !in_memory(data, length))
        return WSAEFAULT;
    code = read_address(name, namelen, &address);
    if (code != 0)
        return code;
    operation = new_operation(&request);
    if (operation == NULL)
        return WSAENOBUFS;
    if (length > 0)
        array = winsock_spi_memory_constructor_wsabuf_array(&parts);
    (void)winsock_spi_extensions_wsp_connect_ex(
        borrow_socket(socket), &address, length > 0 ? &array : NULL,
        winsock_spi_provider_borrow_overlapped(operation->own), &error);
    if (error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING)
        accepted(operation, &socket->sends);
    else
        drop_operation(operation);
    settle_socket(socket);
    settle();
    return number_of(error);
}

BOOL ConnectEx(SOCKET s, const struct sockaddr *name, int namelen, PVOID lpSendBuffer,
               DWORD dwSendDataLength, LPDWORD lpdwBytesSent, LPOVERLAPPED lpOverlapped) {
    if (!in_memory(lpOverlapped, sizeof *lpOverlapped) ||
        !null_or_in_memory(lpdwBytesSent, sizeof *lpdwBytesSent)) {
        WSASetLastError(lpOverlapped == NULL ? ERROR_INVALID_PARAMETER : WSAEFAULT);
        return FALSE;
    }
    /* As Windows does, also for calls that it refuses. */
    lpOverlapped->Internal = STATUS_PENDING;
    WSASetLastError(connect_ex(s, name, namelen, lpSendBuffer,
                               lpSendBuffer == NULL ? 0 : dwSendDataLength, lpOverlapped));
    return FALSE;
}

/* 0, or the code. */
static int disconnect_ex(SOCKET s, LPOVERLAPPED overlapped, DWORD flags, DWORD reserved) {
    struct open_socket *socket = find_socket(s);
    struct overlapped_request request = {.socket = socket, .overlapped = overlapped};
    struct operation *operation = NULL;
    borrowed_overlapped borrowed;
    wsa_error error;
    BOOL ok;
    if (socket == NULL)
        return WSAENOTSOCK;
    if (reserved != 0 || (flags & ~(DWORD)TF_REUSE_SOCKET) != 0)
        return WSAEINVAL;
    if (!null_or_in_memory(overlapped, sizeof *overlapped))
        return WSAEFAULT;
    if (overlapped != NULL) {
        operation = new_operation(&request);
        if (operation == NULL)
            return WSAENOBUFS;
        borrowed = winsock_spi_provider_borrow_overlapped(operation->own);
    }
    ok = winsock_spi_extensions_wsp_disconnect_ex(borrow_socket(socket),
                                                  (flags & TF_REUSE_SOCKET) != 0,
                                                  operation == NULL ? NULL : &borrowed, &error);
    if (operation != NULL && !ok && error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING)
        accepted(operation, &socket->sends);
    else if (operation != NULL)
        drop_operation(operation);
    settle_socket(socket);
    settle();
    return ok ? 0 : number_of(error);
}

BOOL DisconnectEx(SOCKET s, LPOVERLAPPED lpOverlapped, DWORD dwFlags, DWORD dwReserved) {
    int code = disconnect_ex(s, lpOverlapped, dwFlags, dwReserved);
    WSASetLastError(code);
    return code == 0;
}
