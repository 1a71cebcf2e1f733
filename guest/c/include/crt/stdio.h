/* <stdio.h> with what Microsoft's has besides. Files are binary: there is no text mode. */
#ifndef WSP_STDIO_H
#define WSP_STDIO_H

#include_next <stdio.h>

#include <crtdefs.h>
#include <stdarg.h>
#include <wchar.h>
#include <__typedef_off_t.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _MAX_PATH
#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#endif

char *gets(char *to);
char *gets_s(char *to, rsize_t room);

/* -1 if it does not fit, and then no end of the text. */
int _snprintf(char *to, size_t room, const char *format, ...);
int _vsnprintf(char *to, size_t room, const char *format, va_list arguments);
int sprintf_s(char *to, size_t room, const char *format, ...);
int vsprintf_s(char *to, size_t room, const char *format, va_list arguments);
int _snprintf_s(char *to, size_t room, size_t count, const char *format, ...);
int _vsnprintf_s(char *to, size_t room, size_t count, const char *format, va_list arguments);
int vsnprintf_s(char *to, size_t room, size_t count, const char *format, va_list arguments)
    __asm__("_vsnprintf_s");
int _scprintf(const char *format, ...);
int _vscprintf(const char *format, va_list arguments);
int printf_s(const char *format, ...) __asm__("printf");
int fprintf_s(FILE *stream, const char *format, ...) __asm__("fprintf");
int vprintf_s(const char *format, va_list arguments) __asm__("vprintf");
int vfprintf_s(FILE *stream, const char *format, va_list arguments) __asm__("vfprintf");

/* With a room after each argument for text. */
int scanf_s(const char *format, ...);
int fscanf_s(FILE *stream, const char *format, ...);
int sscanf_s(const char *text, const char *format, ...);
int vsscanf_s(const char *text, const char *format, va_list arguments);
int vfscanf_s(FILE *stream, const char *format, va_list arguments);

errno_t fopen_s(FILE **stream, const char *path, const char *mode);
errno_t freopen_s(FILE **stream, const char *path, const char *mode, FILE *old);
FILE *_fsopen(const char *path, const char *mode, int sharing);
size_t fread_s(void *to, size_t room, size_t size, size_t count, FILE *stream);
int _fseeki64(FILE *stream, long long offset, int origin);
long long _ftelli64(FILE *stream);
int fileno(FILE *stream);
int _fileno(FILE *stream) __asm__("fileno");
FILE *fdopen(int file, const char *mode);
FILE *_fdopen(int file, const char *mode) __asm__("fdopen");
int _unlink(const char *path) __asm__("unlink");
int unlink(const char *path);
int _flushall(void);

#ifdef __cplusplus
}

extern "C++" {
template <size_t Room, class... Arguments>
inline int sprintf_s(char (&to)[Room], const char *format, Arguments... arguments) {
    return sprintf_s(to, Room, format, arguments...);
}
template <size_t Room> inline int vsprintf_s(char (&to)[Room], const char *format, va_list list) {
    return vsprintf_s(to, Room, format, list);
}
template <size_t Room, class... Arguments>
inline int _snprintf_s(char (&to)[Room], size_t count, const char *format, Arguments... arguments) {
    return _snprintf_s(to, Room, count, format, arguments...);
}
template <size_t Room> inline char *gets_s(char (&to)[Room]) {
    return gets_s(to, Room);
}
}
#endif

#endif
