/* Critical sections, values and turns of the only thread. */
#include "../win32/win32.h"

#define OWNER ((HANDLE)(ULONG_PTR)THREAD_ID)

void EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
    lpCriticalSection->LockCount++;
    lpCriticalSection->RecursionCount++;
    lpCriticalSection->OwningThread = OWNER;
}

BOOL TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
    EnterCriticalSection(lpCriticalSection);
    return TRUE;
}

void LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
    lpCriticalSection->LockCount--;
    if (--lpCriticalSection->RecursionCount == 0)
        lpCriticalSection->OwningThread = NULL;
}

/* Values of the only thread. */
#define MOST_VALUES 1088

static LPVOID values[MOST_VALUES];
static BOOL taken[MOST_VALUES];

DWORD TlsAlloc(void) {
    DWORD index;
    for (index = 0; index < MOST_VALUES; index++)
        if (!taken[index]) {
            taken[index] = TRUE;
            values[index] = NULL;
            return index;
        }
    SetLastError(ERROR_NO_MORE_ITEMS);
    return TLS_OUT_OF_INDEXES;
}

BOOL TlsFree(DWORD dwTlsIndex) {
    if (dwTlsIndex >= MOST_VALUES || !taken[dwTlsIndex])
        return fail_as(ERROR_INVALID_PARAMETER);
    taken[dwTlsIndex] = FALSE;
    return TRUE;
}

LPVOID TlsGetValue(DWORD dwTlsIndex) {
    if (dwTlsIndex >= MOST_VALUES) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    /* NULL is a value too. */
    SetLastError(ERROR_SUCCESS);
    return values[dwTlsIndex];
}

BOOL TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue) {
    if (dwTlsIndex >= MOST_VALUES || !taken[dwTlsIndex])
        return fail_as(ERROR_INVALID_PARAMETER);
    values[dwTlsIndex] = lpTlsValue;
    return TRUE;
}

BOOL SwitchToThread(void) {
    /* There is none. */
    return FALSE;
}
