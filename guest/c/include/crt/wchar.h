/* <wchar.h> with what Microsoft's has besides. wchar_t has 32 bits. */
#ifndef WSP_WCHAR_H
#define WSP_WCHAR_H

#include_next <wchar.h>

#include <crtdefs.h>
#include <stdarg.h>
#include <wctype.h>
#include <__typedef_time_t.h>

#ifdef __cplusplus
extern "C" {
#endif

int _wcsicmp(const wchar_t *one, const wchar_t *other);
int _wcsnicmp(const wchar_t *one, const wchar_t *other, size_t most);
wchar_t *_wcsdup(const wchar_t *text);
wchar_t *_wcslwr(wchar_t *text);
wchar_t *_wcsupr(wchar_t *text);
wchar_t *_wcsrev(wchar_t *text);
size_t wcsnlen(const wchar_t *text, size_t most);
size_t wcsnlen_s(const wchar_t *text, size_t most);
int wcsicmp(const wchar_t *one, const wchar_t *other) __asm__("_wcsicmp");
int wcsnicmp(const wchar_t *one, const wchar_t *other, size_t most) __asm__("_wcsnicmp");
wchar_t *wcsdup(const wchar_t *text);
wchar_t *wcslwr(wchar_t *text) __asm__("_wcslwr");
wchar_t *wcsupr(wchar_t *text) __asm__("_wcsupr");

errno_t wcscpy_s(wchar_t *to, rsize_t room, const wchar_t *from);
errno_t wcsncpy_s(wchar_t *to, rsize_t room, const wchar_t *from, rsize_t count);
errno_t wcscat_s(wchar_t *to, rsize_t room, const wchar_t *from);
errno_t wcsncat_s(wchar_t *to, rsize_t room, const wchar_t *from, rsize_t count);
wchar_t *wcstok_s(wchar_t *text, const wchar_t *delimiters, wchar_t **rest);
errno_t wmemcpy_s(wchar_t *to, rsize_t room, const wchar_t *from, rsize_t count);

int _wtoi(const wchar_t *text);
long _wtol(const wchar_t *text);
long long _wtoi64(const wchar_t *text);
double _wtof(const wchar_t *text);
long long _wcstoi64(const wchar_t *text, wchar_t **end, int base);
unsigned long long _wcstoui64(const wchar_t *text, wchar_t **end, int base);
wchar_t *_itow(int number, wchar_t *to, int base);
wchar_t *_ltow(long number, wchar_t *to, int base);
wchar_t *_ultow(unsigned long number, wchar_t *to, int base);
errno_t _itow_s(int number, wchar_t *to, size_t room, int base);

/* -1 if it does not fit, and then no end of the text. */
int _snwprintf(wchar_t *to, size_t room, const wchar_t *format, ...);
int _vsnwprintf(wchar_t *to, size_t room, const wchar_t *format, va_list arguments);
int swprintf_s(wchar_t *to, size_t room, const wchar_t *format, ...);
int vswprintf_s(wchar_t *to, size_t room, const wchar_t *format, va_list arguments);
int _snwprintf_s(wchar_t *to, size_t room, size_t count, const wchar_t *format, ...);
int _vsnwprintf_s(wchar_t *to, size_t room, size_t count, const wchar_t *format,
                  va_list arguments);
int _scwprintf(const wchar_t *format, ...);
int _vscwprintf(const wchar_t *format, va_list arguments);
int wprintf_s(const wchar_t *format, ...) __asm__("wprintf");
int fwprintf_s(FILE *stream, const wchar_t *format, ...) __asm__("fwprintf");
int vwprintf_s(const wchar_t *format, va_list arguments) __asm__("vwprintf");

FILE *_wfopen(const wchar_t *path, const wchar_t *mode);
errno_t _wfopen_s(FILE **stream, const wchar_t *path, const wchar_t *mode);
int _wremove(const wchar_t *path);
int _wrename(const wchar_t *from, const wchar_t *to);
int _wopen(const wchar_t *path, int flags, ...);
int _waccess(const wchar_t *path, int mode);
int _wunlink(const wchar_t *path);
int _wmkdir(const wchar_t *path);
int _wrmdir(const wchar_t *path);
int _wchdir(const wchar_t *path);
wchar_t *_wgetcwd(wchar_t *to, int room);
wchar_t *_wgetenv(const wchar_t *name);
wchar_t *_wasctime(const struct tm *time);
wchar_t *_wctime(const time_t *time);

#ifdef __cplusplus
}

extern "C++" {
template <size_t Room> inline errno_t wcscpy_s(wchar_t (&to)[Room], const wchar_t *from) {
    return wcscpy_s(to, Room, from);
}
template <size_t Room> inline errno_t wcscat_s(wchar_t (&to)[Room], const wchar_t *from) {
    return wcscat_s(to, Room, from);
}
template <size_t Room>
inline errno_t wcsncpy_s(wchar_t (&to)[Room], const wchar_t *from, size_t count) {
    return wcsncpy_s(to, Room, from, count);
}
template <size_t Room, class... Arguments>
inline int swprintf_s(wchar_t (&to)[Room], const wchar_t *format, Arguments... arguments) {
    return swprintf_s(to, Room, format, arguments...);
}
}
#endif

#endif
