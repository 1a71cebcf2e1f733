/*
 * The conformance cases that speak of pointers and structures, and those whose
 * answer a C program reads from its own memory. The program is given the name
 * of a case; without one it prints all of them.
 */
#include "case.h"

static WSAOVERLAPPED *called_with;
static DWORD called_error, called_bytes, called_flags;
static HANDLE called_word;
static int calls;

static void CALLBACK routine(DWORD failure, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags) {
    calls++;
    called_error = failure;
    called_bytes = bytes;
    called_with = overlapped;
    called_word = overlapped->hEvent;
    called_flags = flags;
}

static int send_some(SOCKET s, DWORD *count, LPINT error_out) {
    WSABUF buffer = part("hello", 5);
    return spi.lpWSPSend(s, &buffer, 1, count, 0, NULL, NULL, NULL, error_out);
}

static BOOL is_set(WSAEVENT event) {
    return WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE) == WSA_WAIT_EVENT_0;
}

/* Waits, at most a minute, until the event is set. */
static BOOL becomes_set(WSAEVENT event) {
    return WSAWaitForMultipleEvents(1, &event, TRUE, 60000, FALSE) == WSA_WAIT_EVENT_0;
}

static void c001_startup_agrees_on_version_2_2(void) {
    WSPUPCALLTABLE upcalls = {0};
    WSPPROC_TABLE table = {0};
    WSPDATA data = {0};
    void *slots[sizeof table / sizeof(void *)];
    size_t slot;
    EXPECT(WSPStartup(MAKEWORD(2, 2), &data, NULL, upcalls, &table) == 0);
    EXPECT(data.wVersion == MAKEWORD(2, 2) && data.wHighVersion == MAKEWORD(2, 2));
    EXPECT(data.szDescription[0] != 0);
    EXPECT(sizeof slots / sizeof *slots == 30);
    memcpy(slots, &table, sizeof table);
    for (slot = 0; slot < 30; slot++)
        EXPECT(slots[slot] != NULL);
    EXPECT(table.lpWSPCleanup(&error) == 0);
}

static void c002_startup_without_room_for_its_answer_is_a_fault(void) {
    WSPUPCALLTABLE upcalls = {0};
    WSPPROC_TABLE table;
    WSPDATA data;
    EXPECT(WSPStartup(MAKEWORD(2, 2), NULL, NULL, upcalls, &table) == WSAEFAULT);
    EXPECT(WSPStartup(MAKEWORD(2, 2), &data, NULL, upcalls, NULL) == WSAEFAULT);
    EXPECT(WSPStartup(MAKEWORD(2, 2), NOWHERE, NULL, upcalls, &table) == WSAEFAULT);
    EXPECT_ERROR(WSPCleanup(&error), WSANOTINITIALISED);
}

static void c003_a_version_below_2_2_is_not_supported(void) {
    WSPUPCALLTABLE upcalls = {0};
    WSPPROC_TABLE table;
    WSPDATA data;
    EXPECT(WSPStartup(MAKEWORD(1, 1), &data, NULL, upcalls, &table) == WSAVERNOTSUPPORTED);
    EXPECT_ERROR(WSPCleanup(&error), WSANOTINITIALISED);
}

static void c005_after_the_last_cleanup_sockets_are_gone(void) {
    struct pair pair;
    DWORD count = MARK;
    start();
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(spi.lpWSPCleanup(&error) == 0);
    EXPECT(send_some(pair.a, &count, &error) == 0 && count == 5);
    EXPECT(spi.lpWSPCleanup(&error) == 0);
    count = MARK;
    EXPECT_ERROR(send_some(pair.a, &count, &error), WSAENOTSOCK);
    EXPECT(count == MARK);
}

static void c006_four_slots_always_refuse(void) {
    struct pair pair;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT_ERROR(spi.lpWSPSendDisconnect(pair.a, NULL, &error), WSASYSCALLFAILURE);
    EXPECT_ERROR(spi.lpWSPRecvDisconnect(pair.a, NULL, &error), WSASYSCALLFAILURE);
    EXPECT_ERROR(spi.lpWSPDuplicateSocket(pair.a, 1, NULL, &error), WSASYSCALLFAILURE);
    error = 0;
    EXPECT(spi.lpWSPJoinLeaf(pair.a, NULL, 0, NULL, NULL, NULL, NULL, 0, &error) ==
           INVALID_SOCKET);
    EXPECT(error == WSASYSCALLFAILURE);
}

/* A send of more than there is room for, on a socket that does not block. */
static int send_much(SOCKET s, DWORD *count, WSAOVERLAPPED *overlapped) {
    static char bytes[PENDING_BYTES];
    WSABUF buffer = part(bytes, sizeof bytes);
    EXPECT(nonblocking(s, 1) == 0);
    error = 0;
    return spi.lpWSPSend(s, &buffer, 1, count, 0, overlapped, NULL, NULL, &error);
}

