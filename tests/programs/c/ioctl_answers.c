/* WSAIoctl: its count, an overlapped structure with an event or a routine, and codes that nobody knows. */
#include "transcript.h"

#ifndef SIO_BASE_HANDLE
#define SIO_BASE_HANDLE 0x48000022
#endif

static int calls;
static DWORD error_told, bytes_told;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    (void)flags;
    calls++;
    error_told = error;
    bytes_told = bytes;
}

static void told(void)
{
    CALL_WAIT(SleepEx(0, TRUE));
    note("calls %d, %u bytes", calls, (unsigned)bytes_told);
    note_error("error", (int)error_told);
    calls = 0;
}

int main(void)
{
    SOCKET s;
    u_long on = 1, off = 0;
    DWORD count = 77, available;
    SOCKET base = 0;
    WSAOVERLAPPED overlapped;
    WSAEVENT event;

    start_winsock();
    event = WSACreateEvent();
    s = socket(AF_INET, SOCK_STREAM, 0);
    memset(&overlapped, 0, sizeof overlapped);
    CALL(WSAIoctl(s, FIONBIO, &on, sizeof on, NULL, 0, &count, NULL, NULL));
    note("count %u", (unsigned)count);
    CALL(WSAIoctl(s, FIONBIO, &on, sizeof on, NULL, 0, NULL, NULL, NULL));
    CALL(WSAIoctl(s, FIONBIO, &on, sizeof on, NULL, 0, NULL, &overlapped, NULL));

    note("with a routine");
    CALL(WSAIoctl(s, FIONBIO, &on, sizeof on, NULL, 0, &count, &overlapped, routine));
    told();
    CALL(WSAIoctl(s, FIONREAD, NULL, 0, &available, sizeof available, &count, &overlapped, routine));
    note("count %u", (unsigned)count);
    told();
    note("with an event");
    overlapped.hEvent = event;
    CALL(WSAIoctl(s, FIONREAD, NULL, 0, &available, sizeof available, &count, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE));
    note("in progress: %d", overlapped.Internal != 0);

    note("a code that nobody knows");
    count = 77;
    CALL(WSAIoctl(s, 0xdeadbeef, NULL, 0, NULL, 0, &count, NULL, NULL));
    note("count %u", (unsigned)count);
    CALL(WSAIoctl(s, 0xdeadbeef, NULL, 0, NULL, 0, NULL, NULL, NULL));
    overlapped.hEvent = NULL;
    count = 77;
    CALL(WSAIoctl(s, 0xdeadbeef, NULL, 0, NULL, 0, &count, &overlapped, routine));
    note("count %u", (unsigned)count);
    told();

    note("the handle below");
    CALL(WSAIoctl(s, SIO_BASE_HANDLE, NULL, 0, &base, sizeof base, &count, NULL, NULL));
    note("its own: %d, count %d", base == s, count == sizeof base);

    note("blocking, while events are selected");
    CALL(WSAEventSelect(s, event, FD_READ));
    CALL(WSAIoctl(s, FIONBIO, &off, sizeof off, NULL, 0, &count, NULL, NULL));
    return done();
}
