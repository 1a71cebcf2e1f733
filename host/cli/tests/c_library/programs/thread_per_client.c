#include "server.h"

static unsigned __stdcall serve(void *client) {
    echo((SOCKET)(uintptr_t)client);
    return 0;
}

int main(int argc, char **argv) {
    int clients = argc > 1 ? atoi(argv[1]) : 1, number;
    SOCKET listener = listens();
    HANDLE *threads = calloc((size_t)clients, sizeof *threads);
    for (number = 0; number < clients; number++)
        threads[number] = (HANDLE)_beginthreadex(
            NULL, 0, serve, (void *)(uintptr_t)accept(listener, NULL, NULL), 0, NULL);
    for (number = 0; number < clients; number++) {
        WaitForSingleObject(threads[number], INFINITE);
        CloseHandle(threads[number]);
    }
    puts("served");
    return 0;
}
