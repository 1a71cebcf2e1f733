#include "server.h"

#include <mswsock.h>

#define WORKERS 4

struct operation {
    OVERLAPPED overlapped;
    enum { ACCEPTING, RECEIVING, SENDING } kind;
    SOCKET socket;
    WSABUF rest;
    char bytes[8192];
};

static HANDLE port;
static SOCKET listener;
static LONG wanted, served;

static void need(int condition, const char *what) {
    if (condition)
        return;
    printf("%s: %d\n", what, WSAGetLastError());
    exit(1);
}

static void accept_next(void) {
    struct operation *operation = calloc(1, sizeof *operation);
    DWORD received;
    operation->kind = ACCEPTING;
    operation->socket = socket(AF_INET, SOCK_STREAM, 0);
    need(AcceptEx(listener, operation->socket, operation->bytes, 0, sizeof(struct sockaddr_in) + 16,
                  sizeof(struct sockaddr_in) + 16, &received, &operation->overlapped) ||
             WSAGetLastError() == ERROR_IO_PENDING,
         "AcceptEx");
}

static void receive(struct operation *operation) {
    WSABUF room = {sizeof operation->bytes, operation->bytes};
    DWORD flags = 0;
    memset(&operation->overlapped, 0, sizeof operation->overlapped);
    operation->kind = RECEIVING;
    need(WSARecv(operation->socket, &room, 1, NULL, &flags, &operation->overlapped, NULL) == 0 ||
             WSAGetLastError() == WSA_IO_PENDING,
         "WSARecv");
}

static void send_rest(struct operation *operation) {
    memset(&operation->overlapped, 0, sizeof operation->overlapped);
    operation->kind = SENDING;
    need(WSASend(operation->socket, &operation->rest, 1, NULL, 0, &operation->overlapped, NULL) ==
                 0 ||
             WSAGetLastError() == WSA_IO_PENDING,
         "WSASend");
}

static void ended(struct operation *operation) {
    shutdown(operation->socket, SD_SEND);
    closesocket(operation->socket);
    free(operation);
    if (InterlockedIncrement(&served) == wanted) {
        int worker;
        for (worker = 0; worker < WORKERS; worker++)
            PostQueuedCompletionStatus(port, 0, 1, NULL);
    }
}

static DWORD WINAPI work(LPVOID parameter) {
    (void)parameter;
    for (;;) {
        struct operation *operation;
        DWORD bytes = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *overlapped = NULL;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (overlapped == NULL)
            return 0;
        operation = CONTAINING_RECORD(overlapped, struct operation, overlapped);
        if (operation->kind == ACCEPTING) {
            if (ok) {
                need(CreateIoCompletionPort((HANDLE)operation->socket, port, 0, 0) == port,
                     "CreateIoCompletionPort");
                receive(operation);
                accept_next();
            }
        } else if (!ok || bytes == 0) {
            ended(operation);
        } else if (operation->kind == RECEIVING) {
            operation->rest.buf = operation->bytes;
            operation->rest.len = bytes;
            send_rest(operation);
        } else if (bytes < operation->rest.len) {
            operation->rest.buf += bytes;
            operation->rest.len -= bytes;
            send_rest(operation);
        } else {
            receive(operation);
        }
    }
}

int main(int argc, char **argv) {
    HANDLE workers[WORKERS];
    int worker;
    wanted = argc > 1 ? atoi(argv[1]) : 1;
    listener = listens();
    port = CreateIoCompletionPort((HANDLE)listener, NULL, 0, 0);
    need(port != NULL, "CreateIoCompletionPort");
    for (worker = 0; worker < WORKERS; worker++)
        workers[worker] = CreateThread(NULL, 0, work, NULL, 0, NULL);
    accept_next();
    WaitForMultipleObjects(WORKERS, workers, TRUE, INFINITE);
    puts("served");
    return 0;
}
