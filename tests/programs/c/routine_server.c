/* An echo server in which completion routines post the next receive or send; the loop only sleeps. */
#include "transcript.h"

struct client {
    WSAOVERLAPPED overlapped;
    SOCKET socket;
    char bytes[256];
    unsigned echoed;
    int ended;
};

static void CALLBACK received(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags);

static void receive(struct client *client)
{
    WSABUF buffer = {sizeof client->bytes, client->bytes};
    DWORD flags = 0;
    int result = WSARecv(client->socket, &buffer, 1, NULL, &flags, &client->overlapped, received);
    NEEDED(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
}

static void CALLBACK sent(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    struct client *client = (struct client *)overlapped;
    NEEDED(error == 0 && flags == 0);
    client->echoed += count;
    receive(client);
}

static void CALLBACK received(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    struct client *client = (struct client *)overlapped;
    WSABUF buffer = {count, client->bytes};
    int result;
    (void)flags;
    NEEDED(error == 0);
    if (count == 0) {
        client->ended = 1;
        return;
    }
    result = WSASend(client->socket, &buffer, 1, NULL, 0, &client->overlapped, sent);
    NEEDED(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
}

int main(void)
{
    SOCKET listener;
    int number;

    start_winsock();
    listener = listening_socket();
    fprintf(stderr, "listening on port %u\n", ntohs(local_address(listener).sin_port));
    for (number = 1; number <= 3; number++) {
        static struct client client;
        memset(&client, 0, sizeof client);
        client.socket = accept(listener, NULL, NULL);
        NEEDED(client.socket != INVALID_SOCKET);
        receive(&client);
        while (!client.ended)
            NEEDED(SleepEx(10000, TRUE) == WAIT_IO_COMPLETION);
        note("client %d: %u bytes echoed", number, client.echoed);
        CALL(closesocket(client.socket));
    }
    CALL(closesocket(listener));
    CALL(WSACleanup());
    return done();
}