static void c007_only_an_overlapped_socket_honours_an_overlapped_structure(void) {
    struct pair overlapped, plain;
    WSAOVERLAPPED honoured = {0}, ignored = {0}, untouched = {0};
    DWORD count = MARK;
    start();
    overlapped = stream_pair(WSA_FLAG_OVERLAPPED);
    plain = stream_pair(0);
    EXPECT(overlapped.a != plain.a);
    EXPECT(send_much(overlapped.a, &count, &honoured) == SOCKET_ERROR);
    EXPECT(error == WSA_IO_PENDING && count == MARK && honoured.Internal == 0x103);
    EXPECT(send_much(plain.a, &count, &ignored) == 0);
    EXPECT(count > 0 && count < PENDING_BYTES);
    EXPECT(memcmp(&ignored, &untouched, sizeof ignored) == 0);
}

static void c008_without_an_overlapped_structure_the_call_is_synchronous(void) {
    struct pair pair;
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(send_some(pair.a, &count, &error) == 0 && count == 5);
    EXPECT(SleepEx(0, TRUE) == 0);
    expect_received(pair.b, "hello", 5);
}

static void c010_a_synchronous_send_is_never_pending(void) {
    struct pair pair;
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    stall(pair);
    if (send_much(pair.a, &count, NULL) == 0)
        EXPECT(count > 0 && count < PENDING_BYTES);
    else
        EXPECT(error == WSAEWOULDBLOCK && count == MARK);
}

static void c011_a_routine_without_an_overlapped_structure_is_ignored(void) {
    struct pair pair;
    WSABUF buffer = part("hello", 5);
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, routine, NULL, &error) == 0);
    EXPECT(count == 5);
    expect_received(pair.b, "hello", 5);
    EXPECT(SleepEx(0, TRUE) == 0 && calls == 0);
}

static void c012_an_overlapped_send_pends_on_a_nonblocking_socket_too(void) {
    struct pair pair;
    WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    DWORD before, count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    before = stall(pair);
    EXPECT(send_much(pair.a, &count, &overlapped) == SOCKET_ERROR);
    EXPECT(error == WSA_IO_PENDING && count == MARK);
    drain(pair, before + PENDING_BYTES);
    EXPECT(becomes_set(overlapped.hEvent));
    EXPECT(ends(pair.a, &overlapped, &count) && count == PENDING_BYTES);
}

static void c013_an_operation_without_an_event_is_polled(void) {
    struct pending pending;
    DWORD count = MARK, flags = MARK;
    start();
    post(&pending, NULL, NULL);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, FALSE,
                                         &flags, &error));
    EXPECT(error == WSA_IO_INCOMPLETE && count == MARK && flags == MARK);
    drain(pending.pair, pending.before + PENDING_BYTES);
    while (!spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, FALSE,
                                         &flags, &error)) {
        EXPECT(error == WSA_IO_INCOMPLETE);
        Sleep(1);
    }
    EXPECT(count == PENDING_BYTES && flags == 0);
}

static void c014_a_plain_socket_ignores_the_overlapped_structure(void) {
    struct pair pair;
    WSAOVERLAPPED overlapped, before;
    WSABUF buffer = part("hello", 5);
    DWORD count = MARK;
    start();
    pair = stream_pair(0);
    memset(&overlapped, 0x5a, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    before = overlapped;
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, &overlapped, NULL, NULL, &error) == 0);
    EXPECT(count == 5);
    EXPECT(memcmp(&overlapped, &before, sizeof before) == 0);
    EXPECT(!is_set(overlapped.hEvent));
    /* Not even a pointer that is none is looked at. */
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NOWHERE, NULL, NULL, &error) == 0);
    expect_received(pair.b, "hellohello", 10);
}

static void c017_a_plain_socket_does_not_look_at_the_thread(void) {
    struct pair pair;
    WSATHREADID garbage;
    LPWSATHREADID threads[] = {NULL, &garbage, NOWHERE};
    WSAOVERLAPPED overlapped = {0};
    WSABUF buffer = part("hello", 5);
    size_t position;
    start();
    memset(&garbage, 0xa5, sizeof garbage);
    pair = stream_pair(0);
    for (position = 0; position < 3; position++) {
        DWORD count = MARK;
        EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, &overlapped, routine,
                             threads[position], &error) == 0);
        EXPECT(count == 5);
        expect_received(pair.b, "hello", 5);
    }
    EXPECT(SleepEx(0, TRUE) == 0 && calls == 0);
}

static void c018_the_result_alone_decides_success(void) {
    struct pair pair;
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    error = 4711;
    EXPECT(send_some(pair.a, &count, &error) == 0);
    EXPECT(count == 5);
}

