/* A structure used again after its operation, and an event shared by two operations. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    WSABUF small = {3, "abc"}, large = {1048576, NULL};
    WSAOVERLAPPED first, second;
    DWORD count, flags;
    int filled, round;

    start_winsock();
    stream_pair(&stream, &peer);
    large.buf = mebibyte('l');
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    first.hEvent = second.hEvent = WSACreateEvent();

    for (round = 1; round <= 3; round++) {
        small.len = (ULONG)round;
        CALL_OVERLAPPED(WSASend(stream, &small, 1, NULL, 0, &first, NULL));
        CALL_WAIT(WSAWaitForMultipleEvents(1, &first.hEvent, TRUE, 10000, FALSE));
        CALL_BOOL(WSAGetOverlappedResult(stream, &first, &count, FALSE, &flags));
        note("%u bytes", (unsigned)count);
        drain(peer, round, NULL);
    }

    filled = stall(stream);
    CALL(WSASend(stream, &large, 1, NULL, 0, &first, NULL));
    CALL(WSASend(stream, &large, 1, NULL, 0, &second, NULL));
    CALL_BOOL(WSAGetOverlappedResult(stream, &first, &count, FALSE, &flags));
    CALL_BOOL(WSAGetOverlappedResult(stream, &second, &count, FALSE, &flags));
    drain(peer, filled, NULL);
    drain(peer, 2 * 1048576, NULL);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &first.hEvent, TRUE, 10000, FALSE));
    while (!WSAGetOverlappedResult(stream, &second, &count, FALSE, &flags))
        NEEDED(WSAGetLastError() == WSA_IO_INCOMPLETE);
    note("second: %u bytes", (unsigned)count);
    CALL_BOOL(WSAGetOverlappedResult(stream, &first, &count, FALSE, &flags));
    note("first: %u bytes", (unsigned)count);
    return done();
}
