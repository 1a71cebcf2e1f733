/* Microsoft's functions of <string.h> and <wchar.h>. */
#define _GNU_SOURCE
#include "win32.h"

#include <errno.h>
#include <strings.h>

int _stricmp(const char *one, const char *other) {
    return strcasecmp(one, other);
}

int _strnicmp(const char *one, const char *other, size_t most) {
    return strncasecmp(one, other, most);
}

int _strcmpi(const char *one, const char *other) {
    return strcasecmp(one, other);
}

int _stricoll(const char *one, const char *other) {
    return strcasecmp(one, other);
}

int _memicmp(const void *one, const void *other, size_t length) {
    const unsigned char *left = one, *right = other;
    for (; length > 0; length--, left++, right++) {
        int difference = tolower(*left) - tolower(*right);
        if (difference != 0)
            return difference;
    }
    return 0;
}

void *_memccpy(void *to, const void *from, int last, size_t most) {
    return memccpy(to, from, last, most);
}

char *_strdup(const char *text) {
    return text == NULL ? NULL : strdup(text);
}

char *_strlwr(char *text) {
    char *position;
    for (position = text; *position != '\0'; position++)
        *position = (char)tolower((unsigned char)*position);
    return text;
}

char *_strupr(char *text) {
    char *position;
    for (position = text; *position != '\0'; position++)
        *position = (char)toupper((unsigned char)*position);
    return text;
}

char *_strrev(char *text) {
    size_t left = 0, right = strlen(text);
    while (left + 1 < right) {
        char kept = text[left];
        text[left++] = text[--right];
        text[right] = kept;
    }
    return text;
}

char *_strset(char *text, int character) {
    memset(text, character, strlen(text));
    return text;
}

char *_strnset(char *text, int character, size_t most) {
    memset(text, character, strnlen(text, most));
    return text;
}

char *_strerror(const char *message) {
    static char text[160];
    if (message == NULL)
        return strerror(errno);
    snprintf(text, sizeof text, "%.100s: %s\n", message, strerror(errno));
    return text;
}

size_t strnlen_s(const char *text, size_t most) {
    return text == NULL ? 0 : strnlen(text, most);
}

int _wcsicmp(const wchar_t *one, const wchar_t *other) {
    return wcscasecmp(one, other);
}

int _wcsnicmp(const wchar_t *one, const wchar_t *other, size_t most) {
    return wcsncasecmp(one, other, most);
}

wchar_t *_wcsdup(const wchar_t *text) {
    return text == NULL ? NULL : wcsdup(text);
}

wchar_t *_wcslwr(wchar_t *text) {
    wchar_t *position;
    for (position = text; *position != 0; position++)
        *position = (wchar_t)towlower((wint_t)*position);
    return text;
}

wchar_t *_wcsupr(wchar_t *text) {
    wchar_t *position;
    for (position = text; *position != 0; position++)
        *position = (wchar_t)towupper((wint_t)*position);
    return text;
}

wchar_t *_wcsrev(wchar_t *text) {
    size_t left = 0, right = wcslen(text);
    while (left + 1 < right) {
        wchar_t kept = text[left];
        text[left++] = text[--right];
        text[right] = kept;
    }
    return text;
}

size_t wcsnlen_s(const wchar_t *text, size_t most) {
    return text == NULL ? 0 : wcsnlen(text, most);
}

int _wtoi(const wchar_t *text) {
    return (int)wcstol(text, NULL, 10);
}

long _wtol(const wchar_t *text) {
    return wcstol(text, NULL, 10);
}

long long _wtoi64(const wchar_t *text) {
    return wcstoll(text, NULL, 10);
}

double _wtof(const wchar_t *text) {
    return wcstod(text, NULL);
}

long long _wcstoi64(const wchar_t *text, wchar_t **end, int base) {
    return wcstoll(text, end, base);
}

unsigned long long _wcstoui64(const wchar_t *text, wchar_t **end, int base) {
    return wcstoull(text, end, base);
}

int lstrlenA(LPCSTR text) {
    return text_in_memory(text) ? (int)strlen(text) : 0;
}

int lstrlenW(LPCWSTR text) {
    return wide_in_memory(text) ? (int)wcslen(text) : 0;
}

