/* WSAGetOverlappedResult in all its modes. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    char bytes[100];
    WSABUF buffer = {100, NULL};
    WSAOVERLAPPED overlapped, unused;
    DWORD count = 0xDEAD, flags = 0;

    start_winsock();
    stream_pair(&stream, &peer);
    buffer.buf = bytes;
    memset(&overlapped, 0, sizeof overlapped);
    memset(&unused, 0, sizeof unused);
    overlapped.hEvent = WSACreateEvent();

    note("pending");
    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &overlapped, NULL));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    CALL_BOOL(WSAGetOverlappedResult(INVALID_SOCKET, &overlapped, &count, FALSE, &flags));

    note("completed while waiting");
    CALL(send(peer, "abcdef", 6, 0));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, TRUE, &flags));
    note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));

    note("completed before");
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, TRUE, &flags));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);

    note("without a structure");
    CALL_BOOL(WSAGetOverlappedResult(stream, NULL, &count, FALSE, &flags));

    note("a structure that was never given to a call");
    count = 0xDEAD;
    CALL_BOOL(WSAGetOverlappedResult(stream, &unused, &count, FALSE, &flags));
    note("%u bytes", (unsigned)count);

    note("the end of the stream");
    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &overlapped, NULL));
    CALL(shutdown(peer, SD_SEND));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, TRUE, &flags));
    note("%u bytes", (unsigned)count);

    note("an operation that fails");
    CALL(WSARecv(peer, &buffer, 1, NULL, &flags, &overlapped, NULL));
    {
        struct linger at_once = {1, 0};
        setsockopt(stream, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once);
    }
    CALL(closesocket(stream));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, TRUE, &flags));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, FALSE, &flags));
    return done();
}
