/* AcceptEx and GetAcceptExSockaddrs. */
#include "shim.h"

/* Where an accept operation writes when it has ended. */
struct accepting {
    SOCKET into;
    BYTE *out;
    DWORD receive_length;
    DWORD local_length;
    DWORD remote_length;
};

/* How an address stands behind the received bytes. */
struct kept_address {
    int length;
    struct sockaddr_storage address;
};

/* The room that Windows wants beyond the longest address. */
#define BEYOND 16

/* Keeps an address; FALSE if there is too little room. No room is none wanted. */
static BOOL keep_address(BYTE *out, DWORD room, const struct sockaddr_storage *address, int length) {
    if (room == 0)
        return TRUE;
    if (room < (DWORD)length + BEYOND)
        return FALSE;
    memcpy(out, &length, sizeof length);
    memcpy(out + offsetof(struct kept_address, address), address, (size_t)length);
    return TRUE;
}

/* Both addresses of the connection; 0, or the code. */
static DWORD keep_addresses(const struct accepting *accepting) {
    struct sockaddr_storage local, remote;
    int local_length = sizeof local, remote_length = sizeof remote;
    BYTE *out = accepting->out + accepting->receive_length;
    /* A connection that has failed since is found by its first transfer. */
    if (WSPGetSockName(accepting->into, (struct sockaddr *)&local, &local_length, NULL) != 0 ||
        WSPGetPeerName(accepting->into, (struct sockaddr *)&remote, &remote_length, NULL) != 0)
        return 0;
    if (!keep_address(out, accepting->local_length, &local, local_length) ||
        !keep_address(out + accepting->local_length, accepting->remote_length, &remote,
                      remote_length))
        return ERROR_INSUFFICIENT_BUFFER;
    return 0;
}

/* What has come by now; the operation has waited for it, so that this does not. */
static DWORD receive_first(const struct accepting *accepting) {
    WSABUF buffer = {accepting->receive_length, (CHAR *)accepting->out};
    DWORD received = 0, flags = 0;
    if (accepting->receive_length == 0 ||
        WSPRecv(accepting->into, &buffer, 1, &received, &flags, NULL, NULL, NULL, NULL) != 0)
        return 0;
    return received;
}

/* Writes what an accept has to write down; 0 with its bytes, or the code. */
static DWORD finish_accepting(struct accepting *accepting, DWORD *bytes) {
    DWORD code = keep_addresses(accepting);
    *bytes = code == 0 ? receive_first(accepting) : 0;
    return code;
}

/* Takes a connection that a condition function deferred; the code. */
static int take_deferred(struct open_socket *listener, struct accepting *accepting,
                         const struct overlapped_request *request) {
    DWORD bytes, code;
    exchange_sockets(accepting->into, listener->deferred);
    drop_socket(listener->deferred);
    listener->deferred = INVALID_SOCKET;
    code = finish_accepting(accepting, &bytes);
    return complete_here(request, bytes, (int)code, FALSE) ? WSA_IO_PENDING : WSAENOBUFS;
}

/* Starts the operation; the code, which is WSA_IO_PENDING if it was started. */
static int accept_ex(struct accepting *wanted, SOCKET listening, LPOVERLAPPED overlapped) {
    struct open_socket *listener = find_socket(listening), *into = find_socket(wanted->into);
    struct overlapped_request request = {.socket = listener, .overlapped = overlapped};
    struct operation *operation;
    wsa_error error = WINSOCK_SPI_TYPES_WSA_ERROR_SYSCALL_FAILURE;
    if (listener == NULL || into == NULL)
        return WSAENOTSOCK;
    if (wanted->remote_length == 0 ||
        !in_memory(wanted->out, (uint64_t)wanted->receive_length + wanted->local_length +
                                    wanted->remote_length))
        return WSAEFAULT;
    if (listener->deferred != INVALID_SOCKET && into->family == listener->family &&
        into->type == SOCK_STREAM)
        return take_deferred(listener, wanted, &request);
    operation = new_operation(&request);
    if (operation == NULL)
        return WSAENOBUFS;
    operation->accepting = malloc(sizeof *wanted);
    if (operation->accepting == NULL) {
        drop_operation(operation);
        return WSAENOBUFS;
    }
    *operation->accepting = *wanted;
    operation->finish = finish_accepting;
    (void)winsock_spi_extensions_wsp_accept_ex(
        borrow_socket(listener), borrow_socket(into), wanted->receive_length > 0,
        winsock_spi_provider_borrow_overlapped(operation->own), &error);
    if (error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING)
        accepted(operation, &listener->receives);
    else
        drop_operation(operation);
    settle_socket(listener);
    settle();
    return number_of(error);
}

BOOL AcceptEx(SOCKET sListenSocket, SOCKET sAcceptSocket, PVOID lpOutputBuffer,
              DWORD dwReceiveDataLength, DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
              LPDWORD lpdwBytesReceived, LPOVERLAPPED lpOverlapped) {
    struct accepting accepting = {
        .into = sAcceptSocket,
        .out = lpOutputBuffer,
        .receive_length = dwReceiveDataLength,
        .local_length = dwLocalAddressLength,
        .remote_length = dwRemoteAddressLength,
    };
    if (!in_memory(lpOverlapped, sizeof *lpOverlapped) ||
        !null_or_in_memory(lpdwBytesReceived, sizeof *lpdwBytesReceived)) {
        WSASetLastError(lpOverlapped == NULL ? ERROR_INVALID_PARAMETER : WSAEFAULT);
        return FALSE;
    }
    /* As Windows does, also for calls that it refuses. */
    lpOverlapped->Internal = STATUS_PENDING;
    WSASetLastError(accept_ex(&accepting, sListenSocket, lpOverlapped));
    return FALSE;
}

/* The address in an area; nothing is written for an area that there is not. */
static void find_address(BYTE *area, DWORD room, LPSOCKADDR *address, LPINT length) {
    struct kept_address *kept = (void *)area;
    if (room == 0)
        return;
    if (in_memory(length, sizeof *length))
        memcpy(length, &kept->length, sizeof *length);
    if (in_memory(address, sizeof *address))
        *address = (LPSOCKADDR)&kept->address;
}

void GetAcceptExSockaddrs(PVOID lpOutputBuffer, DWORD dwReceiveDataLength,
                          DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
                          LPSOCKADDR *LocalSockaddr, LPINT LocalSockaddrLength,
                          LPSOCKADDR *RemoteSockaddr, LPINT RemoteSockaddrLength) {
    BYTE *local = (BYTE *)lpOutputBuffer + dwReceiveDataLength;
    if (!in_memory(lpOutputBuffer, (uint64_t)dwReceiveDataLength + dwLocalAddressLength +
                                       dwRemoteAddressLength))
        return;
    find_address(local, dwLocalAddressLength, LocalSockaddr, LocalSockaddrLength);
    find_address(local + dwLocalAddressLength, dwRemoteAddressLength, RemoteSockaddr,
                 RemoteSockaddrLength);
}
