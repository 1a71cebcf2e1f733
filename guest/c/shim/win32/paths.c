/*
 * Paths as Windows writes them: the C library looks every path up by one function,
 * which the linker wraps, so that backslashes separate names everywhere.
 */
#define _GNU_SOURCE
#include "win32.h"

#include <direct.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

int __real___wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative,
                                         size_t *room, int can_grow);
int __wrap___wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative,
                                         size_t *room, int can_grow);

/* A rename looks two paths up before it uses them. */
#define PATHS_IN_USE 2

const char *native_path(const char *path) {
    static char *kept[PATHS_IN_USE];
    static unsigned next;
    char *native, *position;
    if (strchr(path, '\\') == NULL)
        return path;
    native = strdup(path);
    if (native == NULL)
        return NULL;
    for (position = native; *position != '\0'; position++)
        if (*position == '\\')
            *position = '/';
    free(kept[next]);
    kept[next] = native;
    next = (next + 1) % PATHS_IN_USE;
    return native;
}

int __wrap___wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative,
                                         size_t *room, int can_grow) {
    const char *native = native_path(path);
    if (native == NULL) {
        errno = ENOMEM;
        return -1;
    }
    return __real___wasilibc_find_relpath_alloc(native, prefix, relative, room, can_grow);
}

int _chdir(const char *path) {
    /* It does not look its path up by that function. */
    const char *native = native_path(path);
    return native == NULL ? -1 : chdir(native);
}

char *windows_path(char *path) {
    char *position;
    for (position = path; *position != '\0'; position++)
        if (*position == '/')
            *position = '\\';
    return path;
}

/* Appends the names of a path to a whole one, without `.`, and `..` with what is before it. */
static BOOL append_names(char *whole, size_t room, const char *path) {
    size_t length = strlen(whole);
    while (*path != '\0') {
        size_t name = strcspn(path, "/\\");
        if (name == 2 && path[0] == '.' && path[1] == '.') {
            while (length > 0 && whole[--length] != '\\') {
            }
        } else if (name > 0 && !(name == 1 && path[0] == '.')) {
            if (length + name + 2 > room)
                return FALSE;
            whole[length++] = '\\';
            memcpy(whole + length, path, name);
            length += name;
        }
        whole[length] = '\0';
        path += name + (path[name] != '\0');
    }
    return TRUE;
}

BOOL whole_path(const char *path, char *to, size_t room) {
    char current[PATH_MAX];
    to[0] = '\0';
    if (path[0] != '/' && path[0] != '\\') {
        if (getcwd(current, sizeof current) == NULL || !append_names(to, room, current))
            return FALSE;
    }
    if (!append_names(to, room, path))
        return FALSE;
    /* The root itself. */
    if (to[0] == '\0')
        strcpy(to, "\\");
    return TRUE;
}

char *_fullpath(char *to, const char *path, size_t room) {
    char whole[PATH_MAX];
    if (path == NULL || !whole_path(path, whole, sizeof whole)) {
        errno = EINVAL;
        return NULL;
    }
    if (to == NULL)
        return strdup(whole);
    if (strlen(whole) >= room) {
        errno = ERANGE;
        return NULL;
    }
    return strcpy(to, whole);
}

void _splitpath(const char *path, char *drive, char *directory, char *name, char *extension) {
    const char *start = path, *end, *dot = NULL, *position;
    if (isalpha((unsigned char)path[0]) && path[1] == ':')
        start = path + 2;
    if (drive != NULL)
        sprintf(drive, "%.*s", (int)(start - path), path);
    end = start;
    for (position = start; *position != '\0'; position++)
        if (*position == '/' || *position == '\\')
            end = position + 1;
    for (position = end; *position != '\0'; position++)
        if (*position == '.')
            dot = position;
    if (dot == NULL)
        dot = position;
    if (directory != NULL)
        sprintf(directory, "%.*s", (int)(end - start), start);
    if (name != NULL)
        sprintf(name, "%.*s", (int)(dot - end), end);
    if (extension != NULL)
        strcpy(extension, dot);
}

void _makepath(char *path, const char *drive, const char *directory, const char *name,
               const char *extension) {
    char *to = path;
    if (drive != NULL && *drive != '\0')
        to += sprintf(to, "%c:", *drive);
    if (directory != NULL && *directory != '\0') {
        char last = directory[strlen(directory) - 1];
        to += sprintf(to, "%s%s", directory, last == '/' || last == '\\' ? "" : "\\");
    }
    if (name != NULL)
        to += sprintf(to, "%s", name);
    if (extension != NULL && *extension != '\0')
        to += sprintf(to, "%s%s", *extension == '.' ? "" : ".", extension);
    *to = '\0';
}

