/* Completion routines: when they run, how often, and what they are told. */
#include "transcript.h"

struct request {
    WSAOVERLAPPED overlapped;
    char name;
};

static int calls;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    struct request *request = (struct request *)overlapped;
    calls++;
    note("routine of %c: error %u, %u bytes, flags %u", request->name, (unsigned)error, (unsigned)count, (unsigned)flags);
    note("the caller's word: %u", (unsigned)(ULONG_PTR)overlapped->hEvent);
}

static void CALLBACK quiet(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    note("quiet: error %u, %u bytes, flags %u", (unsigned)error, (unsigned)count, (unsigned)flags);
}

int main(void)
{
    SOCKET stream, peer;
    WSABUF small = {10, "0123456789"}, large = {1048576, NULL};
    static struct request first = {.name = 'f'}, second = {.name = 's'};
    WSAEVENT event, handle;
    DWORD count, flags;
    int filled;

    start_winsock();
    stream_pair(&stream, &peer);
    event = WSACreateEvent();
    large.buf = mebibyte('r');

    note("not inside the call, not in a wait that is not alertable");
    first.overlapped.hEvent = (WSAEVENT)(ULONG_PTR)4711;
    CALL_OVERLAPPED(WSASend(stream, &small, 1, NULL, 0, &first.overlapped, routine));
    drain(peer, 10, NULL);
    CALL_WAIT(SleepEx(1, FALSE));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 1, FALSE));
    note("calls %d", calls);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, TRUE));
    note("calls %d", calls);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 0, TRUE));
    note("calls %d", calls);

    note("pending at first");
    filled = stall(stream);
    second.overlapped.hEvent = (WSAEVENT)(ULONG_PTR)42;
    CALL(WSASend(stream, &large, 1, NULL, 0, &second.overlapped, routine));
    CALL_BOOL(WSAGetOverlappedResult(stream, &second.overlapped, &count, FALSE, &flags));
    CALL_WAIT(SleepEx(0, TRUE));
    drain(peer, filled + 1048576, NULL);
    while (calls < 2)
        CALL_WAIT(SleepEx(10000, TRUE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &second.overlapped, &count, FALSE, &flags));
    note("%u bytes", (unsigned)count);

    note("an event beside a routine is left alone");
    handle = WSACreateEvent();
    memset(&first.overlapped, 0, sizeof first.overlapped);
    first.overlapped.hEvent = handle;
    {
        int result = WSASend(stream, &small, 1, NULL, 0, &first.overlapped, NULL);
        NEEDED(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
        CALL_WAIT(WSAWaitForMultipleEvents(1, &handle, TRUE, 10000, FALSE));
    }
    NEEDED(WSAResetEvent(handle));
    {
        static WSAOVERLAPPED overlapped;
        memset(&overlapped, 0, sizeof overlapped);
        overlapped.hEvent = handle;
        CALL_OVERLAPPED(WSASend(stream, &small, 1, NULL, 0, &overlapped, quiet));
    }
    CALL_WAIT(SleepEx(10000, TRUE));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &handle, TRUE, 0, FALSE));
    return done();
}
