/* MSG_WAITALL waits until the room is full, or the stream ends. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    WSABUF parts[2];
    DWORD count = 0, flags = MSG_WAITALL;
    WSAOVERLAPPED overlapped;
    char bytes[20];

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(send(stream, "abc", 3, 0));
    CALL(send(stream, "def", 3, 0));
    CALL(recv(peer, bytes, 6, MSG_WAITALL));
    note("%.6s", bytes);

    note("pending until all of it has arrived");
    parts[0].len = 4;
    parts[0].buf = bytes;
    parts[1].len = 4;
    parts[1].buf = bytes + 10;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    CALL(WSARecv(peer, parts, 2, NULL, &flags, &overlapped, NULL));
    CALL(send(stream, "ABCDE", 5, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 50, FALSE));
    CALL(send(stream, "FGH", 3, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, FALSE, &flags));
    note("%u bytes: %.4s %.4s", (unsigned)count, bytes, bytes + 10);

    note("the end of the stream");
    CALL(send(stream, "xy", 2, 0));
    CALL(shutdown(stream, SD_SEND));
    CALL(recv(peer, bytes, 6, MSG_WAITALL));
    CALL(recv(peer, bytes, 6, MSG_WAITALL));
    return done();
}
