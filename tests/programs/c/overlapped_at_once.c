/* Overlapped sends that find room: the notification has been given when the call returns. */
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
    WSABUF buffer = {5, "hello"};
    WSAOVERLAPPED overlapped;
    DWORD count = 0, flags = 99;
    int time;

    start_winsock();
    stream_pair(&stream, &peer);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();

    note("with an event");
    CALL_OVERLAPPED(WSASend(stream, &buffer, 1, &count, 0, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    for (time = 0; time < 3; time++) {
        count = 0;
        flags = 99;
        CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
        note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);
    }
    note("not in progress: %d, bytes %u", overlapped.Internal != 0x103, (unsigned)overlapped.InternalHigh);

    note("without an event");
    overlapped.hEvent = NULL;
    CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &overlapped, NULL));
    while (!WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags))
        NEEDED(WSAGetLastError() == WSA_IO_INCOMPLETE);
    note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);

    note("with a routine");
    CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &overlapped, routine));
    note("calls before an alertable wait: %d", calls);
    CALL_WAIT(SleepEx(10000, TRUE));
    note("calls: %d", calls);
    CALL_WAIT(SleepEx(0, TRUE));
    note("calls: %d", calls);

    drain(peer, 15, NULL);
    note("no more: %d", !is_readable(peer));
    return done();
}
