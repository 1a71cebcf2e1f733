/* Events between threads: of an automatic one each signal wakes one thread, and none is lost. */
#include "transcript.h"

static HANDLE automatic, manual, ready;
static volatile LONG woken;

static DWORD WINAPI waits(LPVOID parameter)
{
    ReleaseSemaphore(ready, 1, NULL);
    if (WaitForSingleObject((HANDLE)parameter, 10000) == WAIT_OBJECT_0)
        InterlockedIncrement(&woken);
    return 0;
}

static DWORD WINAPI answers(LPVOID parameter)
{
    HANDLE *pair = parameter;
    int turn;
    for (turn = 0; turn < 1000; turn++) {
        WaitForSingleObject(pair[0], INFINITE);
        SetEvent(pair[1]);
    }
    return 0;
}

static void until_they_begin(int count)
{
    while (count-- > 0)
        NEEDED(WaitForSingleObject(ready, 10000) == WAIT_OBJECT_0);
}

static void until_woken(LONG count)
{
    while (woken < count)
        Sleep(1);
}

int main(void)
{
    HANDLE threads[5], pair[2];
    int position;

    automatic = CreateEvent(NULL, FALSE, FALSE, NULL);
    manual = CreateEvent(NULL, TRUE, FALSE, NULL);
    ready = CreateSemaphore(NULL, 0, 100, NULL);

    for (position = 0; position < 5; position++)
        threads[position] = CreateThread(NULL, 0, waits, automatic, 0, NULL);
    until_they_begin(5);
    SetEvent(automatic);
    until_woken(1);
    CALL_WAIT(WaitForMultipleObjects(5, threads, TRUE, 50));
    note("woken: %d", (int)woken);
    for (position = 0; position < 4; position++) {
        SetEvent(automatic);
        until_woken(position + 2);
    }
    CALL_WAIT(WaitForMultipleObjects(5, threads, TRUE, 10000));
    note("woken: %d", (int)woken);
    CALL_WAIT(WaitForSingleObject(automatic, 0));

    woken = 0;
    for (position = 0; position < 5; position++)
        threads[position] = CreateThread(NULL, 0, waits, manual, 0, NULL);
    until_they_begin(5);
    SetEvent(manual);
    CALL_WAIT(WaitForMultipleObjects(5, threads, TRUE, 10000));
    note("woken: %d", (int)woken);
    CALL_WAIT(WaitForSingleObject(manual, 0));
    CALL_BOOL(ResetEvent(manual));
    CALL_WAIT(WaitForSingleObject(manual, 0));

    pair[0] = CreateEvent(NULL, FALSE, FALSE, NULL);
    pair[1] = CreateEvent(NULL, FALSE, FALSE, NULL);
    threads[0] = CreateThread(NULL, 0, answers, pair, 0, NULL);
    for (position = 0; position < 1000; position++) {
        NEEDED(SetEvent(pair[0]));
        NEEDED(WaitForSingleObject(pair[1], 10000) == WAIT_OBJECT_0);
    }
    CALL_WAIT(WaitForSingleObject(threads[0], 10000));

    pair[0] = manual;
    pair[1] = automatic;
    SetEvent(manual);
    SetEvent(automatic);
    CALL_WAIT(WaitForMultipleObjects(2, pair, FALSE, 0));
    CALL_WAIT(WaitForMultipleObjects(2, pair, TRUE, 0));
    CALL_WAIT(WaitForMultipleObjects(2, pair, TRUE, 0));
    CALL_WAIT(WaitForMultipleObjects(2, pair, FALSE, 0));
    CALL_WAIT(WaitForMultipleObjects(0, pair, FALSE, 0));
    return done();
}
