/* Critical sections, slim locks, condition variables, and what is done once. */
#include "transcript.h"

static CRITICAL_SECTION section;
static SRWLOCK slim = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static HANDLE inside, go;
static int total, begun, waiting, token;
static volatile int released;

static DWORD WINAPI counts(LPVOID parameter)
{
    int turn;
    for (turn = 0; turn < 500; turn++) {
        int before;
        if (parameter == NULL)
            EnterCriticalSection(&section);
        else
            AcquireSRWLockExclusive(&slim);
        before = total;
        if (turn % 50 == 0)
            Sleep(1);
        total = before + 1;
        if (parameter == NULL)
            LeaveCriticalSection(&section);
        else
            ReleaseSRWLockExclusive(&slim);
    }
    return 0;
}

static DWORD WINAPI enters(LPVOID parameter)
{
    (void)parameter;
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    SetEvent(inside);
    WaitForSingleObject(go, INFINITE);
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    return 0;
}

static DWORD WINAPI shares(LPVOID parameter)
{
    (void)parameter;
    AcquireSRWLockShared(&slim);
    SetEvent(inside);
    WaitForSingleObject(go, INFINITE);
    ReleaseSRWLockShared(&slim);
    return 0;
}

static DWORD WINAPI waits(LPVOID parameter)
{
    (void)parameter;
    EnterCriticalSection(&section);
    waiting++;
    while (token == 0)
        SleepConditionVariableCS(&changed, &section, INFINITE);
    token--;
    released++;
    LeaveCriticalSection(&section);
    return 0;
}

static BOOL CALLBACK begin(PINIT_ONCE what, PVOID parameter, PVOID *context)
{
    (void)what;
    Sleep(20);
    begun++;
    *context = parameter;
    return TRUE;
}

static DWORD WINAPI begins(LPVOID parameter)
{
    LPVOID context = NULL;
    return InitOnceExecuteOnce(&once, begin, parameter, &context) && context == (LPVOID)&total;
}

static void join(HANDLE *threads, int count)
{
    int position;
    DWORD code, codes = 0;
    NEEDED(WaitForMultipleObjects((DWORD)count, threads, TRUE, 20000) == WAIT_OBJECT_0);
    for (position = 0; position < count; position++) {
        NEEDED(GetExitCodeThread(threads[position], &code));
        codes += code;
        CloseHandle(threads[position]);
    }
    note("%d joined, codes %u", count, (unsigned)codes);
}

int main(void)
{
    HANDLE threads[6];
    int position, all = 0;

    InitializeCriticalSectionAndSpinCount(&section, 4000);
    inside = CreateEvent(NULL, FALSE, FALSE, NULL);
    go = CreateEvent(NULL, TRUE, FALSE, NULL);
    for (position = 0; position < 4; position++)
        threads[position] = CreateThread(NULL, 0, counts, NULL, 0, NULL);
    join(threads, 4);
    for (position = 0; position < 4; position++)
        threads[position] = CreateThread(NULL, 0, counts, &slim, 0, NULL);
    join(threads, 4);
    note("total: %d", total);

    threads[0] = CreateThread(NULL, 0, enters, NULL, 0, NULL);
    NEEDED(WaitForSingleObject(inside, 10000) == WAIT_OBJECT_0);
    note("tried: %d", TryEnterCriticalSection(&section));
    SetEvent(go);
    EnterCriticalSection(&section);
    note("tried by its owner: %d", TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    join(threads, 1);

    ResetEvent(go);
    threads[0] = CreateThread(NULL, 0, shares, NULL, 0, NULL);
    NEEDED(WaitForSingleObject(inside, 10000) == WAIT_OBJECT_0);
    note("shared: %d", TryAcquireSRWLockShared(&slim));
    note("alone: %d", TryAcquireSRWLockExclusive(&slim));
    ReleaseSRWLockShared(&slim);
    SetEvent(go);
    AcquireSRWLockExclusive(&slim);
    note("shared: %d", TryAcquireSRWLockShared(&slim));
    ReleaseSRWLockExclusive(&slim);
    join(threads, 1);

    for (position = 0; position < 5; position++)
        threads[position] = CreateThread(NULL, 0, waits, NULL, 0, NULL);
    while (!all) {
        EnterCriticalSection(&section);
        all = waiting == 5;
        LeaveCriticalSection(&section);
        Sleep(1);
    }
    EnterCriticalSection(&section);
    SetLastError(0);
    all = SleepConditionVariableCS(&changed, &section, 20);
    note("nobody wakes: %d, last error %u", all, (unsigned)GetLastError());
    token = 1;
    LeaveCriticalSection(&section);
    WakeConditionVariable(&changed);
    while (released == 0)
        Sleep(1);
    EnterCriticalSection(&section);
    note("released: %d", released);
    token = 4;
    LeaveCriticalSection(&section);
    WakeAllConditionVariable(&changed);
    join(threads, 5);
    note("released: %d", released);

    for (position = 0; position < 4; position++)
        threads[position] = CreateThread(NULL, 0, begins, &total, 0, NULL);
    join(threads, 4);
    note("begun: %d", begun);
    return done();
}
