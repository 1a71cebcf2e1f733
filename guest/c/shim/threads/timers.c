/* Waitable timers. */
#include "../shim.h"

static struct timer *timers;

/* 1601 to 1970 in units of FILETIME, of which a millisecond has UNITS. */
#define UNITS 10000

uint64_t next_due(void) {
    uint64_t first = NO_DEADLINE;
    const struct timer *timer;
    for (timer = timers; timer != NULL; timer = timer->next)
        first = min(first, timer->due);
    return first;
}

void fire_timers(uint64_t now) {
    struct timer *timer;
    BOOL any = FALSE;
    for (timer = timers; timer != NULL; timer = timer->next) {
        if (timer->due > now)
            continue;
        any = timer->signalled = TRUE;
        if (timer->routine != NULL)
            (void)queue_timer_apc(timer->thread, timer->routine, timer->parameter, now);
        if (timer->period > 0)
            timer->due += ((now - timer->due) / (uint64_t)timer->period + 1) *
                          (uint64_t)timer->period;
        else
            timer->due = NO_DEADLINE;
    }
    if (any)
        objects_signalled();
}

void forget_timer(struct timer *forgotten) {
    struct timer **place = &timers;
    while (*place != forgotten)
        place = &(*place)->next;
    *place = forgotten->next;
    free(forgotten);
}

HANDLE CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
                            LPCSTR lpTimerName) {
    struct timer *timer;
    HANDLE handle;
    (void)lpTimerAttributes;
    if (lpTimerName != NULL) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    timer = calloc(1, sizeof *timer);
    handle = timer == NULL ? NULL : add_object(&timer->object);
    if (handle == NULL) {
        free(timer);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    timer->object.kind = A_TIMER;
    timer->manual = bManualReset;
    timer->due = NO_DEADLINE;
    timer->next = timers;
    timers = timer;
    SetLastError(ERROR_SUCCESS);
    return handle;
}

HANDLE CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
                            LPCWSTR lpTimerName) {
    return CreateWaitableTimerA(lpTimerAttributes, bManualReset, lpTimerName == NULL ? NULL : "");
}

/* A time of SetWaitableTimer, as GetTickCount64 counts: negative for one from now on. */
static uint64_t due_at(int64_t time) {
    uint64_t now = GetTickCount64();
    FILETIME system;
    int64_t left;
    if (time < 0)
        return now + ((uint64_t)-(time + 1) + UNITS) / UNITS;
    GetSystemTimeAsFileTime(&system);
    left = time - (int64_t)((uint64_t)system.dwHighDateTime << 32 | system.dwLowDateTime);
    return left <= 0 ? now : now + ((uint64_t)left + UNITS - 1) / UNITS;
}

BOOL SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
                      PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine,
                      BOOL fResume) {
    struct timer *timer = (struct timer *)find_object(hTimer, A_TIMER);
    (void)fResume;
    if (timer == NULL || !in_memory(lpDueTime, sizeof *lpDueTime) || lPeriod < 0) {
        SetLastError(timer == NULL ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    timer->signalled = FALSE;
    timer->due = due_at(lpDueTime->QuadPart);
    timer->period = lPeriod;
    timer->routine = pfnCompletionRoutine;
    timer->parameter = lpArgToCompletionRoutine;
    timer->thread = current_thread->id;
    return TRUE;
}

BOOL CancelWaitableTimer(HANDLE hTimer) {
    struct timer *timer = (struct timer *)find_object(hTimer, A_TIMER);
    if (timer == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    timer->due = NO_DEADLINE;
    return TRUE;
}
