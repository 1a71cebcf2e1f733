/* <strsafe.h>. */
#include "win32.h"

#include <strsafe.h>

#define IS_ROOM(room) ((room) > 0 && (room) <= STRSAFE_MAX_CCH)

#define COPYING(type, length_most, copyn, copy, catn, cat)                                  \
    HRESULT copyn(type *to, size_t room, const type *from, size_t most) {                   \
        size_t length;                                                                      \
        if (!IS_ROOM(room) || !in_memory(to, (uint64_t)room * sizeof *to))                  \
            return STRSAFE_E_INVALID_PARAMETER;                                             \
        length = length_most(from, room < most ? room : most);                              \
        if (length < room) {                                                                \
            memcpy(to, from, length * sizeof *to);                                          \
            to[length] = 0;                                                                 \
            return S_OK;                                                                    \
        }                                                                                   \
        memcpy(to, from, (room - 1) * sizeof *to);                                          \
        to[room - 1] = 0;                                                                   \
        return STRSAFE_E_INSUFFICIENT_BUFFER;                                               \
    }                                                                                       \
    HRESULT copy(type *to, size_t room, const type *from) {                                 \
        return copyn(to, room, from, STRSAFE_MAX_CCH);                                      \
    }                                                                                       \
    HRESULT catn(type *to, size_t room, const type *from, size_t most) {                    \
        size_t used;                                                                        \
        if (!IS_ROOM(room) || !in_memory(to, (uint64_t)room * sizeof *to))                  \
            return STRSAFE_E_INVALID_PARAMETER;                                             \
        used = length_most(to, room);                                                       \
        if (used == room)                                                                   \
            return STRSAFE_E_INVALID_PARAMETER;                                             \
        return copyn(to + used, room - used, from, most);                                   \
    }                                                                                       \
    HRESULT cat(type *to, size_t room, const type *from) {                                  \
        return catn(to, room, from, STRSAFE_MAX_CCH);                                       \
    }

COPYING(char, strnlen, StringCchCopyNA, StringCchCopyA, StringCchCatNA, StringCchCatA)
COPYING(wchar_t, wcsnlen, StringCchCopyNW, StringCchCopyW, StringCchCatNW, StringCchCatW)

HRESULT StringCchLengthA(LPCSTR text, size_t most, size_t *length) {
    size_t counted = text == NULL ? most : strnlen(text, most);
    if (length != NULL)
        *length = counted < most ? counted : 0;
    return counted < most && most <= STRSAFE_MAX_CCH ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}

HRESULT StringCchLengthW(LPCWSTR text, size_t most, size_t *length) {
    size_t counted = text == NULL ? most : wcsnlen(text, most);
    if (length != NULL)
        *length = counted < most ? counted : 0;
    return counted < most && most <= STRSAFE_MAX_CCH ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}

HRESULT StringCbLengthW(LPCWSTR text, size_t most, size_t *length) {
    HRESULT result = StringCchLengthW(text, most / sizeof *text, length);
    if (length != NULL)
        *length *= sizeof *text;
    return result;
}

HRESULT StringCchVPrintfA(LPSTR to, size_t room, LPCSTR format, va_list arguments) {
    int length;
    if (!IS_ROOM(room) || !in_memory(to, room))
        return STRSAFE_E_INVALID_PARAMETER;
    length = vsnprintf(to, room, format, arguments);
    return length >= 0 && (size_t)length < room ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

HRESULT StringCchVPrintfW(LPWSTR to, size_t room, LPCWSTR format, va_list arguments) {
    if (!IS_ROOM(room) || !in_memory(to, (uint64_t)room * sizeof *to))
        return STRSAFE_E_INVALID_PARAMETER;
    return _vsnwprintf_s(to, room, _TRUNCATE, format, arguments) >= 0
               ? S_OK
               : STRSAFE_E_INSUFFICIENT_BUFFER;
}

HRESULT StringCchPrintfA(LPSTR to, size_t room, LPCSTR format, ...) {
    va_list arguments;
    HRESULT result;
    va_start(arguments, format);
    result = StringCchVPrintfA(to, room, format, arguments);
    va_end(arguments);
    return result;
}

HRESULT StringCchPrintfW(LPWSTR to, size_t room, LPCWSTR format, ...) {
    va_list arguments;
    HRESULT result;
    va_start(arguments, format);
    result = StringCchVPrintfW(to, room, format, arguments);
    va_end(arguments);
    return result;
}

HRESULT StringCchGetsA(LPSTR to, size_t room) {
    size_t length = 0;
    int character;
    if (!IS_ROOM(room) || !in_memory(to, room))
        return STRSAFE_E_INVALID_PARAMETER;
    while ((character = getchar()) != EOF && character != '\n') {
        if (length + 1 == room) {
            to[length] = '\0';
            return STRSAFE_E_INSUFFICIENT_BUFFER;
        }
        to[length++] = (char)character;
    }
    to[length] = '\0';
    return character == EOF && length == 0 ? STRSAFE_E_END_OF_FILE : S_OK;
}
