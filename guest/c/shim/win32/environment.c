/* The environment, as <stdlib.h> and as Windows have it. */
#define _GNU_SOURCE
#include "win32.h"

#include <errno.h>

int _putenv(const char *assignment) {
    const char *equals = assignment == NULL ? NULL : strchr(assignment, '=');
    char *name;
    int result;
    if (equals == NULL || equals == assignment) {
        errno = EINVAL;
        return -1;
    }
    name = strndup(assignment, (size_t)(equals - assignment));
    if (name == NULL)
        return -1;
    /* Nothing after the sign takes the variable away. */
    result = equals[1] == '\0' ? unsetenv(name) : setenv(name, equals + 1, 1);
    free(name);
    return result;
}

errno_t _putenv_s(const char *name, const char *value) {
    if (name == NULL || value == NULL || *name == '\0' || strchr(name, '=') != NULL)
        return EINVAL;
    if ((*value == '\0' ? unsetenv(name) : setenv(name, value, 1)) != 0)
        return errno;
    return 0;
}

errno_t getenv_s(size_t *length, char *to, rsize_t room, const char *name) {
    const char *value;
    if (length == NULL || name == NULL || (to == NULL && room > 0))
        return EINVAL;
    *length = 0;
    if (room > 0)
        to[0] = '\0';
    value = getenv(name);
    if (value == NULL)
        return 0;
    *length = strlen(value) + 1;
    if (room == 0)
        return 0;
    return strcpy_s(to, room, value);
}

errno_t _dupenv_s(char **to, size_t *length, const char *name) {
    const char *value;
    if (to == NULL || name == NULL)
        return EINVAL;
    value = getenv(name);
    *to = value == NULL ? NULL : strdup(value);
    if (length != NULL)
        *length = *to == NULL ? 0 : strlen(*to) + 1;
    return value != NULL && *to == NULL ? ENOMEM : 0;
}

wchar_t *_wgetenv(const wchar_t *name) {
    /* Handed out until the next call. */
    static wchar_t *value;
    char *narrow = narrowed(name);
    free(value);
    value = narrow == NULL ? NULL : widened(getenv(narrow));
    free(narrow);
    return value;
}

DWORD GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize) {
    const char *value = text_in_memory(lpName) ? getenv(lpName) : NULL;
    size_t length;
    if (value == NULL) {
        SetLastError(ERROR_ENVVAR_NOT_FOUND);
        return 0;
    }
    length = strlen(value);
    if (nSize <= length)
        return (DWORD)length + 1;
    if (!in_memory(lpBuffer, nSize)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    memcpy(lpBuffer, value, length + 1);
    return (DWORD)length;
}

DWORD GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize) {
    char *name = narrowed(lpName);
    wchar_t *value = name == NULL ? NULL : widened(getenv(name));
    DWORD length = 0;
    free(name);
    if (value == NULL) {
        SetLastError(ERROR_ENVVAR_NOT_FOUND);
        return 0;
    }
    length = (DWORD)wcslen(value);
    if (nSize <= length) {
        length++;
    } else if (in_memory(lpBuffer, (uint64_t)nSize * sizeof *lpBuffer)) {
        wmemcpy(lpBuffer, value, length + 1);
    } else {
        SetLastError(ERROR_INVALID_PARAMETER);
        length = 0;
    }
    free(value);
    return length;
}

BOOL SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue) {
    if (!text_in_memory(lpName) || *lpName == '\0' || strchr(lpName, '=') != NULL ||
        (lpValue != NULL && !text_in_memory(lpValue)))
        return fail_as(ERROR_INVALID_PARAMETER);
    if ((lpValue == NULL ? unsetenv(lpName) : setenv(lpName, lpValue, 1)) != 0)
        return fail_as(ERROR_NOT_ENOUGH_MEMORY);
    return TRUE;
}

BOOL SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue) {
    char *name = narrowed(lpName), *value = narrowed(lpValue);
    BOOL done = lpValue != NULL && value == NULL ? fail_as(ERROR_NOT_ENOUGH_MEMORY)
                                                 : SetEnvironmentVariableA(name, value);
    free(name);
    free(value);
    return done;
}