static void c019_invalid_socket_is_not_sock(void) {
    DWORD count = MARK;
    start();
    EXPECT_ERROR(send_some(INVALID_SOCKET, &count, &error), WSAENOTSOCK);
    EXPECT(count == MARK);
    EXPECT(send(INVALID_SOCKET, "a", 1, 0) == SOCKET_ERROR);
    EXPECT(WSAGetLastError() == WSAENOTSOCK);
}

static void c020_invalid_socket_is_not_sock_before_a_null_count(void) {
    start();
    EXPECT_ERROR(send_some(INVALID_SOCKET, NULL, &error), WSAENOTSOCK);
    EXPECT_ERROR(spi.lpWSPSend(INVALID_SOCKET, NOWHERE, 0, NOWHERE, 0x4000, NOWHERE, NULL, NULL,
                               &error),
                 WSAENOTSOCK);
}

static void c021_a_closed_socket_is_no_socket(void) {
    struct pair pair;
    DWORD count = MARK;
    SOCKET closed;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    closed = pair.a;
    EXPECT(spi.lpWSPCloseSocket(closed, &error) == 0);
    EXPECT_ERROR(send_some(closed, &count, &error), WSAENOTSOCK);
    EXPECT_ERROR(spi.lpWSPCloseSocket(closed, &error), WSAENOTSOCK);
    /* Its number is not given to the next socket. */
    EXPECT(new_socket(SOCK_STREAM, 0) != closed);
    EXPECT_ERROR(send_some(closed, &count, &error), WSAENOTSOCK);
    EXPECT(count == MARK);
}

static void c022_a_number_that_is_no_socket_is_not_sock(void) {
    WSAEVENT event = WSACreateEvent();
    DWORD count = MARK;
    start();
    EXPECT_ERROR(send_some((SOCKET)event, &count, &error), WSAENOTSOCK);
    EXPECT_ERROR(send_some(0, &count, &error), WSAENOTSOCK);
    EXPECT_ERROR(send_some(1, &count, &error), WSAENOTSOCK);
    EXPECT_ERROR(send_some(0x7ffffffc, &count, &error), WSAENOTSOCK);
    EXPECT(count == MARK);
    EXPECT(WSACloseEvent(event));
}

static void c023_no_count_and_no_overlapped_is_a_fault(void) {
    struct pair pair;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT_ERROR(send_some(pair.a, NULL, &error), WSAEFAULT);
    EXPECT_ERROR(send_some(pair.a, NOWHERE, &error), WSAEFAULT);
    expect_nothing(pair);
}

static void c025_a_null_array_is_a_fault(void) {
    struct pair pair;
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, NULL, 1, &count, 0, NULL, NULL, NULL, &error), WSAEFAULT);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, NOWHERE, 1, &count, 0, NULL, NULL, NULL, &error),
                 WSAEFAULT);
    /* An array that begins in memory and ends beyond it. */
    {
        WSABUF buffer = part("a", 1);
        EXPECT_ERROR(spi.lpWSPSend(pair.a, &buffer, 0xFFFFFFFF, &count, 0, NULL, NULL, NULL,
                                   &error),
                     WSAEFAULT);
    }
    EXPECT(count == MARK);
    expect_nothing(pair);
}

static void c026_a_null_buffer_is_a_fault(void) {
    struct pair pair;
    WSABUF buffer = part(NULL, 10);
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, NULL, NULL, &error),
                 WSAEFAULT);
    buffer = part("a", 0xFFFFFFFF);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, NULL, NULL, &error),
                 WSAEFAULT);
    EXPECT(count == MARK);
    expect_nothing(pair);
}

static void c027_a_null_buffer_after_a_good_one_consumes_nothing(void) {
    struct pair pair;
    WSABUF buffers[2];
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    buffers[0] = part("good", 4);
    buffers[1] = part(NULL, 10);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, buffers, 2, &count, 0, NULL, NULL, NULL, &error),
                 WSAEFAULT);
    EXPECT(count == MARK);
    expect_nothing(pair);
}

static void c028_a_null_buffer_of_no_length_is_fine(void) {
    struct pair pair;
    WSABUF buffer = part(NULL, 0);
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, NULL, NULL, &error) == 0);
    EXPECT(count == 0);
    expect_nothing(pair);
}

static void c029_an_empty_array_is_invalid(void) {
    struct pair pair;
    WSABUF buffer = part("a", 1);
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, &buffer, 0, &count, 0, NULL, NULL, NULL, &error),
                 WSAEINVAL);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, NULL, 0, &count, 0, NULL, NULL, NULL, &error), WSAEINVAL);
    EXPECT(count == MARK);
    expect_nothing(pair);
}

