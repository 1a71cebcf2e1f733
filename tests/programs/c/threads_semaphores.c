/* Semaphores: what is refused, and a queue between threads that makes and takes. */
#include "transcript.h"

#define PLACES 5
#define THINGS 300

static HANDLE filled, empty;
static CRITICAL_SECTION lock;
static int queue[PLACES], first, last;
static long sums[3], taken[3];

static DWORD WINAPI takes(LPVOID parameter)
{
    int self = (int)(ULONG_PTR)parameter, thing;
    do {
        WaitForSingleObject(filled, INFINITE);
        EnterCriticalSection(&lock);
        thing = queue[first++ % PLACES];
        LeaveCriticalSection(&lock);
        ReleaseSemaphore(empty, 1, NULL);
        sums[self] += thing;
        taken[self] += thing != 0;
    } while (thing != 0);
    return 0;
}

static void put(int thing)
{
    WaitForSingleObject(empty, INFINITE);
    EnterCriticalSection(&lock);
    queue[last++ % PLACES] = thing;
    LeaveCriticalSection(&lock);
    ReleaseSemaphore(filled, 1, NULL);
}

int main(void)
{
    HANDLE threads[3], semaphore;
    LONG before = 77;
    int position;

    semaphore = CreateSemaphore(NULL, 2, 3, NULL);
    CALL_WAIT(WaitForSingleObject(semaphore, 0));
    CALL_WAIT(WaitForSingleObject(semaphore, 0));
    CALL_WAIT(WaitForSingleObject(semaphore, 0));
    CALL_BOOL(ReleaseSemaphore(semaphore, 2, &before));
    note("before: %d", (int)before);
    SetLastError(0);
    before = ReleaseSemaphore(semaphore, 2, NULL);
    note("too many: %d, last error %u", (int)before, (unsigned)GetLastError());
    SetLastError(0);
    before = CreateSemaphore(NULL, 4, 3, NULL) != NULL;
    note("more than its most: %d, last error %u", (int)before, (unsigned)GetLastError());
    CALL_BOOL(ReleaseSemaphore(semaphore, 1, NULL));
    CALL_BOOL(CloseHandle(semaphore));
    CALL_BOOL(ReleaseSemaphore(semaphore, 1, NULL));

    InitializeCriticalSection(&lock);
    filled = CreateSemaphore(NULL, 0, PLACES, NULL);
    empty = CreateSemaphore(NULL, PLACES, PLACES, NULL);
    for (position = 0; position < 3; position++)
        threads[position] = CreateThread(NULL, 0, takes, (LPVOID)(ULONG_PTR)position, 0, NULL);
    for (position = 1; position <= THINGS; position++)
        put(position);
    for (position = 0; position < 3; position++)
        put(0);
    CALL_WAIT(WaitForMultipleObjects(3, threads, TRUE, 20000));
    note("%ld things, %ld in all", taken[0] + taken[1] + taken[2], sums[0] + sums[1] + sums[2]);
    return done();
}
