/* Microsoft's functions of the printf family. */
#include "win32.h"

#include <errno.h>

int _vsnprintf(char *to, size_t room, const char *format, va_list arguments) {
    va_list again;
    char *whole;
    int length;
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (to == NULL && room == 0)
        return length;
    if (length < 0)
        return -1;
    if ((size_t)length < room)
        return vsnprintf(to, room, format, arguments);
    /* What fits, and an end only if there is room for it. */
    whole = malloc((size_t)length + 1);
    if (whole == NULL)
        return -1;
    vsnprintf(whole, (size_t)length + 1, format, arguments);
    memcpy(to, whole, room);
    free(whole);
    return (size_t)length == room ? length : -1;
}

int _snprintf(char *to, size_t room, const char *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = _vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return result;
}

int _vscprintf(const char *format, va_list arguments) {
    return vsnprintf(NULL, 0, format, arguments);
}

int _scprintf(const char *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    return result;
}

int _vsnprintf_s(char *to, size_t room, size_t count, const char *format, va_list arguments) {
    size_t most = count == _TRUNCATE || count >= room ? room : count + 1;
    int length;
    if (to == NULL || room == 0 || format == NULL) {
        errno = EINVAL;
        return -1;
    }
    length = vsnprintf(to, most, format, arguments);
    if (length >= 0 && (size_t)length < most)
        return length;
    if (length >= 0 && most == room && count != _TRUNCATE) {
        /* The whole of it was asked for. */
        to[0] = '\0';
        errno = ERANGE;
    }
    return -1;
}

int _snprintf_s(char *to, size_t room, size_t count, const char *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = _vsnprintf_s(to, room, count, format, arguments);
    va_end(arguments);
    return result;
}

int vsprintf_s(char *to, size_t room, const char *format, va_list arguments) {
    return _vsnprintf_s(to, room, room, format, arguments);
}

int sprintf_s(char *to, size_t room, const char *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vsprintf_s(to, room, format, arguments);
    va_end(arguments);
    return result;
}

/* Wide texts tell no length of what does not fit: they are tried with ever more room. */
#define LONGEST_WIDE (1 << 24)

int _vscwprintf(const wchar_t *format, va_list arguments) {
    size_t room;
    for (room = 256; room <= LONGEST_WIDE; room *= 4) {
        wchar_t *whole = malloc(room * sizeof *whole);
        va_list again;
        int length;
        if (whole == NULL)
            return -1;
        va_copy(again, arguments);
        length = vswprintf(whole, room, format, again);
        va_end(again);
        free(whole);
        if (length >= 0)
            return length;
    }
    return -1;
}

int _scwprintf(const wchar_t *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = _vscwprintf(format, arguments);
    va_end(arguments);
    return result;
}

int _vsnwprintf(wchar_t *to, size_t room, const wchar_t *format, va_list arguments) {
    va_list again;
    wchar_t *whole;
    int length;
    va_copy(again, arguments);
    length = _vscwprintf(format, again);
    va_end(again);
    if (length < 0 || (to == NULL && room == 0))
        return length;
    whole = malloc(((size_t)length + 1) * sizeof *whole);
    if (whole == NULL)
        return -1;
    vswprintf(whole, (size_t)length + 1, format, arguments);
    wmemcpy(to, whole, (size_t)length < room ? (size_t)length + 1 : room);
    free(whole);
    return (size_t)length <= room ? length : -1;
}

int _snwprintf(wchar_t *to, size_t room, const wchar_t *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = _vsnwprintf(to, room, format, arguments);
    va_end(arguments);
    return result;
}

int _vsnwprintf_s(wchar_t *to, size_t room, size_t count, const wchar_t *format,
                  va_list arguments) {
    size_t most = count == _TRUNCATE || count >= room ? room : count + 1;
    int length;
    if (to == NULL || room == 0 || format == NULL) {
        errno = EINVAL;
        return -1;
    }
    length = _vsnwprintf(to, most, format, arguments);
    if (length >= 0 && (size_t)length < most)
        return length;
    to[most - 1] = 0;
    if (most == room && count != _TRUNCATE) {
        to[0] = 0;
        errno = ERANGE;
    }
    return -1;
}

int _snwprintf_s(wchar_t *to, size_t room, size_t count, const wchar_t *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = _vsnwprintf_s(to, room, count, format, arguments);
    va_end(arguments);
    return result;
}

int vswprintf_s(wchar_t *to, size_t room, const wchar_t *format, va_list arguments) {
    return _vsnwprintf_s(to, room, room, format, arguments);
}

int swprintf_s(wchar_t *to, size_t room, const wchar_t *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vswprintf_s(to, room, format, arguments);
    va_end(arguments);
    return result;
}

/* What wsprintf writes at most, with the end. */
#define WSPRINTF_ROOM 1025

int wvsprintfA(LPSTR to, LPCSTR format, va_list arguments) {
    char text[WSPRINTF_ROOM];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        return 0;
    strcpy(to, text);
    return (int)strlen(text);
}

int wvsprintfW(LPWSTR to, LPCWSTR format, va_list arguments) {
    wchar_t text[WSPRINTF_ROOM];
    int length = _vsnwprintf(text, WSPRINTF_ROOM - 1, format, arguments);
    text[length < 0 ? WSPRINTF_ROOM - 1 : length] = 0;
    wcscpy(to, text);
    return (int)wcslen(text);
}

int wsprintfA(LPSTR to, LPCSTR format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = wvsprintfA(to, format, arguments);
    va_end(arguments);
    return result;
}

int wsprintfW(LPWSTR to, LPCWSTR format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = wvsprintfW(to, format, arguments);
    va_end(arguments);
    return result;
}
