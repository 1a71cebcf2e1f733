/* ConnectEx and DisconnectEx. */
#include "transcript.h"
#include <mswsock.h>

static LPFN_CONNECTEX connect_ex;
static LPFN_DISCONNECTEX disconnect_ex;

static void *extension(SOCKET socket, GUID id)
{
    void *function = NULL;
    DWORD bytes = 0;
    NEEDED(WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                    sizeof function, &bytes, NULL, NULL) == 0);
    return function;
}

static BOOL connects(SOCKET from, const struct sockaddr_in *to, const char *data, DWORD length,
                     OVERLAPPED *overlapped)
{
    DWORD bytes = 0;
    BOOL done = connect_ex(from, (const struct sockaddr *)to, sizeof *to, (void *)data, length,
                           &bytes, overlapped);
    int error = WSAGetLastError();
    BOOL accepted = done || error == ERROR_IO_PENDING;
    note("ConnectEx with %u bytes -> %s", (unsigned)length,
         accepted ? "accepted" : error_name(error));
    return accepted;
}

static void result(SOCKET socket, OVERLAPPED *overlapped)
{
    DWORD bytes = 0, flags = 0;
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped->hEvent, TRUE, 10000, FALSE));
    if (CALL_BOOL(WSAGetOverlappedResult(socket, overlapped, &bytes, FALSE, &flags)))
        note("%u bytes", (unsigned)bytes);
    NEEDED(WSAResetEvent(overlapped->hEvent));
}

int main(void)
{
    GUID of_connect = WSAID_CONNECTEX, of_disconnect = WSAID_DISCONNECTEX;
    SOCKET listener, client, server, fresh;
    struct sockaddr_in address, nobody;
    OVERLAPPED overlapped;
    char bytes[16] = {0};

    start_winsock();
    listener = listening_socket();
    address = local_address(listener);
    connect_ex = (LPFN_CONNECTEX)extension(listener, of_connect);
    disconnect_ex = (LPFN_DISCONNECTEX)extension(listener, of_disconnect);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();

    note("a connection alone");
    client = bound_socket(SOCK_STREAM);
    connects(client, &address, NULL, 0, &overlapped);
    result(client, &overlapped);
    CALL(setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
    server = accept(listener, NULL, NULL);
    CALL(send(client, "later", 5, 0));
    CALL(recv(server, bytes, sizeof bytes, 0));
    connects(client, &address, NULL, 0, &overlapped);
    closesocket(client);
    closesocket(server);

    note("a connection that sends");
    client = bound_socket(SOCK_STREAM);
    connects(client, &address, "at once", 7, &overlapped);
    result(client, &overlapped);
    server = accept(listener, NULL, NULL);
    CALL(recv(server, bytes, sizeof bytes, 0));
    note("%.7s", bytes);

    note("its end");
    CALL_BOOL(disconnect_ex(client, NULL, 0, 0));
    CALL(send(client, "x", 1, 0));
    CALL(recv(server, bytes, sizeof bytes, 0));
    CALL(send(server, "back", 4, 0));
    CALL(recv(client, bytes, sizeof bytes, 0));
    closesocket(client);
    closesocket(server);

    note("refused by nobody's port");
    client = bound_socket(SOCK_STREAM);
    fresh = bound_socket(SOCK_STREAM);
    nobody = local_address(fresh);
    closesocket(fresh);
    connects(client, &nobody, NULL, 0, &overlapped);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    {
        DWORD count = 0, flags = 0;
        CALL_BOOL(WSAGetOverlappedResult(client, &overlapped, &count, FALSE, &flags));
    }
    NEEDED(WSAResetEvent(overlapped.hEvent));
    closesocket(client);

    note("refused calls");
    connects(INVALID_SOCKET, &address, NULL, 0, &overlapped);
    fresh = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    connects(fresh, &address, NULL, 0, &overlapped);
    connects(listener, &address, NULL, 0, &overlapped);
    client = bound_socket(SOCK_STREAM);
    CALL_BOOL(connect_ex(client, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, NULL));
    CALL_BOOL(disconnect_ex(INVALID_SOCKET, NULL, 0, 0));
    CALL_BOOL(disconnect_ex(fresh, NULL, 0, 0));
    closesocket(client);
    closesocket(fresh);
    closesocket(listener);
    CALL(WSACleanup());
    return done();
}