static void c031_a_null_errno_is_not_written(void) {
    struct pair pair;
    WSABUF bad = part(NULL, 10);
    DWORD count = MARK;
    LPINT nowhere[] = {NULL, NOWHERE};
    size_t position;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    for (position = 0; position < 2; position++) {
        LPINT out = nowhere[position];
        EXPECT(send_some(INVALID_SOCKET, &count, out) == SOCKET_ERROR);
        EXPECT(send_some(INVALID_SOCKET, NULL, out) == SOCKET_ERROR);
        EXPECT(send_some(pair.a, NULL, out) == SOCKET_ERROR);
        EXPECT(spi.lpWSPSend(pair.a, NULL, 1, &count, 0, NULL, NULL, NULL, out) == SOCKET_ERROR);
        EXPECT(spi.lpWSPSend(pair.a, &bad, 1, &count, 0, NULL, NULL, NULL, out) == SOCKET_ERROR);
        EXPECT(spi.lpWSPSend(pair.a, &bad, 0, &count, 0, NULL, NULL, NULL, out) == SOCKET_ERROR);
        EXPECT(!spi.lpWSPGetOverlappedResult(pair.a, NULL, NULL, FALSE, NULL, out));
    }
    EXPECT(count == MARK);
    expect_nothing(pair);
}

static void c056_without_room_a_nonblocking_send_would_block(void) {
    struct pair pair;
    DWORD count, sent = 0;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    sent = stall(pair);
    EXPECT(nonblocking(pair.a, 1) == 0);
    error = 0;
    while (count = MARK, send_some(pair.a, &count, &error) == 0)
        sent += count;
    EXPECT(error == WSAEWOULDBLOCK && count == MARK);
    /* What was refused was not queued. */
    drain(pair, sent);
    EXPECT(nonblocking(pair.a, 0) == 0);
    expect_nothing(pair);
}

static void c066_nothing_sent_on_a_stream_is_nothing_received(void) {
    struct pair pair;
    WSABUF buffer = part("unused", 0);
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, NULL, NULL, &error) == 0);
    EXPECT(count == 0);
    expect_nothing(pair);
}

static void c069_what_is_pending_was_captured(void) {
    enum { PARTS = 40, SIZE = 50000 };
    static char bytes[PARTS][SIZE];
    static char received[SIZE];
    struct pair pair;
    WSAOVERLAPPED overlapped = {0};
    WSABUF parts[PARTS];
    DWORD before, count = MARK, flags, position;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    before = stall(pair);
    for (position = 0; position < PARTS; position++) {
        memset(bytes[position], 'a' + position % 26, SIZE);
        parts[position] = part(bytes[position], SIZE);
    }
    EXPECT_ERROR(spi.lpWSPSend(pair.a, parts, PARTS, &count, 0, &overlapped, NULL, NULL, &error),
                 WSA_IO_PENDING);
    memset(parts, 0xff, sizeof parts);
    drain(pair, before);
    for (position = 0; position < PARTS; position++) {
        WSABUF buffer = part(received, SIZE);
        flags = MSG_WAITALL;
        EXPECT(spi.lpWSPRecv(pair.b, &buffer, 1, &count, &flags, NULL, NULL, NULL, &error) == 0);
        EXPECT(count == SIZE && memcmp(received, bytes[position], SIZE) == 0);
    }
    while (!spi.lpWSPGetOverlappedResult(pair.a, &overlapped, &count, FALSE, &flags, &error)) {
        EXPECT(error == WSA_IO_INCOMPLETE);
        Sleep(1);
    }
    EXPECT(count == PARTS * SIZE);
}

static void c084_a_stream_ignores_the_address(void) {
    struct pair pair;
    WSABUF buffer = part("hello", 5);
    char garbage[16], before[16];
    DWORD count = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    memset(garbage, 0xA5, sizeof garbage);
    memcpy(before, garbage, sizeof garbage);
    EXPECT(spi.lpWSPSendTo(pair.a, &buffer, 1, &count, 0, (struct sockaddr *)garbage,
                           sizeof garbage, NULL, NULL, NULL, &error) == 0);
    EXPECT(count == 5 && memcmp(before, garbage, sizeof garbage) == 0);
    expect_received(pair.b, "hello", 5);
}

