#include "server.h"

/* As many workers as clients that talk at a time; they take connections from a queue. */
static SOCKET *queue;
static int first, last, open = 1;
static HANDLE filled;
static CRITICAL_SECTION lock;

static DWORD WINAPI work(LPVOID parameter) {
    (void)parameter;
    for (;;) {
        SOCKET client;
        WaitForSingleObject(filled, INFINITE);
        EnterCriticalSection(&lock);
        client = first < last ? queue[first++] : INVALID_SOCKET;
        LeaveCriticalSection(&lock);
        if (client == INVALID_SOCKET)
            return !open;
        echo(client);
    }
}

int main(int argc, char **argv) {
    int clients = argc > 1 ? atoi(argv[1]) : 1, number;
    SOCKET listener = listens();
    HANDLE *workers = calloc((size_t)clients, sizeof *workers);
    queue = calloc((size_t)clients, sizeof *queue);
    filled = CreateSemaphore(NULL, 0, 2 * clients, NULL);
    InitializeCriticalSection(&lock);
    for (number = 0; number < clients; number++)
        workers[number] = CreateThread(NULL, 0, work, NULL, 0, NULL);
    for (number = 0; number < clients; number++) {
        SOCKET client = accept(listener, NULL, NULL);
        EnterCriticalSection(&lock);
        queue[last++] = client;
        LeaveCriticalSection(&lock);
        ReleaseSemaphore(filled, 1, NULL);
    }
    open = 0;
    ReleaseSemaphore(filled, clients, NULL);
    for (number = 0; number < clients; number++)
        WaitForSingleObject(workers[number], INFINITE);
    puts("served");
    return 0;
}
