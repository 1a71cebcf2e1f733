/* SO_RCVTIMEO and SO_SNDTIMEO end blocking calls, and nothing else. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    DWORD limit = 200, count = 0xDEAD, flags = 0;
    WSABUF buffer = {10, NULL};
    WSAOVERLAPPED overlapped;
    char bytes[10];

    start_winsock();
    stream_pair(&stream, &peer);
    buffer.buf = bytes;
    CALL(setsockopt(stream, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL(WSARecv(stream, &buffer, 1, &count, &flags, NULL, NULL));
    note("count untouched: %d", count == 0xDEAD);
    CALL(send(peer, "abc", 3, 0));
    CALL(recv(stream, bytes, sizeof bytes, 0));

    note("overlapped receives wait on");
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 400, FALSE));
    CALL(send(peer, "def", 3, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));

    note("sends");
    stall(peer);
    set_nonblocking(peer, 0);
    CALL(setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, (char *)&limit, sizeof limit));
    CALL(send(peer, mebibyte('t'), 1048576, 0));
    return done();
}
