/* Functions and completion routines run in alertable waits of the thread that they are for. */
#include "transcript.h"

static HANDLE ready;
static DWORD ran_in[8];
static int runs;
static SOCKET near_ends[2], far_ends[2];
static DWORD ids[2];
static char room[2][16];
static OVERLAPPED structures[2];
static int routine_ok[2];

static void CALLBACK asked(ULONG_PTR parameter)
{
    ran_in[parameter] = GetCurrentThreadId();
    runs++;
}

static DWORD WINAPI sleeps(LPVOID parameter)
{
    DWORD slept, alerted = 0;
    (void)parameter;
    SetEvent(ready);
    /* Not alertable: nothing runs. */
    Sleep(30);
    if (runs != 0)
        return 99;
    while (runs < 3) {
        slept = SleepEx(10000, TRUE);
        alerted += slept == WAIT_IO_COMPLETION;
    }
    return alerted;
}

static void CALLBACK received(DWORD error, DWORD bytes, OVERLAPPED *overlapped, DWORD flags)
{
    int self = overlapped == &structures[1];
    (void)flags;
    routine_ok[self] = error == 0 && bytes == 4 && GetCurrentThreadId() == ids[self] &&
                       memcmp(room[self], self ? "two!" : "one!", 4) == 0;
}

static DWORD WINAPI receives(LPVOID parameter)
{
    int self = (int)(ULONG_PTR)parameter;
    WSABUF buffer = {sizeof room[0], room[self]};
    DWORD flags = 0;
    ids[self] = GetCurrentThreadId();
    if (WSARecv(far_ends[self], &buffer, 1, NULL, &flags, &structures[self], received) != 0 &&
        WSAGetLastError() != WSA_IO_PENDING)
        return 98;
    SetEvent(ready);
    return WSAWaitForMultipleEvents(1, &structures[self].hEvent, TRUE, 10000, TRUE);
}

int main(void)
{
    HANDLE thread, threads[2];
    DWORD id = 0, code = 0;
    int position;

    start_winsock();
    ready = CreateEvent(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, sleeps, NULL, 0, &id);
    NEEDED(WaitForSingleObject(ready, 10000) == WAIT_OBJECT_0);
    for (position = 0; position < 3; position++)
        CALL_BOOL(QueueUserAPC(asked, thread, (ULONG_PTR)position));
    NEEDED(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    NEEDED(GetExitCodeThread(thread, &code));
    note("alerted: %d, in that thread: %d %d %d", code >= 1 && code <= 3, ran_in[0] == id,
         ran_in[1] == id, ran_in[2] == id);
    CALL_BOOL(QueueUserAPC(asked, GetCurrentThread(), 3));
    CALL_WAIT(SleepEx(0, FALSE));
    note("runs: %d", runs);
    CALL_WAIT(SleepEx(0, TRUE));
    note("runs: %d, in mine: %d", runs, ran_in[3] == GetCurrentThreadId());
    CALL_WAIT(SleepEx(0, TRUE));

    for (position = 0; position < 2; position++) {
        stream_pair(&near_ends[position], &far_ends[position]);
        /* Never set: with a routine the event is the program's own. */
        structures[position].hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
        threads[position] = CreateThread(NULL, 0, receives, (LPVOID)(ULONG_PTR)position, 0, NULL);
        NEEDED(WaitForSingleObject(ready, 10000) == WAIT_OBJECT_0);
    }
    CALL(send(near_ends[1], "two!", 4, 0));
    CALL_WAIT(WaitForSingleObject(threads[1], 10000));
    CALL_WAIT(WaitForSingleObject(threads[0], 0));
    CALL(send(near_ends[0], "one!", 4, 0));
    CALL_WAIT(WaitForSingleObject(threads[0], 10000));
    for (position = 0; position < 2; position++) {
        NEEDED(GetExitCodeThread(threads[position], &code));
        note("alerted: %d, its routine: %d", code == WAIT_IO_COMPLETION, routine_ok[position]);
    }
    return done();
}
