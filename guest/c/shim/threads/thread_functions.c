/* Threads as programs make, ask and end them. */
#include "../shim.h"

#include <process.h>

/* What Windows answers for the calling thread, whichever that is. */
#define CURRENT_THREAD ((HANDLE)(LONG_PTR)-2)

static DWORD last_id = 1;

struct thread *find_thread(HANDLE handle) {
    if (handle == CURRENT_THREAD)
        return current_thread;
    return (struct thread *)find_object(handle, A_THREAD);
}

static struct thread *known_thread(HANDLE handle) {
    struct thread *thread = find_thread(handle);
    if (thread == NULL)
        SetLastError(ERROR_INVALID_HANDLE);
    return thread;
}

DWORD thread_of(HANDLE handle) {
    const struct thread *thread = find_thread(handle);
    return thread == NULL || thread->state == ENDED ? 0 : thread->id;
}

void free_thread(struct thread *thread) {
    /* The stack of the main thread is the program's. */
    if (thread->high != NULL)
        free(thread->low);
    free(thread->values);
    free(thread->host);
    forget_destructions(thread);
    thread->high = thread->low = NULL;
    thread->values = NULL;
    thread->host = NULL;
    if (!thread->is_open && thread->started && thread->id != 1)
        free(thread);
}

void close_thread(struct thread *thread) {
    thread->is_open = FALSE;
    if (thread->state == ENDED && thread != current_thread && thread->high == NULL &&
        thread->id != 1)
        free(thread);
}

