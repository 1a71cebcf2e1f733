/* What was accepted before the shutdown still goes out, and then the end of the stream. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {1048576, NULL};
    WSAOVERLAPPED overlapped;
    DWORD count, flags;
    char byte;
    int filled;

    start_winsock();
    stream_pair(&stream, &peer);
    filled = stall(stream);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    buffer.buf = mebibyte('p');
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &overlapped, NULL));
    CALL(shutdown(stream, SD_SEND));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    CALL(send(stream, "a", 1, 0));

    drain(peer, filled, NULL);
    drain(peer, 1048576, NULL);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    note("%u bytes", (unsigned)count);
    CALL(recv(peer, &byte, 1, 0));
    return done();
}
