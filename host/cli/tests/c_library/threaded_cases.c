/*
 * The conformance cases that need several threads. The program is given the name of a case;
 * without one it prints all of them.
 */
#include "case.h"

#include <windows.h>

static struct pair pair;
static HANDLE begins;

struct call {
    const void *bytes;
    DWORD length;
    DWORD count;
    int result;
    int error;
};

static DWORD WINAPI sends(LPVOID parameter) {
    struct call *call = parameter;
    WSABUF buffer = part(call->bytes, call->length);
    SetEvent(begins);
    call->result = spi.lpWSPSend(pair.a, &buffer, 1, &call->count, 0, NULL, NULL, NULL,
                                 &call->error);
    return 0;
}

static HANDLE begin(struct call *call, LPTHREAD_START_ROUTINE function) {
    HANDLE thread = CreateThread(NULL, 0, function, call, 0, NULL);
    EXPECT(thread != NULL && WaitForSingleObject(begins, 60000) == WAIT_OBJECT_0);
    return thread;
}

static void join(HANDLE thread) {
    EXPECT(WaitForSingleObject(thread, 60000) == WAIT_OBJECT_0);
    CloseHandle(thread);
}

#define RECORD 1000
#define RECORDS 100

static DWORD WINAPI sends_records(LPVOID parameter) {
    struct call *call = parameter;
    int number;
    SetEvent(begins);
    for (number = 0; number < RECORDS; number++) {
        WSABUF buffer = part(call->bytes, call->length);
        if (spi.lpWSPSend(pair.a, &buffer, 1, &call->count, 0, NULL, NULL, NULL, &call->error) != 0)
            return 1;
    }
    return 0;
}

static void c063_the_bytes_of_a_call_stay_together(void) {
    static char records[2][RECORD], received[RECORD];
    struct call calls[2] = {{records[0], RECORD, 0, 0, 0}, {records[1], RECORD, 0, 0, 0}};
    HANDLE threads[2];
    int number, position;
    start();
    pair = stream_pair(0);
    for (number = 0; number < 2; number++) {
        memset(records[number], 'a' + number, RECORD);
        threads[number] = begin(&calls[number], sends_records);
    }
    for (number = 0; number < 2 * RECORDS; number++) {
        for (position = 0; position < RECORD;) {
            int some = recv(pair.b, received + position, RECORD - position, 0);
            EXPECT(some > 0);
            position += some;
        }
        for (position = 1; position < RECORD; position++)
            EXPECT(received[position] == received[0]);
    }
    join(threads[0]);
    join(threads[1]);
}

static void c094_a_synchronous_send_does_not_overtake_pending_ones(void) {
    WSAOVERLAPPED overlapped[2] = {{0}, {0}};
    static char first[300000], second[300000];
    WSABUF buffers[2] = {{sizeof first, first}, {sizeof second, second}};
    struct call call = {"last", 4, 0, MARK, 0};
    DWORD count, before;
    HANDLE thread;
    char end[4];
    int number;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    memset(first, '1', sizeof first);
    memset(second, '2', sizeof second);
    before = stall(pair);
    EXPECT(nonblocking(pair.a, 0) == 0);
    for (number = 0; number < 2; number++)
        EXPECT_ERROR(spi.lpWSPSend(pair.a, &buffers[number], 1, &count, 0, &overlapped[number],
                                   NULL, NULL, &error),
                     WSA_IO_PENDING);
    thread = begin(&call, sends);
    EXPECT(WaitForSingleObject(thread, 0) == WAIT_TIMEOUT && call.result == MARK);
    /* What `stall` put in front may be a little more than it said. */
    drain(pair, before);
    for (number = 0; number < (int)sizeof first;) {
        int some = recv(pair.b, second, 1, 0);
        EXPECT(some == 1 && (second[0] == '1' || (number == 0 && second[0] != '2')));
        number += second[0] == '1';
        if (number == 1)
            break;
    }
    drain(pair, sizeof first - 1);
    drain(pair, sizeof second);
    EXPECT(recv(pair.b, end, 4, MSG_WAITALL) == 4 && memcmp(end, "last", 4) == 0);
    join(thread);
    EXPECT(call.result == 0 && call.count == 4);
    for (number = 0; number < 2; number++)
        EXPECT(ends(pair.a, &overlapped[number], &count) && count == sizeof first);
}

static DWORD WINAPI drains(LPVOID parameter) {
    struct pending *pending = parameter;
    SetEvent(begins);
    drain(pending->pair, pending->before + PENDING_BYTES);
    return 0;
}

static void c114_waiting_for_an_operation_ends_with_it(void) {
    static struct pending pending;
    DWORD count = MARK, flags = MARK;
    HANDLE thread;
    start();
    post(&pending, WSACreateEvent(), NULL);
    thread = CreateThread(NULL, 0, drains, &pending, 0, NULL);
    EXPECT(spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, TRUE, &flags,
                                        &error));
    EXPECT(count == PENDING_BYTES && flags == 0);
    join(thread);
}

static void c130_a_blocked_send_fails_when_its_socket_is_ended(void) {
    static char bytes[1 << 20];
    struct call call = {bytes, sizeof bytes, 0, MARK, 0};
    HANDLE thread;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    stall(pair);
    EXPECT(nonblocking(pair.a, 0) == 0);
    thread = begin(&call, sends);
    EXPECT(WaitForSingleObject(thread, 50) == WAIT_TIMEOUT);
    EXPECT(spi.lpWSPCloseSocket(pair.a, &error) == 0);
    join(thread);
    error = call.error;
    EXPECT(call.result == SOCKET_ERROR &&
           (error == WSAEINTR || error == WSAENOTSOCK || error == WSAECONNABORTED ||
            error == WSA_OPERATION_ABORTED));
}

#define CASE(name) {#name, name}
static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    CASE(c063_the_bytes_of_a_call_stay_together),
    CASE(c094_a_synchronous_send_does_not_overtake_pending_ones),
    CASE(c114_waiting_for_an_operation_ends_with_it),
    CASE(c130_a_blocked_send_fails_when_its_socket_is_ended),
};

int main(int argc, char **argv) {
    size_t position;
    begins = CreateEvent(NULL, FALSE, FALSE, NULL);
    for (position = 0; position < sizeof cases / sizeof *cases; position++) {
        if (argc < 2) {
            puts(cases[position].name);
        } else if (strcmp(argv[1], cases[position].name) == 0) {
            cases[position].run();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
