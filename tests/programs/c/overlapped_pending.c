/* An overlapped send that has to wait: what is to be seen before, and after. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {1048576, NULL};
    WSAOVERLAPPED overlapped;
    DWORD count = 0xDEAD, flags = 99;
    int filled;

    start_winsock();
    stream_pair(&stream, &peer);
    filled = stall(stream);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    buffer.buf = mebibyte('o');

    CALL_BOOL(WSASetEvent(overlapped.hEvent));
    CALL(WSASend(stream, &buffer, 1, &count, 0, &overlapped, NULL));
    note("count untouched: %d, in progress: %d", count == 0xDEAD, overlapped.Internal == 0x103);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    /* A send that does not overlap has to queue behind it. */
    CALL(send(stream, "x", 1, 0));

    drain(peer, filled, NULL);
    drain(peer, 1048576 / 2, NULL);
    drain(peer, 1048576 / 2, NULL);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    note("%u bytes, flags %u, in progress: %d", (unsigned)count, (unsigned)flags, overlapped.Internal == 0x103);
    note("bytes in the structure: %u", (unsigned)overlapped.InternalHigh);
    CALL(send(stream, "x", 1, 0));
    note("no more than that: %d", recv(peer, mebibyte(0), 2, 0));
    return done();
}
