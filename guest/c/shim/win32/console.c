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

/* Writes a sequence of a terminal, if the stream is one. */
static BOOL write_sequence(HANDLE handle, const char *sequence) {
    struct open_file *file;
    if (!is_output(handle))
        return FALSE;
    file = find_file(handle);
    fflush(NULL);
    if (isatty(file->number) && write(file->number, sequence, strlen(sequence)) < 0)
        return fail_as_errno();
    return TRUE;
}

/* A terminal numbers its colours the other way round: red is its lowest bit. */
static int colour_of(WORD bits) {
    return (bits & FOREGROUND_RED ? 1 : 0) | (bits & FOREGROUND_GREEN ? 2 : 0) |
           (bits & FOREGROUND_BLUE ? 4 : 0);
}

BOOL SetConsoleTextAttribute(HANDLE hConsoleOutput, WORD wAttributes) {
    char sequence[32];
    snprintf(sequence, sizeof sequence, "\033[%d;%dm",
             (wAttributes & FOREGROUND_INTENSITY ? 90 : 30) + colour_of(wAttributes),
             (wAttributes & BACKGROUND_INTENSITY ? 100 : 40) + colour_of(wAttributes >> 4));
    return write_sequence(hConsoleOutput, sequence);
}

BOOL SetConsoleCursorPosition(HANDLE hConsoleOutput, COORD dwCursorPosition) {
    char sequence[32];
    if (dwCursorPosition.X < 0 || dwCursorPosition.Y < 0)
        return fail_as(ERROR_INVALID_PARAMETER);
    snprintf(sequence, sizeof sequence, "\033[%d;%dH", dwCursorPosition.Y + 1,
             dwCursorPosition.X + 1);
    return write_sequence(hConsoleOutput, sequence);
}

BOOL GetConsoleMode(HANDLE hConsoleHandle, LPDWORD lpMode) {
    (void)hConsoleHandle;
    (void)lpMode;
    return fail_as(ERROR_INVALID_HANDLE);
}

BOOL SetConsoleMode(HANDLE hConsoleHandle, DWORD dwMode) {
    (void)hConsoleHandle;
    (void)dwMode;
    return fail_as(ERROR_INVALID_HANDLE);
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

BOOL GetConsoleScreenBufferInfo(HANDLE hConsoleOutput,
                                PCONSOLE_SCREEN_BUFFER_INFO lpConsoleScreenBufferInfo) {
    (void)hConsoleOutput;
    (void)lpConsoleScreenBufferInfo;
    return fail_as(ERROR_INVALID_HANDLE);
}

/* What is written to a terminal is seen at once, as on Windows: a prompt without a new line, too. */
__attribute__((constructor)) static void show_at_once(void) {
    if (isatty(STDOUT_FILENO))
        setvbuf(stdout, NULL, _IONBF, 0);
}
