/* The console, as far as it is the standard streams. */
#define _GNU_SOURCE
#include "win32.h"

#include <unistd.h>

/* Handlers that were added, so that only those are removed. */
struct handler {
    struct handler *next;
    PHANDLER_ROUTINE routine;
};

static struct handler *handlers;

BOOL SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add) {
    struct handler **place, *handler;
    /* Without a routine it says whether Ctrl+C is ignored; there is none. */
    if (HandlerRoutine == NULL)
        return TRUE;
    if (Add) {
        handler = malloc(sizeof *handler);
        if (handler == NULL)
            return fail_as(ERROR_NOT_ENOUGH_MEMORY);
        handler->routine = HandlerRoutine;
        handler->next = handlers;
        handlers = handler;
        return TRUE;
    }
    for (place = &handlers; (handler = *place) != NULL; place = &handler->next)
        if (handler->routine == HandlerRoutine) {
            *place = handler->next;
            free(handler);
            return TRUE;
        }
    return fail_as(ERROR_INVALID_PARAMETER);
}

/* Whether it is one of the streams that are written to; a last error if not. */
static BOOL is_output(HANDLE handle) {
    struct open_file *file = find_file(handle);
    if (file == NULL || (file->number != 1 && file->number != 2))
        return fail_as(ERROR_INVALID_HANDLE);
    return TRUE;
}

BOOL WriteConsoleA(HANDLE hConsoleOutput, const void *lpBuffer, DWORD nNumberOfCharsToWrite,
                   LPDWORD lpNumberOfCharsWritten, LPVOID lpReserved) {
    DWORD written = 0;
    BOOL done;
    (void)lpReserved;
    if (!is_output(hConsoleOutput))
        return FALSE;
    done = WriteFile(hConsoleOutput, lpBuffer, nNumberOfCharsToWrite, &written, NULL);
    if (in_memory(lpNumberOfCharsWritten, sizeof *lpNumberOfCharsWritten))
        *lpNumberOfCharsWritten = written;
    return done;
}

BOOL WriteConsoleW(HANDLE hConsoleOutput, const void *lpBuffer, DWORD nNumberOfCharsToWrite,
                   LPDWORD lpNumberOfCharsWritten, LPVOID lpReserved) {
    wchar_t *text;
    char *narrow;
    BOOL done;
    if (!is_output(hConsoleOutput))
        return FALSE;
    if (!in_memory(lpBuffer, (uint64_t)nNumberOfCharsToWrite * sizeof *text))
        return fail_as(ERROR_NOACCESS);
    text = malloc(((size_t)nNumberOfCharsToWrite + 1) * sizeof *text);
    if (text == NULL)
        return fail_as(ERROR_NOT_ENOUGH_MEMORY);
    wmemcpy(text, lpBuffer, nNumberOfCharsToWrite);
    text[nNumberOfCharsToWrite] = 0;
    narrow = narrowed(text);
    free(text);
    if (narrow == NULL)
        return fail_as(ERROR_NOT_ENOUGH_MEMORY);
    done = WriteConsoleA(hConsoleOutput, narrow, (DWORD)strlen(narrow), NULL, lpReserved);
    free(narrow);
    if (done && in_memory(lpNumberOfCharsWritten, sizeof *lpNumberOfCharsWritten))
        *lpNumberOfCharsWritten = nNumberOfCharsToWrite;
    return done;
}

BOOL SetConsoleTitleA(LPCSTR lpConsoleTitle) {
    if (!text_in_memory(lpConsoleTitle))
        return fail_as(ERROR_INVALID_PARAMETER);
    /* What is no terminal shows no title, and would keep the sequence. */
    if (isatty(1)) {
        printf("\033]0;%s\007", lpConsoleTitle);
        fflush(stdout);
    }
    return TRUE;
}

BOOL SetConsoleTitleW(LPCWSTR lpConsoleTitle) {
    char *title = narrowed(lpConsoleTitle);
    BOOL done = SetConsoleTitleA(title);
    free(title);
    return done;
}

UINT GetConsoleCP(void) {
    return CP_UTF8;
}

UINT GetConsoleOutputCP(void) {
    return CP_UTF8;
}

BOOL SetConsoleCP(UINT wCodePageID) {
    return wCodePageID == CP_UTF8 ? TRUE : fail_as(ERROR_INVALID_PARAMETER);
}

BOOL SetConsoleOutputCP(UINT wCodePageID) {
    return SetConsoleCP(wCodePageID);
}