DWORD GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer) {
    char current[PATH_MAX];
    size_t length;
    if (getcwd(current, sizeof current) == NULL)
        return (DWORD)fail_as_errno();
    length = strlen(windows_path(current));
    if (nBufferLength <= length)
        return (DWORD)length + 1;
    if (!in_memory(lpBuffer, nBufferLength))
        return (DWORD)fail_as(ERROR_INVALID_PARAMETER);
    memcpy(lpBuffer, current, length + 1);
    return (DWORD)length;
}

/* The same for the wide functions: their text, or how much room it needs with its end. */
static DWORD hand_out_wide(const char *narrow, DWORD room, LPWSTR to) {
    wchar_t *wide = widened(narrow);
    DWORD length;
    if (wide == NULL)
        return (DWORD)fail_as(ERROR_NOT_ENOUGH_MEMORY);
    length = (DWORD)wcslen(wide);
    if (room <= length)
        length++;
    else if (in_memory(to, (uint64_t)room * sizeof *to))
        wmemcpy(to, wide, length + 1);
    else
        length = (DWORD)fail_as(ERROR_INVALID_PARAMETER);
    free(wide);
    return length;
}

DWORD GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer) {
    char current[PATH_MAX];
    DWORD length = GetCurrentDirectoryA(sizeof current, current);
    return length == 0 ? 0 : hand_out_wide(current, nBufferLength, lpBuffer);
}

BOOL SetCurrentDirectoryA(LPCSTR lpPathName) {
    const char *native = text_in_memory(lpPathName) ? native_path(lpPathName) : NULL;
    if (native == NULL)
        return fail_as(ERROR_INVALID_PARAMETER);
    return chdir(native) == 0 ? TRUE : fail_as_errno();
}

BOOL SetCurrentDirectoryW(LPCWSTR lpPathName) {
    char *path = narrowed(lpPathName);
    BOOL done = SetCurrentDirectoryA(path);
    free(path);
    return done;
}

DWORD GetFullPathNameA(LPCSTR lpFileName, DWORD nBufferLength, LPSTR lpBuffer,
                       LPSTR *lpFilePart) {
    char whole[PATH_MAX], *last;
    size_t length;
    if (!text_in_memory(lpFileName) || *lpFileName == '\0' ||
        !whole_path(lpFileName, whole, sizeof whole))
        return (DWORD)fail_as(ERROR_INVALID_NAME);
    length = strlen(whole);
    if (nBufferLength <= length)
        return (DWORD)length + 1;
    if (!in_memory(lpBuffer, nBufferLength))
        return (DWORD)fail_as(ERROR_INVALID_PARAMETER);
    memcpy(lpBuffer, whole, length + 1);
    last = strrchr(lpBuffer, '\\');
    if (in_memory(lpFilePart, sizeof *lpFilePart))
        *lpFilePart = last == NULL || last[1] == '\0' ? NULL : last + 1;
    return (DWORD)length;
}

DWORD GetFullPathNameW(LPCWSTR lpFileName, DWORD nBufferLength, LPWSTR lpBuffer,
                       LPWSTR *lpFilePart) {
    char whole[PATH_MAX], *path = narrowed(lpFileName);
    DWORD length = path == NULL ? (DWORD)fail_as(ERROR_INVALID_NAME)
                                : GetFullPathNameA(path, sizeof whole, whole, NULL);
    free(path);
    if (length == 0)
        return 0;
    length = hand_out_wide(whole, nBufferLength, lpBuffer);
    if (length != 0 && length < nBufferLength && in_memory(lpFilePart, sizeof *lpFilePart)) {
        wchar_t *last = wcsrchr(lpBuffer, L'\\');
        *lpFilePart = last == NULL || last[1] == 0 ? NULL : last + 1;
    }
    return length;
}

DWORD GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer) {
    (void)nBufferLength;
    (void)lpBuffer;
    return (DWORD)fail_as(ERROR_PATH_NOT_FOUND);
}

DWORD GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer) {
    (void)lpBuffer;
    return GetTempPathA(nBufferLength, NULL);
}
