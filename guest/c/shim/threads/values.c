/* Values that each thread has of its own. */
#include "../win32/win32.h"

static BOOL taken[MOST_VALUES];

DWORD TlsAlloc(void) {
    DWORD index;
    for (index = 0; index < MOST_VALUES; index++)
        if (!taken[index]) {
            const struct thread *thread;
            taken[index] = TRUE;
            for (thread = all_threads; thread != NULL; thread = thread->next_of_all)
                if (thread->values != NULL)
                    thread->values[index] = NULL;
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
    return current_thread->values == NULL ? NULL : current_thread->values[dwTlsIndex];
}

BOOL TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue) {
    if (dwTlsIndex >= MOST_VALUES || !taken[dwTlsIndex])
        return fail_as(ERROR_INVALID_PARAMETER);
    if (current_thread->values == NULL)
        current_thread->values = calloc(MOST_VALUES, sizeof *current_thread->values);
    if (current_thread->values == NULL)
        return fail_as(ERROR_NOT_ENOUGH_MEMORY);
    current_thread->values[dwTlsIndex] = lpTlsValue;
    return TRUE;
}
