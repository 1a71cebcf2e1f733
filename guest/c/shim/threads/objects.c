/* Mutexes and semaphores, and waiting for whatever has a handle. */
#include "../shim.h"

static struct mutex *mutexes;

enum signal { NO_HANDLE, NOT_SIGNALLED, SIGNALLED };

/* What Windows answers for the calling thread, whichever that is. */
#define CURRENT_THREAD ((HANDLE)(LONG_PTR)-2)

static struct object *object_of(HANDLE handle, struct thread *thread) {
    return handle == CURRENT_THREAD ? &thread->object : find_any_object(handle);
}

static enum signal signal_of(HANDLE handle, struct thread *thread) {
    struct object *object = object_of(handle, thread);
    const struct open_event *event;
    BOOL signalled;
    if (object == NULL) {
        event = find_event(handle);
        if (event == NULL)
            return NO_HANDLE;
        return winsock_spi_tickets_event_is_set(event->number) ? SIGNALLED : NOT_SIGNALLED;
    }
    switch (object->kind) {
    case A_THREAD:
        signalled = ((struct thread *)object)->state == ENDED;
        break;
    case A_MUTEX: {
        const struct mutex *mutex = (struct mutex *)object;
        signalled = mutex->owner == NULL || mutex->owner == thread;
        break;
    }
    case A_SEMAPHORE:
        signalled = ((struct semaphore *)object)->count > 0;
        break;
    default:
        signalled = ((struct timer *)object)->signalled;
        break;
    }
    return signalled ? SIGNALLED : NOT_SIGNALLED;
}

/* Takes with it what is signalled for one thread only; TRUE for a mutex that was abandoned. */
static BOOL take(HANDLE handle, struct thread *thread) {
    struct object *object = object_of(handle, thread);
    struct open_event *event;
    BOOL abandoned = FALSE;
    if (object == NULL) {
        event = find_event(handle);
        if (event->automatic)
            winsock_spi_provider_method_event_reset(borrow_event(event));
        return FALSE;
    }
    switch (object->kind) {
    case A_MUTEX: {
        struct mutex *mutex = (struct mutex *)object;
        mutex->owner = thread;
        mutex->depth++;
        abandoned = mutex->abandoned;
        mutex->abandoned = FALSE;
        break;
    }
    case A_SEMAPHORE:
        ((struct semaphore *)object)->count--;
        break;
    case A_TIMER:
        if (!((struct timer *)object)->manual)
            ((struct timer *)object)->signalled = FALSE;
        break;
    case A_THREAD:
        break;
    }
    return abandoned;
}

BOOL routines_ready(DWORD thread) {
    winsock_spi_provider_wait_outcome_t outcome;
    uint32_t none = 0, id = thread;
    wsa_error error;
    if (routines_here(thread))
        return TRUE;
    return winsock_spi_provider_sleep_ex(&none, &id, &outcome, &error) &&
           outcome.tag == WINSOCK_SPI_PROVIDER_WAIT_OUTCOME_IO_COMPLETION;
}

/* The owner of the first mutex among what is waited for, for the report of a deadlock. */
static const struct thread *holder_of(struct thread *thread) {
    DWORD position;
    for (position = 0; position < thread->wait.count; position++) {
        struct object *object = find_any_object(thread->wait.handles[position]);
        if (object != NULL && object->kind == A_MUTEX)
            return ((struct mutex *)object)->owner;
    }
    return NULL;
}

BOOL try_objects(struct thread *thread) {
    struct wait *wait = &thread->wait;
    DWORD position, signalled = 0, abandoned = 0;
    for (position = 0; position < wait->count; position++) {
        switch (signal_of(wait->handles[position], thread)) {
        case NO_HANDLE:
            wait->result = WAIT_FAILED;
            return TRUE;
        case NOT_SIGNALLED:
            break;
        case SIGNALLED:
            signalled++;
            if (wait->all)
                break;
            wait->result =
                (take(wait->handles[position], thread) ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) +
                position;
            return TRUE;
        }
    }
    if (wait->count > 0 && signalled == wait->count) {
        for (position = 0; position < wait->count; position++)
            abandoned += take(wait->handles[position], thread);
        wait->result = abandoned > 0 ? WAIT_ABANDONED_0 : WAIT_OBJECT_0;
        return TRUE;
    }
    if (wait->alertable && routines_ready(thread->id)) {
        wait->result = WAIT_IO_COMPLETION;
        return TRUE;
    }
    return FALSE;
}

