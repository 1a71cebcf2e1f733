/*
 * What threads cost a program: each way prints one number, nanoseconds or bytes.
 * Without THREADS it makes none, and is a program like any other.
 */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTES 64

static double nanoseconds(void) {
    LARGE_INTEGER now, second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    return (double)now.QuadPart * 1e9 / (double)second.QuadPart;
}

static void fail(const char *call) {
    fprintf(stderr, "%s failed with %d\n", call, WSAGetLastError());
    exit(1);
}

static int sends(const char *port, int count) {
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((u_short)atoi(port))};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    char bytes[BYTES] = {0};
    double begin = 0;
    int sent;
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s, (struct sockaddr *)&peer, sizeof peer) != 0)
        fail("connect");
    for (sent = -count / 10; sent < count; sent++) {
        if (sent == 0)
            begin = nanoseconds();
        if (send(s, bytes, BYTES, 0) != BYTES)
            fail("send");
    }
    printf("%f\n", (nanoseconds() - begin) / count);
    return closesocket(s);
}

#ifdef THREADS

static HANDLE never;

static DWORD WINAPI waiting(LPVOID unused) {
    return WaitForSingleObject(never, INFINITE);
}

static DWORD WINAPI giving(LPVOID unused) {
    for (;;)
        SwitchToThread();
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, LPVOID parameter) {
    HANDLE thread = CreateThread(NULL, 0, routine, parameter, 0, NULL);
    if (thread == NULL)
        fail("CreateThread");
    return thread;
}

/* Each turn of this thread is one of the other, too. */
static int switches(int count) {
    double begin = 0;
    int turn;
    start(giving, NULL);
    for (turn = -count / 10; turn < count; turn++) {
        if (turn == 0)
            begin = nanoseconds();
        SwitchToThread();
    }
    printf("%f\n", (nanoseconds() - begin) / count / 2);
    return 0;
}

static int memory(int count) {
    size_t before;
    int thread;
    start(waiting, NULL);
    Sleep(0);
    before = __builtin_wasm_memory_size(0);
    for (thread = 0; thread < count; thread++)
        start(waiting, NULL);
    Sleep(0);
    printf("%f\n", (double)(__builtin_wasm_memory_size(0) - before) * 65536 / count);
    return 0;
}

static DWORD WINAPI answering(LPVOID parameter) {
    SOCKET s = (SOCKET)(ULONG_PTR)parameter;
    struct sockaddr_in from;
    char bytes[BYTES];
    for (;;) {
        int length = sizeof from;
        int received = recvfrom(s, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
        if (received <= 0 || sendto(s, bytes, received, 0, (struct sockaddr *)&from, length) <= 0)
            fail("an answer");
    }
}

static SOCKET bound(struct sockaddr_in *local) {
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    int length = sizeof *local;
    memset(local, 0, sizeof *local);
    local->sin_family = AF_INET;
    local->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s == INVALID_SOCKET || bind(s, (struct sockaddr *)local, sizeof *local) != 0 ||
        getsockname(s, (struct sockaddr *)local, &length) != 0)
        fail("bind");
    return s;
}

/* A datagram to one thread after the other, each of which waits for it at a socket of its own. */
static int echoes(int threads, int count) {
    struct sockaddr_in own, *theirs = calloc(threads, sizeof *theirs);
    SOCKET s = bound(&own);
    char bytes[BYTES] = {0};
    double begin = 0;
    int thread, turn;
    for (thread = 0; thread < threads; thread++)
        start(answering, (LPVOID)(ULONG_PTR)bound(&theirs[thread]));
    for (turn = -threads; turn < count; turn++) {
        struct sockaddr_in *to = &theirs[(turn + threads) % threads];
        if (turn == 0)
            begin = nanoseconds();
        if (sendto(s, bytes, BYTES, 0, (struct sockaddr *)to, sizeof *to) != BYTES ||
            recv(s, bytes, BYTES, 0) != BYTES)
            fail("an echo");
    }
    printf("%f\n", (nanoseconds() - begin) / count);
    return 0;
}

#endif

int main(int argc, char **argv) {
    WSADATA data;
    const char *way = argc > 3 ? argv[1] : "";
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 1;
#ifdef THREADS
    never = CreateEvent(NULL, TRUE, FALSE, NULL);
    if (strcmp(way, "switches") == 0)
        exit(switches(atoi(argv[3])));
    if (strcmp(way, "memory") == 0)
        exit(memory(atoi(argv[2])));
    if (strcmp(way, "echoes") == 0)
        exit(echoes(atoi(argv[2]), atoi(argv[3])));
    start(waiting, NULL);
#endif
    if (strcmp(way, "sends") == 0)
        exit(sends(argv[2], atoi(argv[3])));
    return 2;
}
