/* Workers that take accepted connections from a queue, and others that accept themselves. */
#include "transcript.h"

#define WORKERS 4
#define CLIENTS 12

static SOCKET listener, queue[CLIENTS + WORKERS];
static CRITICAL_SECTION lock;
static CONDITION_VARIABLE more;
static int first, last, by_worker[WORKERS];

static void answer(SOCKET client)
{
    char name[32];
    int length = recv(client, name, sizeof name, 0);
    if (length > 0) {
        CharUpperBuffA(name, (DWORD)length);
        send(client, name, length, 0);
    }
    closesocket(client);
}

static DWORD WINAPI takes(LPVOID parameter)
{
    for (;;) {
        SOCKET client;
        EnterCriticalSection(&lock);
        while (first == last)
            SleepConditionVariableCS(&more, &lock, INFINITE);
        client = queue[first++];
        LeaveCriticalSection(&lock);
        if (client == INVALID_SOCKET)
            return 0;
        answer(client);
        by_worker[(int)(ULONG_PTR)parameter]++;
    }
}

static DWORD WINAPI accepts(LPVOID parameter)
{
    SOCKET client;
    (void)parameter;
    while ((client = accept(listener, NULL, NULL)) != INVALID_SOCKET)
        answer(client);
    return 0;
}

static void put(SOCKET client)
{
    EnterCriticalSection(&lock);
    queue[last++] = client;
    LeaveCriticalSection(&lock);
    WakeConditionVariable(&more);
}

static void ask(SOCKET client, int number)
{
    char name[32];
    snprintf(name, sizeof name, "client %d", number);
    NEEDED(send(client, name, (int)strlen(name), 0) == (int)strlen(name));
}

static int answered(SOCKET client, int number)
{
    char expected[32], name[32] = "";
    int length = 0, part;
    snprintf(expected, sizeof expected, "CLIENT %d", number);
    while ((part = recv(client, name + length, (int)sizeof name - 1 - length, 0)) > 0)
        length += part;
    closesocket(client);
    return strcmp(expected, name) == 0;
}

int main(void)
{
    HANDLE threads[WORKERS];
    SOCKET clients[CLIENTS];
    int number, right = 0, sum = 0;

    start_winsock();
    listener = listening_socket();
    InitializeCriticalSection(&lock);
    InitializeConditionVariable(&more);
    for (number = 0; number < WORKERS; number++)
        threads[number] = CreateThread(NULL, 0, takes, (LPVOID)(ULONG_PTR)number, 0, NULL);
    for (number = 0; number < CLIENTS; number++) {
        clients[number] = socket(AF_INET, SOCK_STREAM, 0);
        connect_to(clients[number], listener);
        put(accept(listener, NULL, NULL));
    }
    /* The last ones speak first. */
    for (number = CLIENTS - 1; number >= CLIENTS - WORKERS; number--)
        ask(clients[number], number);
    for (number = 0; number < CLIENTS - WORKERS; number++)
        ask(clients[number], number);
    for (number = 0; number < CLIENTS; number++)
        right += answered(clients[number], number);
    for (number = 0; number < WORKERS; number++)
        put(INVALID_SOCKET);
    CALL_WAIT(WaitForMultipleObjects(WORKERS, threads, TRUE, 20000));
    for (number = 0; number < WORKERS; number++)
        sum += by_worker[number];
    note("right: %d, by workers: %d", right, sum);

    for (number = 0, right = 0; number < WORKERS; number++)
        threads[number] = CreateThread(NULL, 0, accepts, NULL, 0, NULL);
    for (number = 0; number < CLIENTS; number++) {
        SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
        connect_to(client, listener);
        ask(client, number);
        right += answered(client, number);
    }
    note("right: %d", right);
    CALL(closesocket(listener));
    CALL_WAIT(WaitForMultipleObjects(WORKERS, threads, TRUE, 20000));
    return done();
}
