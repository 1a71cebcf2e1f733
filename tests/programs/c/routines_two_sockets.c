/* A routine of one socket waits alertably: those of another socket may run meanwhile. */
#include "transcript.h"

static WSAOVERLAPPED first, second;
static int inside, calls;

static void CALLBACK other(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    (void)flags;
    calls++;
    note("other: error %u, %u bytes, inside the first: %d", (unsigned)error, (unsigned)count, inside);
}

static void CALLBACK waiting(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    (void)flags;
    calls++;
    inside = 1;
    note("waiting: error %u, %u bytes", (unsigned)error, (unsigned)count);
    CALL_WAIT(SleepEx(10000, TRUE));
    inside = 0;
}

int main(void)
{
    SOCKET stream, peer, another, its_peer;
    WSABUF buffer = {5, "hello"};

    start_winsock();
    stream_pair(&stream, &peer);
    stream_pair(&another, &its_peer);
    CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &first, waiting));
    CALL_OVERLAPPED(WSASend(another, &buffer, 1, NULL, 0, &second, other));
    drain(peer, 5, NULL);
    drain(its_peer, 5, NULL);
    CALL_WAIT(SleepEx(10000, TRUE));
    note("calls %d", calls);
    CALL_WAIT(SleepEx(0, TRUE));
    return done();
}
