/* CancelIoEx ends what is pending, one operation or all of a socket. */
#include "transcript.h"

static int calls;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    (void)flags;
    calls++;
    note("routine: %u bytes", (unsigned)count);
    note_error("routine", (int)error);
}

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {10, NULL};
    WSAOVERLAPPED first, second, third, unused;
    DWORD count, flags = 0;
    char bytes[10];

    start_winsock();
    buffer.buf = bytes;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    memset(&third, 0, sizeof third);
    memset(&unused, 0, sizeof unused);
    first.hEvent = WSACreateEvent();
    second.hEvent = WSACreateEvent();
    stream_pair(&stream, &peer);

    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &first, NULL));
    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &second, NULL));
    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &third, routine));
    note("one of them");
    CALL_BOOL(CancelIoEx((HANDLE)stream, &first));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &first.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &first, &count, FALSE, &flags));
    CALL_BOOL(WSAGetOverlappedResult(stream, &second, &count, FALSE, &flags));
    note("the others go on");
    CALL(send(peer, "abc", 3, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &second.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &second, &count, FALSE, &flags));
    note("%u bytes", (unsigned)count);
    note("all");
    CALL_BOOL(CancelIoEx((HANDLE)stream, NULL));
    CALL_WAIT(SleepEx(10000, TRUE));
    note("calls %d", calls);
    note("none");
    CALL_BOOL(CancelIoEx((HANDLE)stream, &unused));
    note("the socket is as before");
    CALL(send(peer, "de", 2, 0));
    CALL(recv(stream, bytes, 2, MSG_WAITALL));
    return done();
}
