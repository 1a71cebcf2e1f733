/* The program itself is the only module. */
#include "win32.h"

#include <wasi/api.h>

/* Never 0, and no place that is ever read. */
#define THIS_MODULE ((HMODULE)(ULONG_PTR)0x00400000)

/* The arguments that the program was started with, read once. */
static char **arguments;
static size_t argument_count;

static BOOL read_arguments(void) {
    static BOOL read;
    __wasi_size_t count, size;
    uint8_t *bytes = NULL;
    if (read)
        return argument_count > 0;
    if (__wasi_args_sizes_get(&count, &size) != 0)
        return FALSE;
    arguments = calloc((size_t)count + 1, sizeof *arguments);
    bytes = malloc((size_t)size + 1);
    if (arguments == NULL || bytes == NULL ||
        __wasi_args_get((uint8_t **)arguments, bytes) != 0) {
        free(arguments);
        free(bytes);
        return FALSE;
    }
    argument_count = count;
    read = TRUE;
    return count > 0;
}

HMODULE LoadLibraryW(LPCWSTR lpLibFileName) {
    (void)lpLibFileName;
    SetLastError(ERROR_MOD_NOT_FOUND);
    return NULL;
}

HMODULE LoadLibraryA(LPCSTR lpLibFileName) {
    (void)lpLibFileName;
    return LoadLibraryW(NULL);
}

BOOL FreeLibrary(HMODULE hLibModule) {
    (void)hLibModule;
    return fail_as(ERROR_INVALID_HANDLE);
}

FARPROC GetProcAddress(HMODULE hModule, LPCSTR lpProcName) {
    (void)hModule;
    (void)lpProcName;
    SetLastError(ERROR_PROC_NOT_FOUND);
    return NULL;
}

HMODULE GetModuleHandleW(LPCWSTR lpModuleName) {
    if (lpModuleName == NULL)
        return THIS_MODULE;
    SetLastError(ERROR_MOD_NOT_FOUND);
    return NULL;
}

HMODULE GetModuleHandleA(LPCSTR lpModuleName) {
    return GetModuleHandleW(lpModuleName == NULL ? NULL : L"");
}

DWORD GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize) {
    const char *name = read_arguments() ? windows_path(arguments[0]) : "";
    size_t length = strlen(name);
    if (hModule != NULL && hModule != THIS_MODULE)
        return (DWORD)fail_as(ERROR_MOD_NOT_FOUND);
    if (nSize == 0 || !in_memory(lpFilename, nSize))
        return (DWORD)fail_as(ERROR_INSUFFICIENT_BUFFER);
    if (length < nSize) {
        memcpy(lpFilename, name, length + 1);
        return (DWORD)length;
    }
    memcpy(lpFilename, name, nSize - 1);
    lpFilename[nSize - 1] = '\0';
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return nSize;
}

DWORD GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize) {
    wchar_t *name = widened(read_arguments() ? windows_path(arguments[0]) : "");
    DWORD length = name == NULL ? 0 : (DWORD)wcslen(name);
    if (hModule != NULL && hModule != THIS_MODULE) {
        SetLastError(ERROR_MOD_NOT_FOUND);
        length = 0;
    } else if (name == NULL || nSize == 0 ||
               !in_memory(lpFilename, (uint64_t)nSize * sizeof *lpFilename)) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        length = 0;
    } else if (length < nSize) {
        wmemcpy(lpFilename, name, length + 1);
    } else {
        wmemcpy(lpFilename, name, nSize - 1);
        lpFilename[nSize - 1] = 0;
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        length = nSize;
    }
    free(name);
    return length;
}

/* Whether it is read as one argument without quotation marks. */
static BOOL is_plain(const char *argument) {
    return *argument != '\0' && strpbrk(argument, " \t\"") == NULL;
}

/* Every argument in the marks that a program that splits the line understands. */
static char *join_arguments(void) {
    size_t length = 1, index;
    char *line, *to;
    if (!read_arguments())
        return calloc(1, 1);
    for (index = 0; index < argument_count; index++)
        length += strlen(arguments[index]) * 2 + 3;
    line = to = malloc(length);
    if (line == NULL)
        return NULL;
    for (index = 0; index < argument_count; index++) {
        const char *from = arguments[index];
        BOOL plain = is_plain(from);
        if (index > 0)
            *to++ = ' ';
        if (!plain)
            *to++ = '"';
        for (; *from != '\0'; from++) {
            if (*from == '"')
                *to++ = '\\';
            *to++ = *from;
        }
        if (!plain)
            *to++ = '"';
    }
    *to = '\0';
    return line;
}

LPSTR GetCommandLineA(void) {
    static char *line;
    static char nothing[1];
    if (line == NULL)
        line = join_arguments();
    return line == NULL ? nothing : line;
}

LPWSTR GetCommandLineW(void) {
    static wchar_t *line;
    static wchar_t nothing[1];
    if (line == NULL)
        line = widened(GetCommandLineA());
    return line == NULL ? nothing : line;
}