LPSTR lstrcpyA(LPSTR to, LPCSTR from) {
    if (!text_in_memory(from) || !in_memory(to, strlen(from) + 1))
        return NULL;
    return strcpy(to, from);
}

LPWSTR lstrcpyW(LPWSTR to, LPCWSTR from) {
    if (!wide_in_memory(from) || !in_memory(to, (wcslen(from) + 1) * sizeof *from))
        return NULL;
    return wcscpy(to, from);
}

LPSTR lstrcpynA(LPSTR to, LPCSTR from, int room) {
    if (room <= 0 || !in_memory(to, (uint64_t)room) || !text_in_memory(from))
        return NULL;
    snprintf(to, (size_t)room, "%s", from);
    return to;
}

LPWSTR lstrcpynW(LPWSTR to, LPCWSTR from, int room) {
    size_t length;
    if (room <= 0 || !in_memory(to, (uint64_t)room * sizeof *to) || !wide_in_memory(from))
        return NULL;
    length = wcsnlen(from, (size_t)room - 1);
    wmemcpy(to, from, length);
    to[length] = 0;
    return to;
}

LPSTR lstrcatA(LPSTR to, LPCSTR from) {
    if (!text_in_memory(to) || lstrcpyA(to + strlen(to), from) == NULL)
        return NULL;
    return to;
}

LPWSTR lstrcatW(LPWSTR to, LPCWSTR from) {
    if (!wide_in_memory(to) || lstrcpyW(to + wcslen(to), from) == NULL)
        return NULL;
    return to;
}

/* NULL comes before every text. */
static int one_is_missing(const void *one, const void *other) {
    return (one != NULL) - (other != NULL);
}

int lstrcmpA(LPCSTR one, LPCSTR other) {
    return one == NULL || other == NULL ? one_is_missing(one, other) : strcmp(one, other);
}

int lstrcmpW(LPCWSTR one, LPCWSTR other) {
    return one == NULL || other == NULL ? one_is_missing(one, other) : wcscmp(one, other);
}

int lstrcmpiA(LPCSTR one, LPCSTR other) {
    return one == NULL || other == NULL ? one_is_missing(one, other) : strcasecmp(one, other);
}

int lstrcmpiW(LPCWSTR one, LPCWSTR other) {
    return one == NULL || other == NULL ? one_is_missing(one, other) : wcscasecmp(one, other);
}

/* In place of an address, one character is given by its number: text does not begin that low. */
#define IS_CHARACTER(text) ((uintptr_t)(text) <= 0xFFFF)

LPSTR CharUpperA(LPSTR text) {
    if (IS_CHARACTER(text))
        return (LPSTR)(uintptr_t)toupper((int)(uintptr_t)text);
    return _strupr(text);
}

LPSTR CharLowerA(LPSTR text) {
    if (IS_CHARACTER(text))
        return (LPSTR)(uintptr_t)tolower((int)(uintptr_t)text);
    return _strlwr(text);
}

LPWSTR CharUpperW(LPWSTR text) {
    if (IS_CHARACTER(text))
        return (LPWSTR)(uintptr_t)towupper((wint_t)(uintptr_t)text);
    return _wcsupr(text);
}

LPWSTR CharLowerW(LPWSTR text) {
    if (IS_CHARACTER(text))
        return (LPWSTR)(uintptr_t)towlower((wint_t)(uintptr_t)text);
    return _wcslwr(text);
}

DWORD CharUpperBuffA(LPSTR text, DWORD length) {
    DWORD position;
    for (position = 0; position < length; position++)
        text[position] = (char)toupper((unsigned char)text[position]);
    return length;
}

DWORD CharLowerBuffA(LPSTR text, DWORD length) {
    DWORD position;
    for (position = 0; position < length; position++)
        text[position] = (char)tolower((unsigned char)text[position]);
    return length;
}

LPSTR CharNextA(LPCSTR text) {
    return (LPSTR)(*text == '\0' ? text : text + 1);
}

LPSTR CharPrevA(LPCSTR start, LPCSTR text) {
    return (LPSTR)(text > start ? text - 1 : start);
}

BOOL IsCharAlphaA(CHAR character) {
    return isalpha((unsigned char)character) != 0;
}

BOOL IsCharAlphaNumericA(CHAR character) {
    return isalnum((unsigned char)character) != 0;
}