static void c085_an_address_of_another_family_is_a_fault(void) {
    struct pair pair;
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct sockaddr_in6 other = {.sin6_family = AF_INET6};
    int length = sizeof address;
    WSABUF buffer = part("a", 1);
    DWORD count = MARK;
    start();
    pair = datagram_pair();
    EXPECT(spi.lpWSPGetSockName(pair.b, (struct sockaddr *)&address, &length, &error) == 0);
    /* Too short, no memory, and another family. */
    EXPECT_ERROR(spi.lpWSPSendTo(pair.a, &buffer, 1, &count, 0, (struct sockaddr *)&address, 15,
                                 NULL, NULL, NULL, &error),
                 WSAEFAULT);
    EXPECT_ERROR(spi.lpWSPSendTo(pair.a, &buffer, 1, &count, 0, (struct sockaddr *)&address, -1,
                                 NULL, NULL, NULL, &error),
                 WSAEFAULT);
    EXPECT_ERROR(spi.lpWSPSendTo(pair.a, &buffer, 1, &count, 0, NOWHERE, sizeof address, NULL,
                                 NULL, NULL, &error),
                 WSAEFAULT);
    other.sin6_port = address.sin_port;
    other.sin6_addr = in6addr_loopback;
    EXPECT_ERROR(spi.lpWSPSendTo(pair.a, &buffer, 1, &count, 0, (struct sockaddr *)&other,
                                 sizeof other, NULL, NULL, NULL, &error),
                 WSAEFAULT);
    EXPECT(count == MARK);
    expect_nothing(pair);
}

static void c088_a_pending_operation_is_in_progress(void) {
    struct pending pending;
    WSAEVENT event = WSACreateEvent();
    start();
    post(&pending, event, NULL);
    EXPECT(pending.count == MARK);
    EXPECT(pending.overlapped.Internal == 0x103);
    EXPECT(!HasOverlappedIoCompleted(&pending.overlapped));
    EXPECT(!is_set(event));
}

static void c090_completion_sets_the_event_and_the_fields(void) {
    struct pending pending;
    WSAEVENT event = WSACreateEvent();
    DWORD count = MARK, flags = MARK;
    start();
    post(&pending, event, NULL);
    drain(pending.pair, pending.before + PENDING_BYTES);
    EXPECT(becomes_set(event));
    EXPECT(pending.overlapped.Internal != 0x103);
    EXPECT(pending.overlapped.InternalHigh == PENDING_BYTES);
    EXPECT(pending.overlapped.Offset == 0 && pending.overlapped.OffsetHigh == 0);
    EXPECT(pending.overlapped.hEvent == event);
    EXPECT(spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, FALSE,
                                        &flags, &error));
    EXPECT(count == PENDING_BYTES && flags == 0 && pending.count == MARK);
    /* Once. */
    EXPECT(WSAResetEvent(event) && !is_set(event));
}

static void c092_operations_report_their_own_counts_in_posting_order(void) {
    static char bytes[3][100000];
    static const DWORD lengths[3] = {100000, 1, 70000};
    struct pending first;
    WSAOVERLAPPED overlapped[3] = {{0}};
    DWORD position, count, total = 0;
    start();
    post(&first, NULL, NULL);
    for (position = 0; position < 3; position++) {
        WSABUF buffer = part(bytes[position], lengths[position]);
        memset(bytes[position], 'a' + position, lengths[position]);
        overlapped[position].hEvent = WSACreateEvent();
        EXPECT_ERROR(spi.lpWSPSend(first.pair.a, &buffer, 1, NULL, 0, &overlapped[position], NULL,
                                   NULL, &error),
                     WSA_IO_PENDING);
    }
    drain(first.pair, first.before + PENDING_BYTES);
    for (position = 0; position < 3; position++)
        for (total = 0; total < lengths[position]; total += count) {
            static char received[4096];
            WSABUF buffer = part(received, min(lengths[position] - total, (DWORD)sizeof received));
            DWORD flags = 0, at;
            EXPECT(spi.lpWSPRecv(first.pair.b, &buffer, 1, &count, &flags, NULL, NULL, NULL,
                                 &error) == 0);
            for (at = 0; at < count; at++)
                EXPECT(received[at] == (char)('a' + position));
        }
    for (position = 0; position < 3; position++) {
        EXPECT(becomes_set(overlapped[position].hEvent));
        EXPECT(ends(first.pair.a, &overlapped[position], &count) && count == lengths[position]);
        EXPECT(overlapped[position].InternalHigh == lengths[position]);
    }
}

static void c095_an_event_that_is_none_is_not_signalled(void) {
    struct pending pending;
    WSAEVENT closed = WSACreateEvent();
    DWORD count;
    start();
    EXPECT(WSACloseEvent(closed));
    post(&pending, closed, NULL);
    drain(pending.pair, pending.before + PENDING_BYTES);
    EXPECT(ends(pending.pair.a, &pending.overlapped, &count) && count == PENDING_BYTES);
    /* A number that never was an event. */
    post(&pending, (WSAEVENT)(ULONG_PTR)0x1234567, NULL);
    drain(pending.pair, pending.before + PENDING_BYTES);
    EXPECT(ends(pending.pair.a, &pending.overlapped, &count) && count == PENDING_BYTES);
}

