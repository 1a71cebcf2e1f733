/* Routines that are never called: of refused operations, and given without a structure. */
#include "transcript.h"

static int calls;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)error;
    (void)count;
    (void)overlapped;
    (void)flags;
    calls++;
}

int main(void)
{
    SOCKET stream, peer, fresh;
    WSABUF buffer = {1, "a"}, missing = {1, NULL};
    WSAOVERLAPPED overlapped;
    DWORD count = 0xDEAD;

    start_winsock();
    stream_pair(&stream, &peer);
    memset(&overlapped, 0, sizeof overlapped);

    fresh = bound_socket(SOCK_DGRAM);
    CALL(WSASend(fresh, &buffer, 1, &count, 0, &overlapped, routine));
    CALL_WAIT(SleepEx(0, TRUE));
    CALL(WSASend(stream, &missing, 1, &count, 0, &overlapped, routine));
    CALL_WAIT(SleepEx(0, TRUE));
    CALL(WSASend(INVALID_SOCKET, &buffer, 1, &count, 0, &overlapped, routine));
    CALL_WAIT(SleepEx(0, TRUE));
    CALL(shutdown(stream, SD_SEND));
    CALL(WSASend(stream, &buffer, 1, &count, 0, &overlapped, routine));
    CALL_WAIT(SleepEx(0, TRUE));
    note("calls %d, the count is untouched: %d", calls, count == 0xDEAD);

    note("without a structure");
    CALL(WSASend(peer, &buffer, 1, &count, 0, NULL, routine));
    CALL_WAIT(SleepEx(0, TRUE));
    note("calls %d, count %u", calls, (unsigned)count);
    return done();
}
