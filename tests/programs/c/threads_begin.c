/* Threads are made, suspended, resumed, joined and ended in every way, and their codes told. */
#include "transcript.h"
#include <process.h>

static DWORD ids[4];
static HANDLE go;

static DWORD WINAPI returns(LPVOID parameter)
{
    ids[0] = GetCurrentThreadId();
    return (DWORD)(ULONG_PTR)parameter + 1;
}

static int nested(int depth)
{
    if (depth == 0)
        ExitThread(33);
    return depth > 1000 ? depth : nested(depth - 1) + 1;
}

static DWORD WINAPI exits(LPVOID parameter)
{
    return (DWORD)nested((int)(ULONG_PTR)parameter);
}

static unsigned __stdcall begun(void *parameter)
{
    ids[1] = GetCurrentThreadId();
    if (parameter != NULL)
        _endthreadex(44);
    return 45;
}

static void __cdecl plain(void *parameter)
{
    SetEvent((HANDLE)parameter);
}

static DWORD WINAPI waits(LPVOID parameter)
{
    (void)parameter;
    return WaitForSingleObject(go, INFINITE);
}

static DWORD WINAPI counts(LPVOID parameter)
{
    ++*(int *)parameter;
    return 0;
}

static void told(const char *what, HANDLE thread)
{
    DWORD code = 77;
    NEEDED(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    NEEDED(GetExitCodeThread(thread, &code));
    note("%s: %u", what, (unsigned)code);
    NEEDED(CloseHandle(thread));
}

int main(void)
{
    HANDLE thread, event = CreateEvent(NULL, FALSE, FALSE, NULL);
    DWORD id = 0, code = 0;
    unsigned number = 0;
    int ran = 0;

    go = CreateEvent(NULL, TRUE, FALSE, NULL);
    thread = CreateThread(NULL, 0, returns, (LPVOID)41, 0, &id);
    NEEDED(thread != NULL);
    told("returned", thread);
    note("its number is its own: %d, and not mine: %d", ids[0] == id, id != GetCurrentThreadId());
    told("from deep inside", CreateThread(NULL, 0, exits, (LPVOID)100, 0, NULL));
    thread = (HANDLE)_beginthreadex(NULL, 0, begun, NULL, 0, &number);
    told("begun", thread);
    note("its number: %d", ids[1] == number);
    told("ended", (HANDLE)_beginthreadex(NULL, 65536, begun, &number, 0, NULL));
    NEEDED(_beginthread(plain, 0, event) != (uintptr_t)-1);
    CALL_WAIT(WaitForSingleObject(event, 10000));

    thread = CreateThread(NULL, 0, waits, NULL, 0, NULL);
    CALL_WAIT(WaitForSingleObject(thread, 0));
    CALL_BOOL(GetExitCodeThread(thread, &code));
    note("still active: %d", code == STILL_ACTIVE);
    SetEvent(go);
    told("waited", thread);

    thread = CreateThread(NULL, 0, counts, &ran, CREATE_SUSPENDED, &id);
    note("the number of the handle: %d", GetThreadId(thread) == id);
    CALL_WAIT(WaitForSingleObject(thread, 20));
    note("ran: %d", ran);
    CALL(SuspendThread(thread));
    CALL(ResumeThread(thread));
    CALL_WAIT(WaitForSingleObject(thread, 20));
    CALL(ResumeThread(thread));
    told("resumed", thread);
    note("ran: %d", ran);

    CALL_BOOL(GetExitCodeThread(GetCurrentThread(), &code));
    note("I am active: %d", code == STILL_ACTIVE);
    SetLastError(0);
    CALL_BOOL(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
    CALL(GetThreadPriority(GetCurrentThread()));
    CALL_BOOL(GetExitCodeThread(event, &code));
    CALL_WAIT(WaitForSingleObject((HANDLE)1234, 0));
    return done();
}
