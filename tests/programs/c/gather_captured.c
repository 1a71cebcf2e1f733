/* The array of buffers may be on the stack: a pending send does not look at it again. */
#include "transcript.h"

static WSAOVERLAPPED overlapped;

static int post(SOCKET stream, char *bytes)
{
    WSABUF parts[3];
    int result;
    parts[0].len = 1000;
    parts[0].buf = bytes;
    parts[1].len = 1;
    parts[1].buf = "-";
    parts[2].len = 1048576 - 1001;
    parts[2].buf = bytes + 1000;
    result = CALL(WSASend(stream, parts, 3, NULL, 0, &overlapped, NULL));
    memset(parts, 0xFF, sizeof parts);
    return result;
}

int main(void)
{
    SOCKET stream, peer;
    char *bytes = mebibyte('b'), arrived[1001];
    unsigned sum = CHECKSUM_OF_NOTHING, expected = CHECKSUM_OF_NOTHING;
    DWORD count, flags;
    int filled;

    start_winsock();
    stream_pair(&stream, &peer);
    filled = stall(stream);
    overlapped.hEvent = WSACreateEvent();
    post(stream, bytes);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    drain(peer, filled, NULL);

    NEEDED(recv(peer, arrived, sizeof arrived, MSG_WAITALL) == (int)sizeof arrived);
    note("the first part %c, the second %c", arrived[999], arrived[1000]);
    drain(peer, 1048576 - 1001, &sum);
    expected = checksum(expected, bytes, 1048576 - 1001);
    note("the rest is what was sent: %d", sum == expected);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);
    return done();
}
