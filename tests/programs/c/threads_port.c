/* An echo server of four workers on a completion port, that is ended by posted packets. */
#include "transcript.h"

#define WORKERS 4
#define CLIENTS 6
#define LENGTH 65536

enum { POSTED = 7 };

struct connection {
    OVERLAPPED overlapped;
    SOCKET socket;
    int sending;
    int length;
    int sent;
    char bytes[2000];
};

static HANDLE port;
static LONG packets, ended, posted;

static void receive(struct connection *connection)
{
    WSABUF buffer = {sizeof connection->bytes, connection->bytes};
    DWORD flags = 0;
    connection->sending = 0;
    memset(&connection->overlapped, 0, sizeof connection->overlapped);
    if (WSARecv(connection->socket, &buffer, 1, NULL, &flags, &connection->overlapped, NULL) != 0)
        NEEDED(WSAGetLastError() == WSA_IO_PENDING);
}

static void send_back(struct connection *connection)
{
    WSABUF buffer;
    buffer.buf = connection->bytes + connection->sent;
    buffer.len = (ULONG)(connection->length - connection->sent);
    connection->sending = 1;
    memset(&connection->overlapped, 0, sizeof connection->overlapped);
    if (WSASend(connection->socket, &buffer, 1, NULL, 0, &connection->overlapped, NULL) != 0)
        NEEDED(WSAGetLastError() == WSA_IO_PENDING);
}

static DWORD WINAPI works(LPVOID parameter)
{
    (void)parameter;
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *overlapped = NULL;
        struct connection *connection;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE))
            return 1;
        if (key == POSTED) {
            InterlockedExchangeAdd(&posted, (LONG)bytes);
            return 0;
        }
        InterlockedIncrement(&packets);
        connection = (struct connection *)overlapped;
        if (key != (ULONG_PTR)connection)
            return 2;
        if (bytes == 0) {
            closesocket(connection->socket);
            InterlockedIncrement(&ended);
        } else if (!connection->sending) {
            connection->length = (int)bytes;
            connection->sent = 0;
            send_back(connection);
        } else {
            connection->sent += (int)bytes;
            if (connection->sent < connection->length)
                send_back(connection);
            else
                receive(connection);
        }
    }
}

static DWORD WINAPI visits(LPVOID parameter)
{
    SOCKET client = *(SOCKET *)parameter;
    unsigned sent = CHECKSUM_OF_NOTHING, received = CHECKSUM_OF_NOTHING, step = 1;
    static char out[LENGTH];
    char in[1500];
    int passed, back = 0;
    for (passed = 0; passed < LENGTH;) {
        int length = (int)(step * 37 % 1400) + 1, limit;
        if (length > LENGTH - passed)
            length = LENGTH - passed;
        step++;
        if (send(client, out + passed, length, 0) != length)
            return 1;
        sent = checksum(sent, out + passed, length);
        passed += length;
        /* Some of it stays on its way. */
        for (limit = passed < LENGTH ? passed - 5000 : LENGTH; back < limit;) {
            int part = recv(client, in, limit - back < (int)sizeof in ? limit - back : (int)sizeof in, 0);
            if (part <= 0)
                return 2;
            received = checksum(received, in, part);
            back += part;
        }
    }
    shutdown(client, SD_SEND);
    if (recv(client, in, sizeof in, 0) != 0)
        return 3;
    closesocket(client);
    return sent != received;
}

int main(void)
{
    static struct connection connections[CLIENTS];
    static SOCKET sockets[CLIENTS];
    HANDLE workers[WORKERS], clients[CLIENTS];
    DWORD bytes = 0, code, codes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED *overlapped = NULL;
    SOCKET listener;
    int number;

    start_winsock();
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2);
    NEEDED(port != NULL);
    for (number = 0; number < WORKERS; number++)
        workers[number] = CreateThread(NULL, 0, works, NULL, 0, NULL);
    listener = listening_socket();
    for (number = 0; number < CLIENTS; number++) {
        struct connection *connection = &connections[number];
        sockets[number] = socket(AF_INET, SOCK_STREAM, 0);
        connect_to(sockets[number], listener);
        connection->socket = accept(listener, NULL, NULL);
        NEEDED(CreateIoCompletionPort((HANDLE)connection->socket, port, (ULONG_PTR)connection,
                                      0) == port);
        receive(connection);
        clients[number] = CreateThread(NULL, 0, visits, &sockets[number], 0, NULL);
    }
    CALL_WAIT(WaitForMultipleObjects(CLIENTS, clients, TRUE, 30000));
    for (number = 0; number < CLIENTS; number++) {
        NEEDED(GetExitCodeThread(clients[number], &code));
        codes += code;
    }
    note("codes of clients: %u, ended: %d, packets: %d", (unsigned)codes, (int)ended, packets > 200);
    for (number = 0; number < WORKERS; number++)
        NEEDED(PostQueuedCompletionStatus(port, 10, POSTED, NULL));
    CALL_WAIT(WaitForMultipleObjects(WORKERS, workers, TRUE, 20000));
    note("posted: %d", (int)posted);
    SetLastError(0);
    CALL_BOOL(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 10));
    note("no structure: %d", overlapped == NULL);
    for (number = 0; number < WORKERS; number++)
        workers[number] = CreateThread(NULL, 0, works, NULL, 0, NULL);
    for (number = 0; number < 3; number++)
        NEEDED(PostQueuedCompletionStatus(port, 1, POSTED, NULL));
    while (posted < 43)
        Sleep(1);
    /* Nothing tells that the workers wait again; a moment is enough on every system. */
    Sleep(200);
    /* Who still waits for a port that is closed is told. */
    CALL_BOOL(CloseHandle(port));
    CALL_WAIT(WaitForMultipleObjects(WORKERS, workers, TRUE, 500));
    for (number = 0, codes = 0; number < WORKERS; number++) {
        NEEDED(GetExitCodeThread(workers[number], &code));
        codes += code;
    }
    note("codes of workers: %u", (unsigned)codes);
    return done();
}
