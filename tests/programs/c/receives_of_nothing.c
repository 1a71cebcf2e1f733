/* Receives of no bytes wait until a stream has something, and take nothing. */
#include "transcript.h"

static int calls;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    calls++;
    note("routine: error %u, %u bytes, flags %u", (unsigned)error, (unsigned)count, (unsigned)flags);
}

int main(void)
{
    SOCKET stream, peer;
    WSABUF none = {0, NULL};
    WSAOVERLAPPED overlapped;
    DWORD count = 0, flags = 0;
    char bytes[4];

    start_winsock();
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    stream_pair(&stream, &peer);

    note("nothing there");
    CALL(WSARecv(peer, &none, 1, NULL, &flags, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    CALL(send(stream, "ab", 2, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, FALSE, &flags));
    note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);

    note("data there");
    CALL_OVERLAPPED(WSARecv(peer, &none, 1, NULL, &flags, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL(recv(peer, bytes, 0, 0));
    CALL(recv(peer, bytes, 4, 0));

    note("synchronous");
    set_nonblocking(peer, 1);
    CALL(recv(peer, bytes, 0, 0));
    CALL(WSARecv(peer, &none, 1, &count, &flags, NULL, NULL));
    CALL(send(stream, "c", 1, 0));
    until_readable(peer);
    CALL(recv(peer, bytes, 0, 0));
    CALL(recv(peer, bytes, 4, 0));
    set_nonblocking(peer, 0);

    note("with a routine");
    CALL(WSARecv(peer, &none, 1, NULL, &flags, &overlapped, routine));
    CALL_WAIT(SleepEx(0, TRUE));
    CALL(send(stream, "d", 1, 0));
    CALL_WAIT(SleepEx(10000, TRUE));
    note("calls %d", calls);
    CALL(recv(peer, bytes, 4, 0));

    note("cancelled");
    CALL(WSARecv(peer, &none, 1, NULL, &flags, &overlapped, NULL));
    CALL_BOOL(CancelIoEx((HANDLE)peer, &overlapped));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, FALSE, &flags));

    note("at the end");
    CALL(WSARecv(peer, &none, 1, NULL, &flags, &overlapped, NULL));
    CALL(shutdown(stream, SD_SEND));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, FALSE, &flags));
    note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);
    CALL(recv(peer, bytes, 0, 0));
    return done();
}
