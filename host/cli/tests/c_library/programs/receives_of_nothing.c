/* Receives of no bytes: on a stream they wait until there is something, of which they take nothing. */
#include "../case.h"

static WSABUF none[3];
static int calls;
static DWORD called_error;

static void CALLBACK routine(DWORD failure, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags) {
    EXPECT(bytes == 0 && flags == 0);
    (void)overlapped;
    calls++;
    called_error = failure;
}

static int receive(SOCKET s, WSAOVERLAPPED *overlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE then) {
    DWORD count = MARK, flags = 0;
    int result =
        spi.lpWSPRecv(s, none, 3, &count, &flags, overlapped, then, NULL, &error);
    EXPECT(result == 0 ? count == 0 && flags == 0 : count == MARK);
    return result;
}

static void sends(SOCKET s, const char *text) {
    WSABUF buffer = part(text, (DWORD)strlen(text));
    DWORD count;
    EXPECT(spi.lpWSPSend(s, &buffer, 1, &count, 0, NULL, NULL, NULL, &error) == 0);
}

static BOOL in_progress(SOCKET s, WSAOVERLAPPED *overlapped) {
    DWORD count, flags;
    error = 0;
    return !spi.lpWSPGetOverlappedResult(s, overlapped, &count, FALSE, &flags, &error) &&
           error == WSA_IO_INCOMPLETE;
}

/* How it ended: 0, or its error. */
static int end_of(SOCKET s, WSAOVERLAPPED *overlapped) {
    DWORD count = MARK, flags = MARK;
    if (!spi.lpWSPGetOverlappedResult(s, overlapped, &count, TRUE, &flags, &error))
        return error;
    EXPECT(count == 0 && flags == 0 && overlapped->InternalHigh == 0);
    return 0;
}

static void an_event_tells_of_data(void) {
    struct pair pair = stream_pair(WSA_FLAG_OVERLAPPED);
    WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    EXPECT_ERROR(receive(pair.b, &overlapped, NULL), WSA_IO_PENDING);
    EXPECT(in_progress(pair.b, &overlapped));
    sends(pair.a, "ab");
    EXPECT(end_of(pair.b, &overlapped) == 0);
    EXPECT(WaitForSingleObject(overlapped.hEvent, 0) == WAIT_OBJECT_0);
    EXPECT(WSAResetEvent(overlapped.hEvent));
    /* They are still there, and the next one is done at once. */
    EXPECT(receive(pair.b, &overlapped, NULL) == 0);
    EXPECT(WaitForSingleObject(overlapped.hEvent, 0) == WAIT_OBJECT_0);
    EXPECT(receive(pair.b, NULL, NULL) == 0);
    expect_received(pair.b, "ab", 2);
    EXPECT_ERROR(receive(pair.b, &overlapped, NULL), WSA_IO_PENDING);
}

static void a_routine_tells_of_data(void) {
    struct pair pair = stream_pair(WSA_FLAG_OVERLAPPED);
    WSAOVERLAPPED overlapped = {0};
    EXPECT_ERROR(receive(pair.b, &overlapped, routine), WSA_IO_PENDING);
    EXPECT(SleepEx(0, TRUE) == 0 && calls == 0);
    sends(pair.a, "ab");
    EXPECT(SleepEx(60000, TRUE) == WSA_WAIT_IO_COMPLETION && calls == 1 && called_error == 0);
    EXPECT(receive(pair.b, &overlapped, routine) == 0 && calls == 1);
    EXPECT(SleepEx(0, TRUE) == WSA_WAIT_IO_COMPLETION && calls == 2 && called_error == 0);
    expect_received(pair.b, "ab", 2);
}

static void a_synchronous_one_waits_or_would_block(void) {
    struct pair pair = stream_pair(WSA_FLAG_OVERLAPPED);
    DWORD limit = 20;
    EXPECT(nonblocking(pair.b, 1) == 0);
    EXPECT_ERROR(receive(pair.b, NULL, NULL), WSAEWOULDBLOCK);
    EXPECT(recv(pair.b, NULL, 0, MSG_PEEK) == SOCKET_ERROR && WSAGetLastError() == WSAEWOULDBLOCK);
    EXPECT(nonblocking(pair.b, 0) == 0);
    EXPECT(spi.lpWSPSetSockOpt(pair.b, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit,
                               &error) == 0);
    EXPECT_ERROR(receive(pair.b, NULL, NULL), WSAETIMEDOUT);
    sends(pair.a, "ab");
    limit = 0;
    EXPECT(spi.lpWSPSetSockOpt(pair.b, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit,
                               &error) == 0);
    EXPECT(receive(pair.b, NULL, NULL) == 0);
    EXPECT(recv(pair.b, NULL, 0, MSG_PEEK) == 0);
    EXPECT(nonblocking(pair.b, 1) == 0);
    EXPECT(receive(pair.b, NULL, NULL) == 0);
    expect_received(pair.b, "ab", 2);
}

