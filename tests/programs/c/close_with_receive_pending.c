/* closesocket with a receive pending. */
#include "transcript.h"

static int calls;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    note("routine: %u bytes, flags %u", (unsigned)count, (unsigned)flags);
    note_error("routine", (int)error);
    calls++;
}

int main(void)
{
    SOCKET stream, peer;
    char bytes[10];
    WSABUF buffer = {10, NULL};
    WSAOVERLAPPED overlapped, another;
    DWORD flags = 0;

    start_winsock();
    buffer.buf = bytes;
    memset(&overlapped, 0, sizeof overlapped);
    memset(&another, 0, sizeof another);
    another.hEvent = WSACreateEvent();
    stream_pair(&stream, &peer);
    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &overlapped, routine));
    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, &another, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &another.hEvent, TRUE, 0, FALSE));
    CALL(closesocket(stream));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &another.hEvent, TRUE, 2000, FALSE));
    CALL_WAIT(SleepEx(2000, TRUE));
    note("calls %d", calls);
    CALL(recv(peer, bytes, sizeof bytes, 0));
    return done();
}