/* The result of WaitForMultipleObjectsEx; WAIT_FAILED for what is no object. */
static DWORD wait_for_objects(const HANDLE *handles, DWORD count, BOOL all, DWORD milliseconds,
                              BOOL alertable, const char *call) {
    struct wait wait = new_wait(FOR_OBJECTS, call, NO_DEADLINE);
    struct thread *self = current_thread;
    DWORD result;
    wait.handles = handles;
    wait.count = count;
    wait.all = all;
    wait.alertable = alertable;
    self->wait = wait;
    /* What has ended before, signals before. */
    (void)settle_progress();
    if (try_objects(self)) {
        did_not_wait();
        result = self->wait.result;
    } else if (milliseconds == 0) {
        /* Programs ask again and again: meanwhile others may do what is waited for. */
        (void)let_others_run();
        self->wait = wait;
        result = try_objects(self) ? self->wait.result : WAIT_TIMEOUT;
    } else {
        wait.deadline = deadline_after(milliseconds);
        wait.holder = holder_of(self);
        switch (suspend(&wait)) {
        case WOKEN:
            result = self->wait.result;
            break;
        case TIMED_OUT:
            result = WAIT_TIMEOUT;
            break;
        default:
            WSASetLastError(WSAEWOULDBLOCK);
            return WAIT_FAILED;
        }
    }
    if (result == WAIT_FAILED)
        WSASetLastError(WSA_INVALID_HANDLE);
    if (result == WAIT_IO_COMPLETION) {
        (void)run_routines_here();
        (void)run_routines();
    }
    return result;
}

DWORD WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                               DWORD dwMilliseconds, BOOL bAlertable) {
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    DWORD position;
    if (nCount == 0 || nCount > MAXIMUM_WAIT_OBJECTS ||
        !in_memory(lpHandles, nCount * sizeof *lpHandles)) {
        WSASetLastError(WSA_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    for (position = 0; position < nCount; position++) {
        handles[position] = lpHandles[position];
        if (signal_of(handles[position], current_thread) == NO_HANDLE) {
            WSASetLastError(WSA_INVALID_HANDLE);
            return WAIT_FAILED;
        }
    }
    return wait_for_objects(handles, nCount, bWaitAll, dwMilliseconds, bAlertable,
                            nCount == 1 ? "WaitForSingleObject" : "WaitForMultipleObjects");
}

DWORD WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                             DWORD dwMilliseconds) {
    return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable) {
    return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds, bAlertable);
}

DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds) {
    return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

DWORD SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds,
                          BOOL bAlertable) {
    struct object *object = find_any_object(hObjectToSignal);
    BOOL ok;
    if (object == NULL)
        ok = SetEvent(hObjectToSignal);
    else if (object->kind == A_MUTEX)
        ok = ReleaseMutex(hObjectToSignal);
    else if (object->kind == A_SEMAPHORE)
        ok = ReleaseSemaphore(hObjectToSignal, 1, NULL);
    else {
        SetLastError(ERROR_INVALID_HANDLE);
        ok = FALSE;
    }
    return ok ? WaitForSingleObjectEx(hObjectToWaitOn, dwMilliseconds, bAlertable) : WAIT_FAILED;
}

DWORD WSAWaitForMultipleEvents(DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll,
                               DWORD dwTimeout, BOOL fAlertable) {
    return WaitForMultipleObjectsEx(cEvents, lphEvents, fWaitAll, dwTimeout, fAlertable);
}

DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable) {
    DWORD result;
    if (dwMilliseconds == 0 && !bAlertable) {
        (void)let_others_run();
        return 0;
    }
    result = wait_for_objects(NULL, 0, FALSE, dwMilliseconds, bAlertable, "Sleep");
    return result == WAIT_IO_COMPLETION ? WAIT_IO_COMPLETION : 0;
}

void Sleep(DWORD dwMilliseconds) {
    SleepEx(dwMilliseconds, FALSE);
}

DWORD wait_for_ended(DWORD milliseconds, BOOL alertable) {
    struct wait wait = new_wait(FOR_ENDED, "GetOverlappedResult", deadline_after(milliseconds));
    wait.alertable = alertable;
    if (!alertable || !routines_ready(THREAD_ID)) {
        switch (suspend(&wait)) {
        case WOKEN:
            break;
        case TIMED_OUT:
            return WAIT_TIMEOUT;
        default:
            return WSAEWOULDBLOCK;
        }
    }
    if (!alertable || !routines_ready(THREAD_ID))
        return WAIT_OBJECT_0;
    (void)run_routines_here();
    (void)run_routines();
    return WAIT_IO_COMPLETION;
}

