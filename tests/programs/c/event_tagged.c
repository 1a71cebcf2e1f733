/* Event handles with their two lowest bits set, which do not count. */
#include "transcript.h"

static HANDLE tagged(HANDLE handle, ULONG_PTR tag)
{
    return (HANDLE)((ULONG_PTR)handle | tag);
}

static void is_set(const char *when, HANDLE event)
{
    note("set %s: %d", when, WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
}

int main(void)
{
    SOCKET stream, peer;
    char byte, *bytes = mebibyte('x');
    WSABUF buffer = {1048576, bytes}, one = {1, &byte};
    WSAOVERLAPPED overlapped;
    WSANETWORKEVENTS found;
    HANDLE event, automatic;
    DWORD count, flags = 0;
    int filled;

    start_winsock();
    stream_pair(&stream, &peer);
    memset(&overlapped, 0, sizeof overlapped);
    event = WSACreateEvent();

    note("set and reset");
    CALL_BOOL(WSASetEvent(tagged(event, 1)));
    is_set("through a tagged handle", event);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE));
    CALL_BOOL(WSAResetEvent(tagged(event, 3)));
    is_set("after it was reset so", event);
    automatic = CreateEventA(NULL, FALSE, TRUE, NULL);
    CALL_WAIT(WaitForSingleObject(tagged(automatic, 2), 0));
    is_set("after a wait that resets", automatic);

    note("a receive");
    overlapped.hEvent = tagged(event, 1);
    CALL(WSARecv(peer, &one, 1, NULL, &flags, &overlapped, NULL));
    is_set("while it is pending", event);
    CALL(send(stream, "a", 1, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, TRUE, &flags));
    note("%u byte: %c; the handle is as it was: %d", (unsigned)count, byte, overlapped.hEvent == tagged(event, 1));

    note("a send");
    filled = stall(stream);
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &overlapped, NULL));
    is_set("while it is pending", event);
    drain(peer, filled + 1048576, NULL);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    note("%u bytes", (unsigned)count);

    note("network events");
    CALL_BOOL(WSAResetEvent(event));
    CALL(WSAEventSelect(peer, tagged(event, 1), FD_READ));
    CALL(send(stream, "b", 1, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE));
    CALL(WSAEnumNetworkEvents(peer, tagged(event, 2), &found));
    is_set("after its events were told", event);

    note("closed");
    CALL_BOOL(WSACloseEvent(tagged(event, 1)));
    CALL_BOOL(WSASetEvent(event));
    return done();
}
