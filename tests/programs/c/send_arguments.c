/* What WSASend says about its arguments, in which order, and that nothing was sent. */
#include "transcript.h"

#define MARK 0xDEAD

int main(void)
{
    SOCKET stream, peer;
    char bytes[10] = "012345678";
    WSABUF good = {10, NULL}, missing = {10, NULL}, empty = {0, NULL}, both[2];
    DWORD count = MARK;
    WSAOVERLAPPED overlapped;

    start_winsock();
    stream_pair(&stream, &peer);
    good.buf = bytes;
    both[0] = good;
    both[1] = missing;
    memset(&overlapped, 0, sizeof overlapped);

    CALL(WSASend(INVALID_SOCKET, &good, 1, &count, 0, NULL, NULL));
    CALL(WSASend(INVALID_SOCKET, &good, 1, NULL, 0, NULL, NULL));
    CALL(WSASend((SOCKET)4242424, &good, 1, &count, 0, NULL, NULL));
    CALL(WSASend(stream, &good, 1, NULL, 0, NULL, NULL));
    note("nothing arrived: %d", !is_readable(peer));
    CALL(WSASend(stream, NULL, 1, &count, 0, NULL, NULL));
    note("nothing arrived: %d", !is_readable(peer));
    CALL(WSASend(stream, &missing, 1, &count, 0, NULL, NULL));
    note("nothing arrived: %d", !is_readable(peer));
    CALL(WSASend(stream, both, 2, &count, 0, NULL, NULL));
    note("nothing arrived: %d", !is_readable(peer));
    note("the count is untouched: %d", count == MARK);
    CALL(WSASend(stream, &empty, 1, &count, 0, NULL, NULL));
    note("count %u", (unsigned)count);
    count = MARK;
    CALL(WSASend(stream, &good, 0, &count, 0, NULL, NULL));
    note("count untouched: %d", count == MARK);
    /* The count may be missing where an overlapped structure tells it. */
    CALL_OVERLAPPED(WSASend(stream, &good, 1, NULL, 0, &overlapped, NULL));
    drain(peer, 10, NULL);
    CALL(send(stream, NULL, 0, 0));
    CALL(send(stream, NULL, 10, 0));
    note("nothing arrived: %d", !is_readable(peer));
    return done();
}