DWORD time_left(ULONGLONG start, DWORD milliseconds) {
    ULONGLONG passed = GetTickCount64() - start;
    if (milliseconds == INFINITE)
        return INFINITE;
    return passed >= milliseconds ? 0 : milliseconds - (DWORD)passed;
}

HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName) {
    struct mutex *mutex;
    HANDLE handle;
    (void)lpMutexAttributes;
    if (lpName != NULL) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    mutex = calloc(1, sizeof *mutex);
    handle = mutex == NULL ? NULL : add_object(&mutex->object);
    if (handle == NULL) {
        free(mutex);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    mutex->object.kind = A_MUTEX;
    mutex->next = mutexes;
    mutexes = mutex;
    if (bInitialOwner) {
        mutex->owner = current_thread;
        mutex->depth = 1;
    }
    SetLastError(ERROR_SUCCESS);
    return handle;
}

HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName) {
    return CreateMutexA(lpMutexAttributes, bInitialOwner, lpName == NULL ? NULL : "");
}

HANDLE CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags,
                      DWORD dwDesiredAccess) {
    (void)dwDesiredAccess;
    return CreateMutexA(lpMutexAttributes, (dwFlags & CREATE_MUTEX_INITIAL_OWNER) != 0, lpName);
}

HANDLE CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags,
                      DWORD dwDesiredAccess) {
    (void)dwDesiredAccess;
    return CreateMutexW(lpMutexAttributes, (dwFlags & CREATE_MUTEX_INITIAL_OWNER) != 0, lpName);
}

BOOL ReleaseMutex(HANDLE hMutex) {
    struct mutex *mutex = (struct mutex *)find_object(hMutex, A_MUTEX);
    if (mutex == NULL || mutex->owner != current_thread) {
        SetLastError(mutex == NULL ? ERROR_INVALID_HANDLE : ERROR_NOT_OWNER);
        return FALSE;
    }
    if (--mutex->depth == 0) {
        mutex->owner = NULL;
        objects_signalled();
    }
    return TRUE;
}

void abandon_mutexes(struct thread *thread) {
    struct mutex *mutex;
    for (mutex = mutexes; mutex != NULL; mutex = mutex->next)
        if (mutex->owner == thread) {
            mutex->owner = NULL;
            mutex->depth = 0;
            mutex->abandoned = TRUE;
        }
}

HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                        LONG lMaximumCount, LPCSTR lpName) {
    struct semaphore *semaphore;
    HANDLE handle;
    (void)lpSemaphoreAttributes;
    if (lpName != NULL) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    if (lMaximumCount <= 0 || lInitialCount < 0 || lInitialCount > lMaximumCount) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    semaphore = calloc(1, sizeof *semaphore);
    handle = semaphore == NULL ? NULL : add_object(&semaphore->object);
    if (handle == NULL) {
        free(semaphore);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    semaphore->object.kind = A_SEMAPHORE;
    semaphore->count = lInitialCount;
    semaphore->most = lMaximumCount;
    SetLastError(ERROR_SUCCESS);
    return handle;
}

HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                        LONG lMaximumCount, LPCWSTR lpName) {
    return CreateSemaphoreA(lpSemaphoreAttributes, lInitialCount, lMaximumCount,
                            lpName == NULL ? NULL : "");
}

BOOL ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount) {
    struct semaphore *semaphore = (struct semaphore *)find_object(hSemaphore, A_SEMAPHORE);
    if (semaphore == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (lReleaseCount <= 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (lReleaseCount > semaphore->most - semaphore->count) {
        SetLastError(ERROR_TOO_MANY_POSTS);
        return FALSE;
    }
    if (in_memory(lpPreviousCount, sizeof *lpPreviousCount))
        *lpPreviousCount = semaphore->count;
    semaphore->count += lReleaseCount;
    objects_signalled();
    return TRUE;
}

static void drop_mutex(struct mutex *dropped) {
    struct mutex **place = &mutexes;
    while (*place != dropped)
        place = &(*place)->next;
    *place = dropped->next;
    free(dropped);
}

BOOL close_object(HANDLE handle) {
    struct object *object = find_any_object(handle);
    if (object == NULL)
        return FALSE;
    forget_handle((ULONG_PTR)handle);
    switch (object->kind) {
    case A_THREAD:
        close_thread((struct thread *)object);
        break;
    case A_MUTEX:
        drop_mutex((struct mutex *)object);
        break;
    case A_SEMAPHORE:
        free(object);
        break;
    case A_TIMER:
        forget_timer((struct timer *)object);
        break;
    }
    return TRUE;
}
