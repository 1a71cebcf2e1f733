/* Which handles stand for an event: with the two lowest bits set too; and where none is needed. */
#include "../case.h"

static HANDLE tagged(HANDLE handle, ULONG_PTR tag) {
    return (HANDLE)((ULONG_PTR)handle | tag);
}

static BOOL is_set(HANDLE event) {
    return WaitForSingleObject(event, 0) == WAIT_OBJECT_0;
}

static void the_two_lowest_bits_do_not_count(void) {
    ULONG_PTR tag;
    for (tag = 0; tag < 4; tag++) {
        HANDLE event = WSACreateEvent(), other = tagged(event, tag);
        EXPECT(WSASetEvent(other) && is_set(event) && is_set(other));
        EXPECT(WSAResetEvent(other) && !is_set(event));
        EXPECT(WSACloseEvent(other) && !WSASetEvent(event));
        EXPECT(WSAGetLastError() == WSA_INVALID_HANDLE);
    }
}

static void an_operation_sets_a_tagged_event(struct pair pair) {
    HANDLE event = WSACreateEvent();
    WSAOVERLAPPED overlapped = {.hEvent = tagged(event, 1)};
    char byte;
    WSABUF room = part(&byte, 1), sent = part("x", 1);
    DWORD count, flags = 0;
    EXPECT_ERROR(
        spi.lpWSPRecv(pair.b, &room, 1, NULL, &flags, &overlapped, NULL, NULL, &error),
        WSA_IO_PENDING);
    EXPECT(!is_set(event));
    EXPECT(spi.lpWSPSend(pair.a, &sent, 1, &count, 0, NULL, NULL, NULL, &error) == 0);
    EXPECT(spi.lpWSPGetOverlappedResult(pair.b, &overlapped, &count, TRUE, &flags, &error));
    EXPECT(is_set(event) && count == 1 && overlapped.hEvent == tagged(event, 1));
    EXPECT(WSAResetEvent(event));
    EXPECT(spi.lpWSPSend(pair.a, &sent, 1, NULL, 0, &overlapped, NULL, NULL, &error) == 0);
    EXPECT(is_set(event));
    expect_received(pair.b, "x", 1);
}

static void without_events_to_select_the_handle_is_ignored(struct pair pair) {
    HANDLE closed = WSACreateEvent(), handles[4];
    size_t position;
    EXPECT(WSACloseEvent(closed));
    handles[0] = NULL;
    handles[1] = closed;
    handles[2] = (HANDLE)pair.a;
    handles[3] = NOWHERE;
    for (position = 0; position < 4; position++) {
        HANDLE event = WSACreateEvent();
        EXPECT(spi.lpWSPEventSelect(pair.a, event, FD_READ | FD_WRITE, &error) == 0);
        EXPECT_ERROR(nonblocking(pair.a, 0), WSAEINVAL);
        EXPECT(WSACloseEvent(event));
        EXPECT(spi.lpWSPEventSelect(pair.a, handles[position], 0, &error) == 0);
        EXPECT(nonblocking(pair.a, 0) == 0);
        EXPECT_ERROR(spi.lpWSPEventSelect(pair.a, handles[position], FD_READ, &error),
                     WSAEINVAL);
    }
    EXPECT_ERROR(spi.lpWSPEventSelect(INVALID_SOCKET, NULL, 0, &error), WSAENOTSOCK);
}

int main(void) {
    struct pair pair;
    start();
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    the_two_lowest_bits_do_not_count();
    an_operation_sets_a_tagged_event(pair);
    without_events_to_select_the_handle_is_ignored(pair);
    return 0;
}
