/* The program's only thread and process. */
#include "../shim.h"

/* What Windows answers for the calling thread, whichever that is. */
#define CURRENT_THREAD ((HANDLE)(LONG_PTR)-2)

DWORD GetCurrentThreadId(void) {
    return THREAD_ID;
}

HANDLE GetCurrentThread(void) {
    return CURRENT_THREAD;
}

DWORD GetCurrentProcessId(void) {
    return 1;
}

int WPUOpenCurrentThread(LPWSATHREADID lpThreadId, LPINT lpErrno) {
    if (!in_memory(lpThreadId, sizeof *lpThreadId))
        return fail(lpErrno, WSAEFAULT);
    lpThreadId->ThreadHandle = CURRENT_THREAD;
    lpThreadId->Reserved = 0;
    return 0;
}

int WPUCloseThread(LPWSATHREADID lpThreadId, LPINT lpErrno) {
    if (!in_memory(lpThreadId, sizeof *lpThreadId))
        return fail(lpErrno, WSAEFAULT);
    if (lpThreadId->ThreadHandle != CURRENT_THREAD)
        return fail(lpErrno, WSAEINVAL);
    return 0;
}
