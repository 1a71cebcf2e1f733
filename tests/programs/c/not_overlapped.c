/* Sockets without the overlapped attribute: the structure does not count. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {100, NULL};
    WSAOVERLAPPED overlapped, before;
    DWORD count = 0;

    start_winsock();
    buffer.buf = mebibyte('n');
    stream = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0);
    peer = accepted_from(stream);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    before = overlapped;

    CALL(WSASend(stream, &buffer, 1, &count, 0, &overlapped, NULL));
    note("count %u", (unsigned)count);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    note("the structure is untouched: %d", memcmp(&before, &overlapped, sizeof before) == 0);
    drain(peer, 100, NULL);
    return done();
}
