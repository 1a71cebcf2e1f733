/* Waitable timers. */
#include "transcript.h"

static HANDLE timer;
static int runs;

static void CALLBACK due(LPVOID parameter, DWORD low, DWORD high)
{
    (void)low, (void)high;
    ++*(int *)parameter;
}

static DWORD WINAPI waits(LPVOID parameter)
{
    (void)parameter;
    return WaitForSingleObject(timer, 10000);
}

static LARGE_INTEGER after(int milliseconds)
{
    LARGE_INTEGER time;
    time.QuadPart = -10000LL * milliseconds;
    return time;
}

int main(void)
{
    LARGE_INTEGER soon = after(30), late = after(60000);
    HANDLE thread, manual;
    DWORD code = 77;

    timer = CreateWaitableTimer(NULL, FALSE, NULL);
    CALL_WAIT(WaitForSingleObject(timer, 0));
    CALL_BOOL(SetWaitableTimer(timer, &soon, 0, NULL, NULL, FALSE));
    thread = CreateThread(NULL, 0, waits, NULL, 0, NULL);
    CALL_WAIT(WaitForSingleObject(thread, 10000));
    NEEDED(GetExitCodeThread(thread, &code));
    note("it waited: %u", (unsigned)code);
    CALL_WAIT(WaitForSingleObject(timer, 0));

    CALL_BOOL(SetWaitableTimer(timer, &soon, 10, NULL, NULL, FALSE));
    CALL_WAIT(WaitForSingleObject(timer, 10000));
    CALL_WAIT(WaitForSingleObject(timer, 10000));
    CALL_WAIT(WaitForSingleObject(timer, 10000));
    CALL_BOOL(CancelWaitableTimer(timer));
    WaitForSingleObject(timer, 0);
    CALL_WAIT(WaitForSingleObject(timer, 50));

    manual = CreateWaitableTimer(NULL, TRUE, NULL);
    CALL_BOOL(SetWaitableTimer(manual, &soon, 0, due, &runs, FALSE));
    CALL_WAIT(WaitForSingleObject(manual, 10000));
    CALL_WAIT(WaitForSingleObject(manual, 0));
    note("runs: %d", runs);
    CALL_WAIT(SleepEx(10000, TRUE));
    note("runs: %d", runs);
    CALL_BOOL(SetWaitableTimer(manual, &late, 0, NULL, NULL, FALSE));
    CALL_WAIT(WaitForSingleObject(manual, 0));
    CALL_BOOL(CloseHandle(manual));
    CALL_BOOL(CancelWaitableTimer(manual));
    return done();
}