/* A thread that does not run yet, or NULL with a last error. */
static struct thread *new_thread(void *start, LPVOID parameter, SIZE_T stack, BOOL suspended) {
    struct thread *thread = calloc(1, sizeof *thread);
    SIZE_T size = stack > LEAST_STACK ? (stack + 15) & ~(SIZE_T)15 : LEAST_STACK;
    if (thread != NULL && size >= stack && size + room_for_variables() >= size)
        thread->low = malloc(size + room_for_variables());
    if (thread != NULL && thread->low != NULL) {
        thread->object.kind = A_THREAD;
        thread->handle = add_object(&thread->object);
    }
    if (thread == NULL || thread->handle == NULL) {
        if (thread != NULL)
            free(thread->low);
        free(thread);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    thread->is_open = TRUE;
    thread->high = thread->low + size;
    thread->variables = new_variables(thread->high);
    thread->stack_pointer = thread->high;
    thread->id = ++last_id;
    thread->start = start;
    thread->parameter = parameter;
    thread->suspended = suspended;
    thread->exit_code = STILL_ACTIVE;
    can_switch();
    take_part(thread);
    return thread;
}

HANDLE CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                    LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
                    DWORD dwCreationFlags, LPDWORD lpThreadId) {
    struct thread *thread;
    (void)lpThreadAttributes;
    if ((dwCreationFlags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    thread = new_thread((void *)lpStartAddress, lpParameter, dwStackSize,
                        (dwCreationFlags & CREATE_SUSPENDED) != 0);
    if (thread == NULL)
        return NULL;
    if (in_memory(lpThreadId, sizeof *lpThreadId))
        *lpThreadId = thread->id;
    return thread->handle;
}

uintptr_t _beginthreadex(void *security, unsigned stack_size,
                         unsigned(__stdcall *start_address)(void *), void *arglist,
                         unsigned initflag, unsigned *thrdaddr) {
    DWORD id = 0;
    HANDLE handle;
    if (start_address == NULL) {
        errno = EINVAL;
        return 0;
    }
    handle = CreateThread(security, stack_size, (LPTHREAD_START_ROUTINE)(void *)start_address,
                          arglist, initflag, &id);
    if (handle == NULL)
        errno = EAGAIN;
    else if (thrdaddr != NULL)
        *thrdaddr = (unsigned)id;
    return (uintptr_t)handle;
}

uintptr_t _beginthread(void(__cdecl *start_address)(void *), unsigned stack_size, void *arglist) {
    struct thread *thread = NULL;
    errno = EINVAL;
    if (start_address != NULL) {
        thread = new_thread((void *)start_address, arglist, stack_size, FALSE);
        errno = EAGAIN;
    }
    if (thread == NULL)
        return (uintptr_t)-1;
    thread->closes_itself = TRUE;
    return (uintptr_t)thread->handle;
}

/* Takes a thread out of the program, which ends with its last one. */
static void end(struct thread *thread, DWORD code) {
    thread->exit_code = code;
    if (all_threads->next_of_all == NULL)
        exit((int)code);
    remove_thread(thread);
    if (thread->closes_itself && thread->is_open) {
        thread->is_open = FALSE;
        forget_handle((ULONG_PTR)thread->handle);
    }
}

void ExitThread(DWORD dwExitCode) {
    destroy_variables();
    end(current_thread, dwExitCode);
    leave_for_good();
}

void _endthreadex(unsigned retval) {
    ExitThread(retval);
}

void _endthread(void) {
    ExitThread(0);
}

BOOL TerminateThread(HANDLE hThread, DWORD dwExitCode) {
    struct thread *thread = known_thread(hThread);
    if (thread == NULL)
        return FALSE;
    if (thread == current_thread)
        ExitThread(dwExitCode);
    if (thread->state == ENDED)
        return TRUE;
    end(thread, dwExitCode);
    thread->started = TRUE;
    free_thread(thread);
    return TRUE;
}

DWORD ResumeThread(HANDLE hThread) {
    struct thread *thread = known_thread(hThread);
    DWORD before;
    if (thread == NULL)
        return (DWORD)-1;
    before = thread->suspended;
    release(thread);
    return before;
}

DWORD SuspendThread(HANDLE hThread) {
    struct thread *thread = known_thread(hThread);
    DWORD before;
    if (thread == NULL)
        return (DWORD)-1;
    before = thread->suspended;
    if (thread->state == ENDED) {
        SetLastError(ERROR_ACCESS_DENIED);
        return (DWORD)-1;
    }
    hold(thread);
    return before;
}

BOOL GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode) {
    const struct thread *thread = known_thread(hThread);
    if (thread == NULL)
        return FALSE;
    if (!in_memory(lpExitCode, sizeof *lpExitCode)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *lpExitCode = thread->state == ENDED ? thread->exit_code : STILL_ACTIVE;
    return TRUE;
}

DWORD GetThreadId(HANDLE Thread) {
    const struct thread *thread = known_thread(Thread);
    return thread == NULL ? 0 : thread->id;
}

/* There are no priorities: every thread has its turn. */
BOOL SetThreadPriority(HANDLE hThread, int nPriority) {
    struct thread *thread = known_thread(hThread);
    if (thread == NULL)
        return FALSE;
    thread->priority = nPriority;
    return TRUE;
}

int GetThreadPriority(HANDLE hThread) {
    const struct thread *thread = known_thread(hThread);
    return thread == NULL ? THREAD_PRIORITY_ERROR_RETURN : thread->priority;
}

BOOL SwitchToThread(void) {
    return let_others_run();
}

DWORD GetCurrentThreadId(void) {
    return current_thread->id;
}

HANDLE GetCurrentThread(void) {
    return CURRENT_THREAD;
}

DWORD GetCurrentProcessId(void) {
    return 1;
}

int WPUOpenCurrentThread(LPWSATHREADID lpThreadId, LPINT lpErrno) {
    struct thread *self = current_thread;
    if (!in_memory(lpThreadId, sizeof *lpThreadId))
        return fail(lpErrno, WSAEFAULT);
    /* A number that names this thread in every other one too; it is not closed with it. */
    lpThreadId->ThreadHandle = self->id == 1 ? CURRENT_THREAD : self->handle;
    lpThreadId->Reserved = self->id;
    return 0;
}

int WPUCloseThread(LPWSATHREADID lpThreadId, LPINT lpErrno) {
    if (!in_memory(lpThreadId, sizeof *lpThreadId))
        return fail(lpErrno, WSAEFAULT);
    if (find_thread(lpThreadId->ThreadHandle) == NULL)
        return fail(lpErrno, WSAEINVAL);
    return 0;
}
