/* A reset ends the sends that were pending, with its own error. */
#include "transcript.h"

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)count;
    (void)overlapped;
    note("routine, flags %u", (unsigned)flags);
    note_error("routine", (int)error);
}

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {1048576, NULL};
    WSAOVERLAPPED with_event, with_routine;
    DWORD count = 0, flags;

    start_winsock();
    buffer.buf = mebibyte('r');
    memset(&with_event, 0, sizeof with_event);
    memset(&with_routine, 0, sizeof with_routine);
    with_event.hEvent = WSACreateEvent();
    stream_pair(&stream, &peer);
    stall(stream);
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &with_event, NULL));
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &with_routine, routine));
    /* It closes with bytes unread. */
    CALL(closesocket(peer));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &with_event.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &with_event, &count, FALSE, &flags));
    CALL_WAIT(SleepEx(10000, TRUE));
    CALL(send(stream, "a", 1, 0));
    return done();
}
