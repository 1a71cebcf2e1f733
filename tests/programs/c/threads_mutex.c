/* Mutexes belong to a thread, as often as it takes them, and are abandoned with it. */
#include "transcript.h"

static HANDLE mutex, other, taken, go;
static int total;

static DWORD WINAPI counts(LPVOID parameter)
{
    int turn;
    (void)parameter;
    for (turn = 0; turn < 200; turn++) {
        int before;
        WaitForSingleObject(mutex, INFINITE);
        WaitForSingleObject(mutex, INFINITE);
        before = total;
        if (turn % 10 == 0)
            Sleep(0);
        total = before + 1;
        ReleaseMutex(mutex);
        ReleaseMutex(mutex);
    }
    return 0;
}

static DWORD WINAPI abandons(LPVOID parameter)
{
    WaitForSingleObject((HANDLE)parameter, INFINITE);
    return 0;
}

static DWORD WINAPI holds(LPVOID parameter)
{
    (void)parameter;
    WaitForSingleObject(mutex, INFINITE);
    SetEvent(taken);
    WaitForSingleObject(go, INFINITE);
    return !ReleaseMutex(mutex);
}

static DWORD WINAPI releases(LPVOID parameter)
{
    (void)parameter;
    return ReleaseMutex(mutex) ? 0 : GetLastError();
}

static void join(HANDLE thread)
{
    DWORD code = 0;
    NEEDED(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    NEEDED(GetExitCodeThread(thread, &code));
    note("joined: %u", (unsigned)code);
    CloseHandle(thread);
}

int main(void)
{
    HANDLE threads[4], both[2];
    int thread;

    mutex = CreateMutex(NULL, FALSE, NULL);
    other = CreateMutex(NULL, TRUE, NULL);
    taken = CreateEvent(NULL, FALSE, FALSE, NULL);
    go = CreateEvent(NULL, FALSE, FALSE, NULL);
    NEEDED(mutex != NULL && other != NULL);
    for (thread = 0; thread < 4; thread++)
        threads[thread] = CreateThread(NULL, 0, counts, NULL, 0, NULL);
    CALL_WAIT(WaitForMultipleObjects(4, threads, TRUE, 20000));
    note("total: %d", total);

    CALL_WAIT(WaitForSingleObject(mutex, 0));
    join(CreateThread(NULL, 0, releases, NULL, 0, NULL));
    CALL_BOOL(ReleaseMutex(mutex));
    CALL_BOOL(ReleaseMutex(mutex));
    CALL_BOOL(ReleaseMutex(go));

    threads[0] = CreateThread(NULL, 0, holds, NULL, 0, NULL);
    NEEDED(WaitForSingleObject(taken, 10000) == WAIT_OBJECT_0);
    CALL_WAIT(WaitForSingleObject(mutex, 0));
    CALL_WAIT(WaitForSingleObject(mutex, 20));
    both[0] = mutex;
    both[1] = other;
    CALL_WAIT(WaitForMultipleObjects(2, both, FALSE, 10000));
    CALL_WAIT(WaitForMultipleObjects(2, both, TRUE, 20));
    CALL_WAIT(SignalObjectAndWait(go, mutex, 10000, FALSE));
    join(threads[0]);
    CALL_BOOL(ReleaseMutex(mutex));
    CALL_BOOL(ReleaseMutex(other));
    CALL_BOOL(ReleaseMutex(other));
    CALL_BOOL(ReleaseMutex(other));

    join(CreateThread(NULL, 0, abandons, mutex, 0, NULL));
    CALL_WAIT(WaitForSingleObject(mutex, 0));
    CALL_WAIT(WaitForSingleObject(mutex, 0));
    CALL_BOOL(ReleaseMutex(mutex));
    CALL_BOOL(ReleaseMutex(mutex));
    join(CreateThread(NULL, 0, abandons, other, 0, NULL));
    CALL_WAIT(WaitForMultipleObjects(2, both, FALSE, 0));
    CALL_WAIT(WaitForMultipleObjects(2, both, TRUE, 0));
    CALL_WAIT(WaitForMultipleObjects(2, both, TRUE, 0));
    return done();
}
