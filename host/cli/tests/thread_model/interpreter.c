/*
 * Runs random programs of several threads, one on each line of standard input, and prints what
 * each of their steps did, in the order in which it happened. `check.rs` has the model of it.
 *
 * A line has a list of steps for each thread, with a semicolon after each list: a letter and
 * a digit, or two. Every step prints when it begins, and again, with its result, when it ends.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_THREADS 8
#define MOST_STEPS 60
#define OBJECTS 8

/* 0 and 1 are mutexes, 2 and 3 semaphores, 4 and 5 automatic events, 6 and 7 manual ones. */
static HANDLE objects[OBJECTS], threads[MOST_THREADS];
static CRITICAL_SECTION section;
static SRWLOCK slim;
static CONDITION_VARIABLE changed;
static char script[MOST_THREADS][3 * MOST_STEPS + 1];
/* How often the thread is in the section, and how it has the lock. */
static int inside[MOST_THREADS], shares[MOST_THREADS], alone[MOST_THREADS];
static int functions[MOST_THREADS];

static void CALLBACK function(ULONG_PTR thread) {
    functions[thread]++;
}

static int leave_section(int self) {
    if (inside[self] == 0)
        return 9;
    inside[self]--;
    LeaveCriticalSection(&section);
    return 0;
}

static int release_slim(int self) {
    if (alone[self])
        ReleaseSRWLockExclusive(&slim);
    else if (shares[self])
        ReleaseSRWLockShared(&slim);
    else
        return 9;
    alone[self] = shares[self] = 0;
    return 0;
}

/* The result of a step; 9 for one that the thread may not take now. */
static int step(int self, char letter, int number, int other) {
    HANDLE both[2] = {objects[number % OBJECTS], objects[other % OBJECTS]};
    int before = functions[self];
    DWORD result;
    switch (letter) {
    case 'w':
        result = WaitForSingleObject(both[0], INFINITE);
        return result == WAIT_ABANDONED ? 8 : (int)result;
    case 'p':
        result = WaitForSingleObject(both[0], 0);
        return result == WAIT_TIMEOUT ? 7 : result == WAIT_ABANDONED ? 8 : (int)result;
    case 'o':
        result = WaitForMultipleObjects(2, both, FALSE, INFINITE);
        return result >= WAIT_ABANDONED ? 4 + (int)(result - WAIT_ABANDONED) : (int)result;
    case 'a':
        result = WaitForMultipleObjects(2, both, TRUE, INFINITE);
        return result >= WAIT_ABANDONED ? 8 : (int)result;
    case 's':
        if (number < 2)
            return ReleaseMutex(both[0]) ? 0 : 9;
        if (number < 4)
            return ReleaseSemaphore(both[0], 1, NULL) ? 0 : 9;
        return !SetEvent(both[0]);
    case 'r':
        return number < 4 ? 9 : !ResetEvent(both[0]);
    case 'c':
        EnterCriticalSection(&section);
        inside[self]++;
        return 0;
    case 't':
        if (!TryEnterCriticalSection(&section))
            return 7;
        inside[self]++;
        return 0;
    case 'l':
        return leave_section(self);
    case 'v':
        if (inside[self] != 1)
            return 9;
        inside[self] = 0;
        SleepConditionVariableCS(&changed, &section, INFINITE);
        inside[self] = 1;
        return 0;
    case 'n':
        WakeConditionVariable(&changed);
        return 0;
    case 'N':
        WakeAllConditionVariable(&changed);
        return 0;
    case 'x':
        if (alone[self] || shares[self])
            return 9;
        AcquireSRWLockExclusive(&slim);
        alone[self] = 1;
        return 0;
    case 'h':
        if (alone[self] || shares[self])
            return 9;
        AcquireSRWLockShared(&slim);
        shares[self] = 1;
        return 0;
    case 'f':
        return release_slim(self);
    case 'y':
        Sleep(0);
        return 0;
    case 'q':
        return QueueUserAPC(function, threads[number], (ULONG_PTR)number) ? 0 : 9;
    case 'z':
        result = SleepEx(INFINITE, TRUE);
        return result == WAIT_IO_COMPLETION ? functions[self] - before : 9;
    case 'j':
        return number == self ? 9 : (int)WaitForSingleObject(threads[number], INFINITE);
    case 'u':
        return number == self ? 9 : SuspendThread(threads[number]) == (DWORD)-1 ? 8 : 0;
    case 'm':
        return ResumeThread(threads[number]) == (DWORD)-1 ? 8 : 0;
    case 'e':
        ExitThread(0);
    default:
        return 9;
    }
}

static DWORD WINAPI run(LPVOID parameter) {
    int self = (int)(ULONG_PTR)parameter;
    const char *place;
    for (place = script[self]; *place != '\0'; place += 3) {
        printf("%d<%.3s ", self, place);
        printf("%d>%d ", self, step(self, place[0], place[1] - '0', place[2] - '0'));
    }
    return 0;
}

static void make_objects(void) {
    int number;
    for (number = 0; number < OBJECTS; number++)
        objects[number] = number < 2   ? CreateMutex(NULL, FALSE, NULL)
                          : number < 4 ? CreateSemaphore(NULL, number - 2, 3, NULL)
                                       : CreateEvent(NULL, number >= 6, FALSE, NULL);
    InitializeCriticalSection(&section);
    InitializeSRWLock(&slim);
    InitializeConditionVariable(&changed);
    memset(inside, 0, sizeof inside);
    memset(shares, 0, sizeof shares);
    memset(alone, 0, sizeof alone);
    memset(functions, 0, sizeof functions);
}

int main(void) {
    static char line[MOST_THREADS * (3 * MOST_STEPS + 2) + 2];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int count = 0, number;
        char *place = line, *end;
        for (; (end = strchr(place, ';')) != NULL && count < MOST_THREADS; place = end + 1) {
            memcpy(script[count], place, (size_t)(end - place));
            script[count++][end - place] = '\0';
        }
        make_objects();
        for (number = 0; number < count; number++)
            threads[number] =
                CreateThread(NULL, 16384, run, (LPVOID)(ULONG_PTR)number, 0, NULL);
        /* Until nobody can run any more. */
        while (SwitchToThread())
            ;
        printf("\n");
        for (number = 0; number < count; number++) {
            TerminateThread(threads[number], 1);
            CloseHandle(threads[number]);
        }
        for (number = 0; number < OBJECTS; number++)
            CloseHandle(objects[number]);
    }
    return 0;
}
