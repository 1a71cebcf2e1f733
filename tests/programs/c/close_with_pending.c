/* closesocket with overlapped sends pending: every one of them ends. */
#include "transcript.h"

static int calls;
static DWORD routine_error;
static LPWSAOVERLAPPED routine_overlapped;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)count;
    (void)flags;
    calls++;
    routine_error = error;
    routine_overlapped = overlapped;
}

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {1048576, NULL};
    WSAOVERLAPPED with_event, with_routine, polled;
    DWORD count, flags;

    start_winsock();
    buffer.buf = mebibyte('c');
    memset(&with_event, 0, sizeof with_event);
    memset(&with_routine, 0, sizeof with_routine);
    memset(&polled, 0, sizeof polled);
    with_event.hEvent = WSACreateEvent();

    stream_pair(&stream, &peer);
    stall(stream);
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &with_event, NULL));
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &with_routine, routine));
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &polled, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &with_event.hEvent, TRUE, 0, TRUE));
    CALL(closesocket(stream));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &with_event.hEvent, TRUE, 2000, FALSE));
    note("routines called before an alertable wait: %d", calls);
    CALL_WAIT(SleepEx(2000, TRUE));
    note("calls %d, for its own structure: %d", calls, routine_overlapped == &with_routine);
    note_error("the routine was told", (int)routine_error);
    note("still in progress: %d %d %d", with_event.Internal == 0x103, with_routine.Internal == 0x103,
         polled.Internal == 0x103);
    CALL_BOOL(WSAGetOverlappedResult(stream, &with_event, &count, FALSE, &flags));
    CALL_WAIT(SleepEx(0, TRUE));
    return done();
}
