/* WSAWaitForMultipleEvents: any, all, time-outs, alertable, and what it refuses. */
#include "transcript.h"

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    (void)flags;
    note("routine: error %u, %u bytes", (unsigned)error, (unsigned)count);
}

int main(void)
{
    WSAEVENT events[65];
    SOCKET stream, peer;
    WSAOVERLAPPED overlapped;
    WSABUF buffer = {3, "abc"};
    int number;

    start_winsock();
    for (number = 0; number < 65; number++)
        events[number] = WSACreateEvent();

    note("none set");
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, FALSE, 0, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, TRUE, 10, FALSE));
    note("one set");
    CALL_BOOL(WSASetEvent(events[1]));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, FALSE, 10000, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, FALSE, WSA_INFINITE, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, TRUE, 10, FALSE));
    note("two set: the lowest counts");
    CALL_BOOL(WSASetEvent(events[2]));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, FALSE, 10000, FALSE));
    note("all set");
    CALL_BOOL(WSASetEvent(events[0]));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, TRUE, 10000, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, TRUE, 10000, TRUE));
    CALL_BOOL(WSAResetEvent(events[0]));
    CALL_WAIT(WSAWaitForMultipleEvents(3, events, TRUE, 0, FALSE));

    note("alertable");
    stream_pair(&stream, &peer);
    memset(&overlapped, 0, sizeof overlapped);
    CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &overlapped, routine));
    CALL_WAIT(WSAWaitForMultipleEvents(1, events, FALSE, 0, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(1, events, FALSE, 10000, TRUE));
    CALL_WAIT(WSAWaitForMultipleEvents(1, events, FALSE, 0, TRUE));

    note("as many as allowed, and more");
    CALL_BOOL(WSASetEvent(events[63]));
    CALL_WAIT(WSAWaitForMultipleEvents(64, events + 0, FALSE, 0, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(65, events, FALSE, 0, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(0, events, FALSE, 0, FALSE));
    note("closed");
    CALL_BOOL(WSACloseEvent(events[5]));
    CALL_WAIT(WSAWaitForMultipleEvents(1, events + 5, FALSE, 0, FALSE));
    CALL_BOOL(WSASetEvent(events[5]));
    CALL_BOOL(WSAResetEvent(events[5]));
    CALL_BOOL(WSACloseEvent(events[5]));
    return done();
}
