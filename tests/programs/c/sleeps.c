/* Sleep and SleepEx. */
#include "transcript.h"

static int calls;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    (void)flags;
    (void)error;
    note("routine %d: %u bytes", ++calls, (unsigned)count);
}

int main(void)
{
    SOCKET stream, peer;
    WSABUF buffer = {1, "abc"};
    WSAOVERLAPPED overlapped[3];
    int number;

    start_winsock();
    stream_pair(&stream, &peer);
    CALL_WAIT(SleepEx(0, FALSE));
    CALL_WAIT(SleepEx(0, TRUE));
    CALL_WAIT(SleepEx(20, TRUE));
    memset(overlapped, 0, sizeof overlapped);
    for (number = 0; number < 3; number++) {
        buffer.len = (ULONG)number + 1;
        CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &overlapped[number], routine));
    }
    drain(peer, 6, NULL);
    Sleep(1);
    note("after Sleep: %d", calls);
    CALL_WAIT(SleepEx(1, FALSE));
    note("after SleepEx that is not alertable: %d", calls);
    /* All that are ready run in one alertable wait. */
    CALL_WAIT(SleepEx(10000, TRUE));
    while (calls < 3)
        SleepEx(10000, TRUE);
    note("at the end: %d", calls);
    CALL_WAIT(SleepEx(0, TRUE));
    return done();
}
