/*
 * The functions with a room, in <string.h> and <wchar.h>. A wrong call returns
 * its code; no handler of invalid parameters ends the program.
 */
#include "win32.h"

#include <errno.h>

/* One implementation for both kinds of characters, and a name for each function. */
#define COPYING(type, length_most, copy_s, ncopy_s, cat_s, ncat_s)                          \
    errno_t ncopy_s(type *to, rsize_t room, const type *from, rsize_t count) {              \
        size_t length;                                                                      \
        if (to == NULL || room == 0)                                                        \
            return count == 0 && to == NULL && room == 0 ? 0 : EINVAL;                      \
        if (from == NULL && count > 0) {                                                    \
            to[0] = 0;                                                                      \
            return EINVAL;                                                                  \
        }                                                                                   \
        length = count == 0 ? 0 : length_most(from, count == _TRUNCATE ? room : count);     \
        if (length >= room) {                                                               \
            if (count != _TRUNCATE) {                                                       \
                to[0] = 0;                                                                  \
                return ERANGE;                                                              \
            }                                                                               \
            memmove(to, from, (room - 1) * sizeof *to);                                     \
            to[room - 1] = 0;                                                               \
            return STRUNCATE;                                                               \
        }                                                                                   \
        memmove(to, from, length * sizeof *to);                                             \
        to[length] = 0;                                                                     \
        return 0;                                                                           \
    }                                                                                       \
    errno_t copy_s(type *to, rsize_t room, const type *from) {                              \
        /* The whole text: no text has that many characters. */                             \
        return ncopy_s(to, room, from, (size_t)-2);                                         \
    }                                                                                       \
    errno_t ncat_s(type *to, rsize_t room, const type *from, rsize_t count) {               \
        size_t used = to == NULL ? 0 : length_most(to, room);                               \
        errno_t error;                                                                      \
        if (to == NULL || room == 0)                                                        \
            return EINVAL;                                                                  \
        if (used == room) {                                                                 \
            to[0] = 0;                                                                      \
            return EINVAL;                                                                  \
        }                                                                                   \
        error = ncopy_s(to + used, room - used, from, count);                               \
        if (error != 0 && error != STRUNCATE)                                               \
            to[0] = 0;                                                                      \
        return error;                                                                       \
    }                                                                                       \
    errno_t cat_s(type *to, rsize_t room, const type *from) {                               \
        return ncat_s(to, room, from, (size_t)-2);                                          \
    }

COPYING(char, strnlen, strcpy_s, strncpy_s, strcat_s, strncat_s)
COPYING(wchar_t, wcsnlen, wcscpy_s, wcsncpy_s, wcscat_s, wcsncat_s)

char *strtok_s(char *text, const char *delimiters, char **rest) {
    char *end;
    if (rest == NULL || delimiters == NULL || (text == NULL && *rest == NULL)) {
        errno = EINVAL;
        return NULL;
    }
    if (text == NULL)
        text = *rest;
    text += strspn(text, delimiters);
    end = text + strcspn(text, delimiters);
    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return end == text ? NULL : text;
}

wchar_t *wcstok_s(wchar_t *text, const wchar_t *delimiters, wchar_t **rest) {
    if (rest == NULL || delimiters == NULL || (text == NULL && *rest == NULL)) {
        errno = EINVAL;
        return NULL;
    }
    return wcstok(text, delimiters, rest);
}

errno_t strerror_s(char *to, size_t room, int error) {
    if (to == NULL || room == 0)
        return EINVAL;
    return strncpy_s(to, room, strerror(error), _TRUNCATE) == EINVAL ? EINVAL : 0;
}

errno_t memcpy_s(void *to, rsize_t room, const void *from, rsize_t length) {
    if (length == 0)
        return 0;
    if (to == NULL)
        return EINVAL;
    if (from == NULL || room < length) {
        memset(to, 0, room);
        return from == NULL ? EINVAL : ERANGE;
    }
    memcpy(to, from, length);
    return 0;
}

errno_t memmove_s(void *to, rsize_t room, const void *from, rsize_t length) {
    if (length == 0)
        return 0;
    if (to == NULL || from == NULL)
        return EINVAL;
    if (room < length)
        return ERANGE;
    memmove(to, from, length);
    return 0;
}

errno_t wmemcpy_s(wchar_t *to, rsize_t room, const wchar_t *from, rsize_t count) {
    if (room > SIZE_MAX / sizeof *to || count > SIZE_MAX / sizeof *to)
        return ERANGE;
    return memcpy_s(to, room * sizeof *to, from, count * sizeof *to);
}

errno_t _strlwr_s(char *text, size_t room) {
    if (text == NULL || strnlen(text, room) == room)
        return EINVAL;
    _strlwr(text);
    return 0;
}

errno_t _strupr_s(char *text, size_t room) {
    if (text == NULL || strnlen(text, room) == room)
        return EINVAL;
    _strupr(text);
    return 0;
}

errno_t mbstowcs_s(size_t *converted, wchar_t *to, size_t room, const char *from, size_t count) {
    wchar_t *wide;
    size_t length;
    errno_t error = 0;
    if (converted != NULL)
        *converted = 0;
    if (from == NULL || (to == NULL && room > 0) || (to != NULL && room == 0))
        return EINVAL;
    wide = widened(from);
    if (wide == NULL)
        return ENOMEM;
    length = wcslen(wide);
    if (to != NULL) {
        if (count != _TRUNCATE && length > count)
            wide[length = count] = 0;
        error = wcsncpy_s(to, room, wide, count == _TRUNCATE ? _TRUNCATE : length);
        length = error == 0 ? length : error == STRUNCATE ? room - 1 : 0;
    }
    if (converted != NULL && error != ERANGE)
        *converted = length + 1;
    free(wide);
    return error;
}

errno_t wcstombs_s(size_t *converted, char *to, size_t room, const wchar_t *from, size_t count) {
    char *narrow;
    size_t length;
    errno_t error = 0;
    if (converted != NULL)
        *converted = 0;
    if (from == NULL || (to == NULL && room > 0) || (to != NULL && room == 0))
        return EINVAL;
    narrow = narrowed(from);
    if (narrow == NULL)
        return ENOMEM;
    length = strlen(narrow);
    if (to != NULL) {
        if (count != _TRUNCATE && length > count)
            narrow[length = count] = '\0';
        error = strncpy_s(to, room, narrow, count == _TRUNCATE ? _TRUNCATE : length);
        length = error == 0 ? length : error == STRUNCATE ? room - 1 : 0;
    }
    if (converted != NULL && error != ERANGE)
        *converted = length + 1;
    free(narrow);
    return error;
}
