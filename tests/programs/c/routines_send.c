/* A routine may send and receive, and what completes there is called later. */
#include "transcript.h"

static SOCKET stream, peer;
static WSAOVERLAPPED first, second;
static int inside, calls;

static void CALLBACK second_routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    calls++;
    note("second: error %u, %u bytes, flags %u, its own structure: %d, inside the first: %d",
         (unsigned)error, (unsigned)count, (unsigned)flags, overlapped == &second, inside);
}

static void CALLBACK first_routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    WSABUF buffer = {6, "second"};
    char bytes[10];
    (void)overlapped;
    inside = 1;
    calls++;
    note("first: error %u, %u bytes, flags %u", (unsigned)error, (unsigned)count, (unsigned)flags);
    CALL(send(stream, "synchronous", 11, 0));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &second, second_routine));
    note("calls at the end of the first: %d", calls);
    inside = 0;
}

int main(void)
{
    WSABUF buffer = {5, "first"};
    char bytes[30];

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(send(peer, "ready", 5, 0));
    until_readable(stream);
    CALL_OVERLAPPED(WSASend(stream, &buffer, 1, NULL, 0, &first, first_routine));
    note("calls %d", calls);
    while (calls < 2)
        CALL_WAIT(SleepEx(10000, TRUE));
    memset(bytes, 0, sizeof bytes);
    CALL(recv(peer, bytes, 22, MSG_WAITALL));
    note("%s", bytes);
    CALL_WAIT(SleepEx(0, TRUE));
    return done();
}