static void c097_an_event_of_two_operations_is_not_their_result(void) {
    struct pending first;
    WSAEVENT event = WSACreateEvent();
    WSAOVERLAPPED second = {.hEvent = event};
    WSABUF buffer = part("hello", 5);
    DWORD count, flags;
    start();
    post(&first, event, NULL);
    EXPECT_ERROR(spi.lpWSPSend(first.pair.a, &buffer, 1, NULL, 0, &second, NULL, NULL, &error),
                 WSA_IO_PENDING);
    EXPECT(WSASetEvent(event));
    EXPECT(!spi.lpWSPGetOverlappedResult(first.pair.a, &second, &count, FALSE, &flags, &error));
    EXPECT(error == WSA_IO_INCOMPLETE && second.Internal == 0x103);
    drain(first.pair, first.before + PENDING_BYTES + 5);
    EXPECT(ends(first.pair.a, &first.overlapped, &count) && count == PENDING_BYTES);
    EXPECT(ends(first.pair.a, &second, &count) && count == 5);
}

static void c098_a_structure_can_be_used_again(void) {
    struct pending pending;
    WSAEVENT event = WSACreateEvent();
    WSABUF buffer;
    DWORD count;
    start();
    post(&pending, event, NULL);
    drain(pending.pair, pending.before + PENDING_BYTES);
    EXPECT(ends(pending.pair.a, &pending.overlapped, &count) && count == PENDING_BYTES);
    buffer = part(pending.buffer.buf, PENDING_BYTES / 2);
    EXPECT_ERROR(spi.lpWSPSend(pending.pair.a, &buffer, 1, NULL, 0, &pending.overlapped, NULL,
                               NULL, &error),
                 WSA_IO_PENDING);
    EXPECT(!is_set(event) && pending.overlapped.Internal == 0x103);
    drain(pending.pair, PENDING_BYTES / 2);
    EXPECT(becomes_set(event));
    EXPECT(ends(pending.pair.a, &pending.overlapped, &count) && count == PENDING_BYTES / 2);
}

static void c100_a_routine_is_told_the_outcome_once(void) {
    struct pending pending;
    start();
    post(&pending, NULL, routine);
    EXPECT(SleepEx(0, TRUE) == 0 && calls == 0);
    drain(pending.pair, pending.before + PENDING_BYTES);
    EXPECT(calls == 0);
    EXPECT(SleepEx(60000, TRUE) == WAIT_IO_COMPLETION && calls == 1);
    EXPECT(called_error == 0 && called_bytes == PENDING_BYTES && called_flags == 0);
    EXPECT(called_with == &pending.overlapped);
    EXPECT(pending.overlapped.InternalHigh == PENDING_BYTES);
    EXPECT(SleepEx(0, TRUE) == 0 && calls == 1);
}

static void c102_with_a_routine_the_event_is_the_clients_own(void) {
    struct pending pending;
    WSAEVENT set = WSACreateEvent(), unset = WSACreateEvent();
    WSAOVERLAPPED overlapped = {0};
    start();
    EXPECT(WSASetEvent(set));
    post(&pending, set, routine);
    EXPECT(is_set(set));
    drain(pending.pair, pending.before + PENDING_BYTES);
    EXPECT(SleepEx(60000, TRUE) == WAIT_IO_COMPLETION && calls == 1);
    EXPECT(called_word == set && is_set(set));

    overlapped.hEvent = unset;
    EXPECT(spi.lpWSPSend(pending.pair.a, &pending.buffer, 1, &pending.count, 0, &overlapped,
                         routine, NULL, &error) == 0 ||
           error == WSA_IO_PENDING);
    drain(pending.pair, PENDING_BYTES);
    EXPECT(SleepEx(60000, TRUE) == WAIT_IO_COMPLETION && calls == 2);
    EXPECT(called_word == unset && !is_set(unset));
}

static void c103_the_clients_word_reaches_the_routine(void) {
    struct pending pending;
    start();
    post(&pending, (HANDLE)0x12345678, routine);
    EXPECT(pending.overlapped.hEvent == (HANDLE)0x12345678);
    drain(pending.pair, pending.before + PENDING_BYTES);
    EXPECT(SleepEx(60000, TRUE) == WAIT_IO_COMPLETION && calls == 1);
    EXPECT(called_word == (HANDLE)0x12345678 && called_error == 0);
}

static void c109_an_operation_with_a_routine_can_be_polled(void) {
    struct pending pending;
    DWORD count = MARK, flags = MARK;
    start();
    post(&pending, NULL, routine);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, FALSE,
                                         &flags, &error));
    EXPECT(error == WSA_IO_INCOMPLETE && count == MARK);
    drain(pending.pair, pending.before + PENDING_BYTES);
    while (!spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, FALSE,
                                         &flags, &error)) {
        EXPECT(error == WSA_IO_INCOMPLETE);
        Sleep(1);
    }
    EXPECT(count == PENDING_BYTES && flags == 0 && calls == 0);
    EXPECT(SleepEx(0, TRUE) == WAIT_IO_COMPLETION && calls == 1);
}

