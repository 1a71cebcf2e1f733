/* AcceptEx: with and without first bytes, cancelled, closed, and what it refuses. */
#include "transcript.h"
#include <mswsock.h>

#define ROOM (sizeof(struct sockaddr_in) + 16)

static LPFN_ACCEPTEX accept_ex;
static LPFN_GETACCEPTEXSOCKADDRS get_addresses;
static char out[256];

static void *extension(SOCKET socket, GUID id)
{
    void *function = NULL;
    DWORD bytes = 0;
    NEEDED(WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                    sizeof function, &bytes, NULL, NULL) == 0);
    NEEDED(bytes == sizeof function);
    return function;
}

static SOCKET stream(void)
{
    SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    NEEDED(made != INVALID_SOCKET);
    return made;
}

/* Whether it was accepted: it may have ended by the time the call returns. */
static void accepts(SOCKET listener, SOCKET into, DWORD first, OVERLAPPED *overlapped)
{
    DWORD bytes = 0;
    BOOL done = accept_ex(listener, into, out, first, ROOM, ROOM, &bytes, overlapped);
    int error = WSAGetLastError();
    note("AcceptEx for %u bytes -> %s", (unsigned)first,
         done || error == ERROR_IO_PENDING ? "accepted" : error_name(error));
}

static void result(SOCKET listener, OVERLAPPED *overlapped)
{
    DWORD bytes = 0, flags = 0;
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped->hEvent, TRUE, 10000, FALSE));
    if (CALL_BOOL(WSAGetOverlappedResult(listener, overlapped, &bytes, FALSE, &flags)))
        note("%u bytes", (unsigned)bytes);
    NEEDED(WSAResetEvent(overlapped->hEvent));
}

static void tell_addresses(DWORD first, SOCKET listener, SOCKET client)
{
    struct sockaddr_in *local = NULL, *remote = NULL;
    int local_length = 0, remote_length = 0;
    get_addresses(out, first, ROOM, ROOM, (struct sockaddr **)&local, &local_length,
                  (struct sockaddr **)&remote, &remote_length);
    note("addresses of %d and %d bytes", local_length, remote_length);
    note("local port as bound: %d, remote port as the client's: %d",
         local->sin_port == local_address(listener).sin_port,
         remote->sin_port == local_address(client).sin_port);
}

int main(void)
{
    GUID of_accept_ex = WSAID_ACCEPTEX, of_addresses = WSAID_GETACCEPTEXSOCKADDRS;
    OVERLAPPED overlapped, second;
    SOCKET listener, into, other, client;
    char byte = 0;

    start_winsock();
    listener = listening_socket();
    accept_ex = (LPFN_ACCEPTEX)extension(listener, of_accept_ex);
    get_addresses = (LPFN_GETACCEPTEXSOCKADDRS)extension(listener, of_addresses);
    memset(&overlapped, 0, sizeof overlapped);
    memset(&second, 0, sizeof second);
    overlapped.hEvent = WSACreateEvent();
    second.hEvent = WSACreateEvent();

    note("a connection alone");
    into = stream();
    accepts(listener, into, 0, &overlapped);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    client = stream();
    connect_to(client, listener);
    result(listener, &overlapped);
    tell_addresses(0, listener, client);
    CALL(setsockopt(into, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener));
    CALL(send(into, "x", 1, 0));
    CALL(recv(client, &byte, 1, 0));
    closesocket(client);
    closesocket(into);

    note("a connection with its first bytes");
    into = stream();
    accepts(listener, into, 8, &overlapped);
    client = stream();
    connect_to(client, listener);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 100, FALSE));
    CALL(send(client, "first", 5, 0));
    result(listener, &overlapped);
    note("%.5s", out);
    tell_addresses(8, listener, client);
    closesocket(client);
    closesocket(into);

    note("a connection that ends without a byte");
    into = stream();
    accepts(listener, into, 8, &overlapped);
    client = stream();
    connect_to(client, listener);
    closesocket(client);
    result(listener, &overlapped);
    closesocket(into);

    note("two at once, in order");
    into = stream();
    other = stream();
    accepts(listener, into, 0, &overlapped);
    accepts(listener, other, 0, &second);
    client = stream();
    connect_to(client, listener);
    result(listener, &overlapped);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &second.hEvent, TRUE, 100, FALSE));

    note("the socket that waits is closed");
    closesocket(other);
    result(listener, &second);
    closesocket(client);
    closesocket(into);

    note("cancelled");
    into = stream();
    accepts(listener, into, 0, &overlapped);
    CALL_BOOL(CancelIo((HANDLE)listener));
    result(listener, &overlapped);

    note("the listening socket is closed");
    accepts(listener, into, 0, &overlapped);
    other = listening_socket();
    closesocket(listener);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    closesocket(into);
    listener = other;

    note("refused");
    into = stream();
    accepts(INVALID_SOCKET, into, 0, &overlapped);
    accepts(listener, INVALID_SOCKET, 0, &overlapped);
    CALL_BOOL(accept_ex(listener, into, out, 0, ROOM, ROOM, NULL, NULL));
    accepts(listener, into, 0, &overlapped);
    accepts(listener, into, 0, &second);
    closesocket(into);
    closesocket(listener);
    CALL(WSACleanup());
    return done();
}
