/* A thread for each client: eight of them at once, each of which is sent back what it sends. */
#include "transcript.h"
#include <process.h>

#define CLIENTS 8
#define LENGTH 131072

static struct sockaddr_in server;
static LONG served;

static unsigned __stdcall serve(void *parameter)
{
    SOCKET client = (SOCKET)(uintptr_t)parameter;
    char bytes[4096];
    int received;
    while ((received = recv(client, bytes, sizeof bytes, 0)) > 0) {
        int sent = 0;
        while (sent < received) {
            int part = send(client, bytes + sent, received - sent, 0);
            if (part <= 0)
                return 1;
            sent += part;
        }
    }
    shutdown(client, SD_SEND);
    closesocket(client);
    InterlockedIncrement(&served);
    return 0;
}

struct visit {
    SOCKET socket;
    unsigned seed;
    unsigned sent;
    unsigned received;
};

/* Sends and receives by turns of different lengths, so that clients take different ways. */
static DWORD WINAPI visits(LPVOID parameter)
{
    struct visit *visit = parameter;
    char out[3000], in[3000];
    int passed = 0;
    visit->sent = visit->received = CHECKSUM_OF_NOTHING;
    visit->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(visit->socket, (struct sockaddr *)&server, sizeof server) != 0)
        return (DWORD)WSAGetLastError();
    while (passed < LENGTH) {
        int length, position, back = 0;
        visit->seed = visit->seed * 1103515245 + 12345;
        length = 1 + (int)((visit->seed >> 16) % sizeof out);
        if (length > LENGTH - passed)
            length = LENGTH - passed;
        for (position = 0; position < length; position++)
            out[position] = (char)(visit->seed + (unsigned)position * 7);
        if (send(visit->socket, out, length, 0) != length)
            return 1;
        visit->sent = checksum(visit->sent, out, length);
        while (back < length) {
            int received = recv(visit->socket, in, length - back, 0);
            if (received <= 0)
                return 2;
            visit->received = checksum(visit->received, in, received);
            back += received;
        }
        passed += length;
    }
    shutdown(visit->socket, SD_SEND);
    if (recv(visit->socket, in, sizeof in, 0) != 0)
        return 3;
    closesocket(visit->socket);
    return 0;
}

int main(void)
{
    static struct visit visit[CLIENTS];
    HANDLE threads[CLIENTS], servers[CLIENTS];
    SOCKET listener, silent;
    DWORD code, codes = 0;
    char byte;
    int client, equal = 0;

    start_winsock();
    listener = listening_socket();
    server = local_address(listener);
    /* One that says nothing keeps nobody waiting. */
    silent = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(silent, listener);
    _beginthreadex(NULL, 0, serve, (void *)(uintptr_t)accept(listener, NULL, NULL), 0, NULL);
    for (client = 0; client < CLIENTS; client++) {
        visit[client].seed = (unsigned)client;
        threads[client] = CreateThread(NULL, 0, visits, &visit[client], 0, NULL);
    }
    for (client = 0; client < CLIENTS; client++) {
        SOCKET accepted = accept(listener, NULL, NULL);
        NEEDED(accepted != INVALID_SOCKET);
        servers[client] =
            (HANDLE)_beginthreadex(NULL, 0, serve, (void *)(uintptr_t)accepted, 0, NULL);
    }
    CALL_WAIT(WaitForMultipleObjects(CLIENTS, threads, TRUE, 30000));
    CALL_WAIT(WaitForMultipleObjects(CLIENTS, servers, TRUE, 30000));
    for (client = 0; client < CLIENTS; client++) {
        NEEDED(GetExitCodeThread(threads[client], &code));
        codes += code;
        equal += visit[client].sent == visit[client].received;
    }
    note("codes %u, equal %d, served %d", (unsigned)codes, equal, (int)served);
    CALL(send(silent, "x", 1, 0));
    CALL(recv(silent, &byte, 1, 0));
    note("the silent one: %c", byte);
    return done();
}