static void c110_a_routine_runs_on_the_thread_that_was_named(void) {
    struct pair pair;
    WSATHREADID thread;
    WSAOVERLAPPED overlapped = {0};
    WSABUF buffer;
    DWORD before, count = MARK;
    static char bytes[PENDING_BYTES];
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    before = stall(pair);
    EXPECT(WPUOpenCurrentThread(&thread, &error) == 0);
    buffer = part(bytes, sizeof bytes);
    EXPECT_ERROR(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, &overlapped, routine, &thread,
                               &error),
                 WSA_IO_PENDING);
    memset(&thread, 0xa5, sizeof thread);
    drain(pair, before + sizeof bytes);
    EXPECT(SleepEx(60000, TRUE) == WAIT_IO_COMPLETION && calls == 1);
    EXPECT(called_bytes == sizeof bytes);
    /* A thread that does not exist would never run it, and is refused. */
    EXPECT_ERROR(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, &overlapped, routine, &thread,
                               &error),
                 WSAEINVAL);
    EXPECT(SleepEx(0, TRUE) == 0 && calls == 1);
}

static void c115_the_result_can_be_asked_for_again(void) {
    struct pair pair;
    WSAOVERLAPPED overlapped = {0};
    WSABUF buffer = part("hello", 5);
    DWORD count, flags;
    int time;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    overlapped.hEvent = WSACreateEvent();
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, NULL, 0, &overlapped, NULL, NULL, &error) == 0 ||
           error == WSA_IO_PENDING);
    EXPECT(becomes_set(overlapped.hEvent));
    for (time = 0; time < 3; time++) {
        count = flags = MARK;
        EXPECT(spi.lpWSPGetOverlappedResult(pair.a, &overlapped, &count, time == 1, &flags,
                                            &error));
        EXPECT(count == 5 && flags == 0);
    }
}

static void c118_waiting_needs_an_event(void) {
    struct pending pending;
    DWORD count = MARK, flags = MARK;
    start();
    post(&pending, NULL, NULL);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, TRUE,
                                         &flags, &error));
    EXPECT(error == WSA_INVALID_HANDLE && count == MARK && flags == MARK);
}

static void c119_waiting_for_an_operation_with_a_routine_is_invalid(void) {
    struct pending pending;
    DWORD count = MARK, flags = MARK;
    start();
    post(&pending, WSACreateEvent(), routine);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, TRUE,
                                         &flags, &error));
    EXPECT(error == WSAEINVAL && count == MARK && calls == 0);
}

static void c121_a_null_transfer_count_is_a_fault(void) {
    struct pair pair;
    WSAOVERLAPPED overlapped = {0};
    WSABUF buffer = part("hello", 5);
    DWORD count = MARK, flags = MARK;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, NULL, 0, &overlapped, NULL, NULL, &error) == 0);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pair.a, &overlapped, NULL, FALSE, &flags, &error));
    EXPECT(error == WSAEFAULT && flags == MARK);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pair.a, &overlapped, &count, FALSE, NOWHERE, &error));
    EXPECT(error == WSAEFAULT && count == MARK);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pair.a, NULL, &count, FALSE, &flags, &error));
    EXPECT(error == WSAEFAULT && count == MARK);
}

static void c123_close_ends_an_operation_with_an_event(void) {
    struct pending pending;
    WSAEVENT event = WSACreateEvent();
    start();
    post(&pending, event, NULL);
    EXPECT(spi.lpWSPCloseSocket(pending.pair.a, &error) == 0);
    EXPECT(is_set(event));
    EXPECT(pending.overlapped.Internal != 0x103);
    EXPECT(pending.overlapped.OffsetHigh == WSA_OPERATION_ABORTED);
}

static void c125_the_result_of_a_closed_sockets_operation_is_no_socket(void) {
    struct pending pending;
    DWORD count = MARK, flags = MARK;
    start();
    post(&pending, WSACreateEvent(), NULL);
    EXPECT(spi.lpWSPCloseSocket(pending.pair.a, &error) == 0);
    error = 0;
    EXPECT(!spi.lpWSPGetOverlappedResult(pending.pair.a, &pending.overlapped, &count, FALSE,
                                         &flags, &error));
    EXPECT(error == WSAENOTSOCK && count == MARK);
}

