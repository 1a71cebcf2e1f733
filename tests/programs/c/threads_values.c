/* What each thread has of its own: values, the last error, and what functions return in memory. */
#include "transcript.h"
#include <errno.h>

static DWORD slot, later;
static HANDLE turn[2];

static DWORD WINAPI keeps(LPVOID parameter)
{
    int self = (int)(ULONG_PTR)parameter, round;
    struct in_addr address;
    const char *text;
    address.s_addr = htonl(INADDR_LOOPBACK + (unsigned)self);
    TlsSetValue(slot, parameter);
    for (round = 0; round < 50; round++) {
        WSASetLastError(1000 * self + round);
        errno = self;
        text = inet_ntoa(address);
        SetEvent(turn[!self]);
        WaitForSingleObject(turn[self], 1000);
        if (WSAGetLastError() != 1000 * self + round || errno != self ||
            text[8] != '1' + self)
            return 1;
        TlsSetValue(slot, (char *)TlsGetValue(slot) + 2);
    }
    return (DWORD)(ULONG_PTR)TlsGetValue(slot) + (TlsGetValue(later) == NULL ? 0 : 1000);
}

int main(void)
{
    HANDLE threads[2];
    DWORD code;
    int position;

    slot = TlsAlloc();
    later = TlsAlloc();
    NEEDED(slot != TLS_OUT_OF_INDEXES && later != TLS_OUT_OF_INDEXES);
    NEEDED(TlsSetValue(later, &later));
    for (position = 0; position < 2; position++)
        turn[position] = CreateEvent(NULL, FALSE, FALSE, NULL);
    for (position = 0; position < 2; position++)
        threads[position] = CreateThread(NULL, 0, keeps, (LPVOID)(ULONG_PTR)position, 0, NULL);
    WSASetLastError(4711);
    NEEDED(WaitForMultipleObjects(2, threads, TRUE, 20000) == WAIT_OBJECT_0);
    note("mine: %d", WSAGetLastError());
    for (position = 0; position < 2; position++) {
        NEEDED(GetExitCodeThread(threads[position], &code));
        note("thread %d: %u", position, (unsigned)code);
    }
    note("nothing of theirs: %d, mine: %d", TlsGetValue(slot) == NULL,
         TlsGetValue(later) == &later);
    CALL_BOOL(TlsFree(slot));
    return done();
}
