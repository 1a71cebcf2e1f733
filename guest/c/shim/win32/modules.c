/* The modules are the program itself, and the libraries of which it has functions. */
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

/*
 * The libraries that are there by name. GetProcAddress finds those of their functions
 * that not every Windows has, which is what programs ask it for.
 */
static const char *const libraries[] = {"ws2_32", "wsock32", "mswsock", "kernel32"};

#define LIBRARIES (sizeof libraries / sizeof *libraries)
#define LIBRARY(position) ((HMODULE)((ULONG_PTR)THIS_MODULE + ((position) + 1) * 0x10000))

static HMODULE find_library(const char *name) {
    const char *bare = name;
    size_t position, length;
    for (; *name != '\0'; name++)
        if (*name == '\\' || *name == '/')
            bare = name + 1;
    length = strlen(bare);
    if (length > 4 && _stricmp(bare + length - 4, ".dll") == 0)
        length -= 4;
    for (position = 0; position < LIBRARIES; position++)
        if (strlen(libraries[position]) == length &&
            _strnicmp(bare, libraries[position], length) == 0)
            return LIBRARY(position);
    SetLastError(ERROR_MOD_NOT_FOUND);
    return NULL;
}

static BOOL is_library(HMODULE module) {
    size_t position;
    for (position = 0; position < LIBRARIES; position++)
        if (module == LIBRARY(position))
            return TRUE;
    return FALSE;
}

HMODULE LoadLibraryA(LPCSTR lpLibFileName) {
    if (lpLibFileName == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return find_library(lpLibFileName);
}

HMODULE LoadLibraryW(LPCWSTR lpLibFileName) {
    char *name = narrowed(lpLibFileName);
    HMODULE module = LoadLibraryA(name);
    free(name);
    return module;
}

BOOL FreeLibrary(HMODULE hLibModule) {
    return is_library(hLibModule) || fail_as(ERROR_INVALID_HANDLE);
}

static const struct {
    const char *name;
    void (*function)(void);
} functions[] = {
#define FUNCTION(name) {#name, (void (*)(void))name}
    FUNCTION(getaddrinfo),
    FUNCTION(freeaddrinfo),
    FUNCTION(getnameinfo),
    FUNCTION(GetAddrInfoW),
    FUNCTION(FreeAddrInfoW),
    FUNCTION(GetNameInfoW),
    FUNCTION(GetAddrInfoExA),
    FUNCTION(GetAddrInfoExW),
    FUNCTION(FreeAddrInfoEx),
    FUNCTION(FreeAddrInfoExW),
    FUNCTION(inet_ntop),
    FUNCTION(inet_pton),
    FUNCTION(InetNtopW),
    FUNCTION(InetPtonW),
    FUNCTION(WSAPoll),
    FUNCTION(WSASendMsg),
    FUNCTION(WSAConnectByNameA),
    FUNCTION(WSAConnectByNameW),
    FUNCTION(WSAConnectByList),
    FUNCTION(AcceptEx),
    FUNCTION(GetAcceptExSockaddrs),
    FUNCTION(TransmitFile),
    FUNCTION(CancelIoEx),
    FUNCTION(GetOverlappedResultEx),
    FUNCTION(GetQueuedCompletionStatusEx),
    FUNCTION(SetFileCompletionNotificationModes),
    FUNCTION(GetTickCount64),
#undef FUNCTION
};

FARPROC GetProcAddress(HMODULE hModule, LPCSTR lpProcName) {
    size_t position;
    if (is_library(hModule) && text_in_memory(lpProcName))
        for (position = 0; position < sizeof functions / sizeof *functions; position++)
            if (strcmp(functions[position].name, lpProcName) == 0)
                return (FARPROC)functions[position].function;
    SetLastError(ERROR_PROC_NOT_FOUND);
    return NULL;
}

HMODULE GetModuleHandleA(LPCSTR lpModuleName) {
    return lpModuleName == NULL ? THIS_MODULE : find_library(lpModuleName);
}

HMODULE GetModuleHandleW(LPCWSTR lpModuleName) {
    char *name;
    HMODULE module;
    if (lpModuleName == NULL)
        return THIS_MODULE;
    name = narrowed(lpModuleName);
    module = name == NULL ? NULL : GetModuleHandleA(name);
    free(name);
    return module;
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