/* An overlapped send that is refused leaves everything as it was. */
static void refused(SOCKET s, int code) {
    int signalled;
    for (signalled = 0; signalled < 2; signalled++) {
        WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()}, before;
        WSABUF buffer = part("hello", 5);
        DWORD count = MARK;
        if (signalled)
            WSASetEvent(overlapped.hEvent);
        before = overlapped;
        EXPECT_ERROR(spi.lpWSPSend(s, &buffer, 1, &count, 0, &overlapped, NULL, NULL, &error),
                     code);
        EXPECT(count == MARK && is_set(overlapped.hEvent) == signalled);
        EXPECT(memcmp(&before, &overlapped, sizeof before) == 0);
    }
}

static void c136_an_overlapped_send_after_shutdown_indicates_nothing(void) {
    struct pair pair;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(spi.lpWSPShutdown(pair.a, SD_SEND, &error) == 0);
    refused(pair.a, WSAESHUTDOWN);
}

static void c140_after_a_reset_an_overlapped_send_starts_nothing(void) {
    struct pair pair;
    struct linger linger = {1, 0};
    char byte;
    WSABUF buffer = part(&byte, 1);
    DWORD count, flags = 0;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(spi.lpWSPSetSockOpt(pair.b, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger,
                               &error) == 0);
    EXPECT(spi.lpWSPCloseSocket(pair.b, &error) == 0);
    EXPECT_ERROR(spi.lpWSPRecv(pair.a, &buffer, 1, &count, &flags, NULL, NULL, NULL, &error),
                 WSAECONNRESET);
    refused(pair.a, WSAECONNRESET);
}

#define CASE(name) {#name, name}
static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    CASE(c001_startup_agrees_on_version_2_2),
    CASE(c002_startup_without_room_for_its_answer_is_a_fault),
    CASE(c003_a_version_below_2_2_is_not_supported),
    CASE(c005_after_the_last_cleanup_sockets_are_gone),
    CASE(c006_four_slots_always_refuse),
    CASE(c007_only_an_overlapped_socket_honours_an_overlapped_structure),
    CASE(c008_without_an_overlapped_structure_the_call_is_synchronous),
    CASE(c010_a_synchronous_send_is_never_pending),
    CASE(c011_a_routine_without_an_overlapped_structure_is_ignored),
    CASE(c012_an_overlapped_send_pends_on_a_nonblocking_socket_too),
    CASE(c013_an_operation_without_an_event_is_polled),
    CASE(c014_a_plain_socket_ignores_the_overlapped_structure),
    CASE(c017_a_plain_socket_does_not_look_at_the_thread),
    CASE(c018_the_result_alone_decides_success),
    CASE(c019_invalid_socket_is_not_sock),
    CASE(c020_invalid_socket_is_not_sock_before_a_null_count),
    CASE(c021_a_closed_socket_is_no_socket),
    CASE(c022_a_number_that_is_no_socket_is_not_sock),
    CASE(c023_no_count_and_no_overlapped_is_a_fault),
    CASE(c025_a_null_array_is_a_fault),
    CASE(c026_a_null_buffer_is_a_fault),
    CASE(c027_a_null_buffer_after_a_good_one_consumes_nothing),
    CASE(c028_a_null_buffer_of_no_length_is_fine),
    CASE(c029_an_empty_array_is_invalid),
    CASE(c031_a_null_errno_is_not_written),
    CASE(c056_without_room_a_nonblocking_send_would_block),
    CASE(c066_nothing_sent_on_a_stream_is_nothing_received),
    CASE(c069_what_is_pending_was_captured),
    CASE(c084_a_stream_ignores_the_address),
    CASE(c085_an_address_of_another_family_is_a_fault),
    CASE(c088_a_pending_operation_is_in_progress),
    CASE(c090_completion_sets_the_event_and_the_fields),
    CASE(c092_operations_report_their_own_counts_in_posting_order),
    CASE(c095_an_event_that_is_none_is_not_signalled),
    CASE(c097_an_event_of_two_operations_is_not_their_result),
    CASE(c098_a_structure_can_be_used_again),
    CASE(c100_a_routine_is_told_the_outcome_once),
    CASE(c102_with_a_routine_the_event_is_the_clients_own),
    CASE(c103_the_clients_word_reaches_the_routine),
    CASE(c109_an_operation_with_a_routine_can_be_polled),
    CASE(c110_a_routine_runs_on_the_thread_that_was_named),
    CASE(c115_the_result_can_be_asked_for_again),
    CASE(c118_waiting_needs_an_event),
    CASE(c119_waiting_for_an_operation_with_a_routine_is_invalid),
    CASE(c121_a_null_transfer_count_is_a_fault),
    CASE(c123_close_ends_an_operation_with_an_event),
    CASE(c125_the_result_of_a_closed_sockets_operation_is_no_socket),
    CASE(c136_an_overlapped_send_after_shutdown_indicates_nothing),
    CASE(c140_after_a_reset_an_overlapped_send_starts_nothing),
};

int main(int argc, char **argv) {
    size_t position;
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
