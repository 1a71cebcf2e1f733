/* A structure whose event is none: the operation is carried out, and nobody is told. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {5, "hello"};
    WSAOVERLAPPED overlapped;
    DWORD count = 0, flags = 0;
    int result;

    start_winsock();
    stream_pair(&stream, &peer);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    CALL_BOOL(WSACloseEvent(overlapped.hEvent));
    result = CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &overlapped, NULL));
    if (result == 0 || WSAGetLastError() == WSA_IO_PENDING) {
        drain(peer, 5, NULL);
        while (!WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags))
            NEEDED(WSAGetLastError() == WSA_IO_INCOMPLETE);
        note("%u bytes", (unsigned)count);
    }
    note("nothing is left: %d", !is_readable(peer));
    return done();
}
