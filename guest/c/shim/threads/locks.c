/* Locks that are the program's own memory: who waits for one waits at its address. */
#include "../shim.h"

/* Waits at an address; FALSE when the time is over. */
static BOOL wait_at(const volatile void *address, const char *call, uint64_t deadline,
                    BOOL exclusive, const struct thread *holder) {
    struct wait wait = new_wait(FOR_ADDRESS, call, deadline);
    wait.address = address;
    wait.exclusive = exclusive;
    wait.holder = holder;
    return suspend(&wait) == WOKEN;
}

static HANDLE owner(const struct thread *thread) {
    return (HANDLE)(ULONG_PTR)thread->id;
}

/* The thread with that number, if it has not ended. */
static const struct thread *thread_with(HANDLE owning) {
    const struct thread *thread = all_threads;
    while (thread != NULL && owner(thread) != owning)
        thread = thread->next_of_all;
    return thread;
}

static BOOL is_others(LPCRITICAL_SECTION section) {
    return section->RecursionCount != 0 && section->OwningThread != owner(current_thread);
}

static void enter(LPCRITICAL_SECTION section) {
    section->LockCount++;
    section->RecursionCount++;
    section->OwningThread = owner(current_thread);
}

void EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
    while (is_others(lpCriticalSection))
        (void)wait_at(lpCriticalSection, "EnterCriticalSection", NO_DEADLINE, FALSE,
                      thread_with(lpCriticalSection->OwningThread));
    enter(lpCriticalSection);
}

BOOL TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
    if (is_others(lpCriticalSection)) {
        (void)let_others_run();
        if (is_others(lpCriticalSection))
            return FALSE;
    }
    enter(lpCriticalSection);
    return TRUE;
}

void LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
    lpCriticalSection->LockCount--;
    if (--lpCriticalSection->RecursionCount > 0)
        return;
    lpCriticalSection->OwningThread = NULL;
    wake_address(lpCriticalSection, FALSE);
}

/* A slim lock is 0, ALONE, or so many times ONE_MORE as there are who share it. */
#define ALONE 1
#define ONE_MORE 4

static ULONG_PTR state_of(PSRWLOCK lock) {
    return (ULONG_PTR)lock->Ptr;
}

static void become(PSRWLOCK lock, ULONG_PTR state) {
    lock->Ptr = (PVOID)state;
}

void InitializeSRWLock(PSRWLOCK SRWLock) {
    become(SRWLock, 0);
}

void AcquireSRWLockExclusive(PSRWLOCK SRWLock) {
    while (state_of(SRWLock) != 0)
        (void)wait_at(SRWLock, "AcquireSRWLockExclusive", NO_DEADLINE, TRUE, NULL);
    become(SRWLock, ALONE);
}

void AcquireSRWLockShared(PSRWLOCK SRWLock) {
    /* Who wants it alone is not made to wait for ever. */
    while (state_of(SRWLock) == ALONE || wanted_alone(SRWLock))
        (void)wait_at(SRWLock, "AcquireSRWLockShared", NO_DEADLINE, FALSE, NULL);
    become(SRWLock, state_of(SRWLock) + ONE_MORE);
}

BOOLEAN TryAcquireSRWLockExclusive(PSRWLOCK SRWLock) {
    if (state_of(SRWLock) != 0)
        (void)let_others_run();
    if (state_of(SRWLock) != 0)
        return FALSE;
    become(SRWLock, ALONE);
    return TRUE;
}

BOOLEAN TryAcquireSRWLockShared(PSRWLOCK SRWLock) {
    if (state_of(SRWLock) == ALONE)
        (void)let_others_run();
    if (state_of(SRWLock) == ALONE)
        return FALSE;
    become(SRWLock, state_of(SRWLock) + ONE_MORE);
    return TRUE;
}

void ReleaseSRWLockExclusive(PSRWLOCK SRWLock) {
    become(SRWLock, 0);
    wake_address(SRWLock, TRUE);
}

void ReleaseSRWLockShared(PSRWLOCK SRWLock) {
    become(SRWLock, state_of(SRWLock) - ONE_MORE);
    if (state_of(SRWLock) == 0)
        wake_address(SRWLock, TRUE);
}

void InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable) {
    ConditionVariable->Ptr = NULL;
}

void WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable) {
    wake_address(ConditionVariable, FALSE);
}

void WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable) {
    wake_address(ConditionVariable, TRUE);
}

static BOOL woken(BOOL in_time) {
    if (!in_time)
        SetLastError(ERROR_TIMEOUT);
    return in_time;
}

BOOL SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable,
                              PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds) {
    BOOL in_time;
    LeaveCriticalSection(CriticalSection);
    in_time = wait_at(ConditionVariable, "SleepConditionVariableCS",
                      deadline_after(dwMilliseconds), FALSE, NULL);
    EnterCriticalSection(CriticalSection);
    return woken(in_time);
}

BOOL SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock,
                               DWORD dwMilliseconds, ULONG Flags) {
    BOOL shared = (Flags & CONDITION_VARIABLE_LOCKMODE_SHARED) != 0, in_time;
    if (shared)
        ReleaseSRWLockShared(SRWLock);
    else
        ReleaseSRWLockExclusive(SRWLock);
    in_time = wait_at(ConditionVariable, "SleepConditionVariableSRW",
                      deadline_after(dwMilliseconds), FALSE, NULL);
    if (shared)
        AcquireSRWLockShared(SRWLock);
    else
        AcquireSRWLockExclusive(SRWLock);
    return woken(in_time);
}

BOOL WaitOnAddress(volatile VOID *Address, PVOID CompareAddress, SIZE_T AddressSize,
                   DWORD dwMilliseconds) {
    if (AddressSize != 1 && AddressSize != 2 && AddressSize != 4 && AddressSize != 8) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (memcmp((const void *)Address, CompareAddress, AddressSize) != 0)
        return TRUE;
    return woken(wait_at(Address, "WaitOnAddress", deadline_after(dwMilliseconds), FALSE, NULL));
}

void WakeByAddressSingle(PVOID Address) {
    wake_address(Address, FALSE);
}

void WakeByAddressAll(PVOID Address) {
    wake_address(Address, TRUE);
}

/* What is done once is 0 before, BEGUN meanwhile, and then DONE with what it left behind. */
#define BEGUN 1
#define DONE 2
#define STATES 3

void InitOnceInitialize(PINIT_ONCE InitOnce) {
    InitOnce->Ptr = NULL;
}

BOOL InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending,
                             LPVOID *lpContext) {
    if ((dwFlags & INIT_ONCE_ASYNC) != 0) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    while (((ULONG_PTR)lpInitOnce->Ptr & STATES) == BEGUN) {
        if ((dwFlags & INIT_ONCE_CHECK_ONLY) != 0)
            break;
        (void)wait_at(lpInitOnce, "InitOnceBeginInitialize", NO_DEADLINE, FALSE, NULL);
    }
    *fPending = ((ULONG_PTR)lpInitOnce->Ptr & STATES) != DONE;
    if (!*fPending) {
        if (lpContext != NULL)
            *lpContext = (LPVOID)((ULONG_PTR)lpInitOnce->Ptr & ~(ULONG_PTR)STATES);
        return TRUE;
    }
    if ((dwFlags & INIT_ONCE_CHECK_ONLY) != 0) {
        SetLastError(ERROR_GEN_FAILURE);
        return FALSE;
    }
    lpInitOnce->Ptr = (PVOID)BEGUN;
    return TRUE;
}

BOOL InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext) {
    BOOL failed = (dwFlags & INIT_ONCE_INIT_FAILED) != 0;
    if (((ULONG_PTR)lpInitOnce->Ptr & STATES) != BEGUN ||
        ((ULONG_PTR)lpContext & STATES) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    lpInitOnce->Ptr = failed ? NULL : (PVOID)((ULONG_PTR)lpContext | DONE);
    wake_address(lpInitOnce, TRUE);
    return TRUE;
}

BOOL InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter,
                         LPVOID *Context) {
    BOOL pending;
    LPVOID context = NULL;
    if (!InitOnceBeginInitialize(InitOnce, 0, &pending, Context))
        return FALSE;
    if (!pending)
        return TRUE;
    if (!InitFn(InitOnce, Parameter, &context)) {
        (void)InitOnceComplete(InitOnce, INIT_ONCE_INIT_FAILED, NULL);
        return FALSE;
    }
    if (Context != NULL)
        *Context = context;
    return InitOnceComplete(InitOnce, 0, context);
}