static void the_end_of_the_stream_is_something(void) {
    struct pair pair = stream_pair(WSA_FLAG_OVERLAPPED);
    WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    EXPECT_ERROR(receive(pair.b, &overlapped, NULL), WSA_IO_PENDING);
    EXPECT(spi.lpWSPShutdown(pair.a, SD_SEND, &error) == 0);
    EXPECT(end_of(pair.b, &overlapped) == 0);
    EXPECT(receive(pair.b, NULL, NULL) == 0);
    EXPECT(receive(pair.b, &overlapped, NULL) == 0);
}

static void a_reset_ends_it(void) {
    struct pair pair = stream_pair(WSA_FLAG_OVERLAPPED);
    WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    struct linger at_once = {1, 0};
    EXPECT_ERROR(receive(pair.b, &overlapped, NULL), WSA_IO_PENDING);
    EXPECT(spi.lpWSPSetSockOpt(pair.a, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once,
                               &error) == 0);
    EXPECT(spi.lpWSPCloseSocket(pair.a, &error) == 0);
    EXPECT(end_of(pair.b, &overlapped) == WSAECONNRESET);
    EXPECT_ERROR(receive(pair.b, NULL, NULL), WSAECONNRESET);
}

static void cancelling_and_closing_abort_it(void) {
    struct pair pair = stream_pair(WSA_FLAG_OVERLAPPED);
    WSAOVERLAPPED cancelled = {.hEvent = WSACreateEvent()}, closed = {0};
    EXPECT_ERROR(receive(pair.b, &cancelled, NULL), WSA_IO_PENDING);
    EXPECT_ERROR(receive(pair.b, &closed, routine), WSA_IO_PENDING);
    EXPECT(CancelIoEx((HANDLE)pair.b, &cancelled));
    EXPECT(end_of(pair.b, &cancelled) == WSA_OPERATION_ABORTED);
    EXPECT(WaitForSingleObject(cancelled.hEvent, 0) == WAIT_OBJECT_0);
    calls = 0;
    EXPECT(spi.lpWSPCloseSocket(pair.b, &error) == 0);
    EXPECT(SleepEx(0, TRUE) == WSA_WAIT_IO_COMPLETION);
    EXPECT(calls == 1 && called_error == WSA_OPERATION_ABORTED);
}

/* Each is told of what comes, in the order of the calls, before it is taken. */
static void others_take_their_turn(void) {
    struct pair pair = stream_pair(WSA_FLAG_OVERLAPPED);
    WSAOVERLAPPED before = {.hEvent = WSACreateEvent()}, after = {.hEvent = WSACreateEvent()};
    WSAOVERLAPPED taking = {.hEvent = WSACreateEvent()};
    char bytes[3];
    WSABUF room = part(bytes, sizeof bytes);
    DWORD count, flags = 0;
    EXPECT_ERROR(receive(pair.b, &before, NULL), WSA_IO_PENDING);
    EXPECT_ERROR(spi.lpWSPRecv(pair.b, &room, 1, NULL, &flags, &taking, NULL, NULL, &error),
                 WSA_IO_PENDING);
    EXPECT_ERROR(receive(pair.b, &after, NULL), WSA_IO_PENDING);
    sends(pair.a, "abc");
    EXPECT(spi.lpWSPGetOverlappedResult(pair.b, &taking, &count, TRUE, &flags, &error));
    EXPECT(count == 3 && memcmp(bytes, "abc", 3) == 0);
    EXPECT(!in_progress(pair.b, &before) && end_of(pair.b, &before) == 0);
    EXPECT(in_progress(pair.b, &after));
    sends(pair.a, "d");
    EXPECT(end_of(pair.b, &after) == 0);
    /* What a synchronous receive takes was there for those before it. */
    expect_received(pair.b, "d", 1);
    EXPECT_ERROR(receive(pair.b, &before, NULL), WSA_IO_PENDING);
    sends(pair.a, "e");
    expect_received(pair.b, "e", 1);
    EXPECT(!in_progress(pair.b, &before) && end_of(pair.b, &before) == 0);
}

static void a_datagram_is_taken(void) {
    struct pair pair = datagram_pair();
    WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    EXPECT_ERROR(receive(pair.b, &overlapped, NULL), WSA_IO_PENDING);
    sends(pair.a, "one");
    EXPECT(end_of(pair.b, &overlapped) == WSAEMSGSIZE);
    sends(pair.a, "");
    EXPECT(recv(pair.b, NULL, 0, 0) == 0);
    sends(pair.a, "two");
    EXPECT(recv(pair.b, NULL, 0, 0) == SOCKET_ERROR && WSAGetLastError() == WSAEMSGSIZE);
    sends(pair.a, "three");
    expect_received(pair.b, "three", 5);
}

int main(void) {
    start();
    an_event_tells_of_data();
    a_routine_tells_of_data();
    a_synchronous_one_waits_or_would_block();
    the_end_of_the_stream_is_something();
    a_reset_ends_it();
    cancelling_and_closing_abort_it();
    others_take_their_turn();
    a_datagram_is_taken();
    return 0;
}
