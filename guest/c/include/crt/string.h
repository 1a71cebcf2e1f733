/* <string.h> with what Microsoft's has besides. */
#ifndef WSP_STRING_H
#define WSP_STRING_H

#include_next <string.h>

#include <crtdefs.h>
#include <errno.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

int _stricmp(const char *one, const char *other);
int _strnicmp(const char *one, const char *other, size_t most);
int _strcmpi(const char *one, const char *other);
int _stricoll(const char *one, const char *other);
int _memicmp(const void *one, const void *other, size_t length);
void *_memccpy(void *to, const void *from, int last, size_t most);
char *_strdup(const char *text);
char *_strlwr(char *text);
char *_strupr(char *text);
char *_strrev(char *text);
char *_strset(char *text, int character);
char *_strnset(char *text, int character, size_t most);
char *_strerror(const char *message);
size_t strnlen(const char *text, size_t most);
size_t strnlen_s(const char *text, size_t most);

/* The older spellings. */
int stricmp(const char *one, const char *other) __asm__("_stricmp");
int strnicmp(const char *one, const char *other, size_t most) __asm__("_strnicmp");
int strcmpi(const char *one, const char *other) __asm__("_strcmpi");
int memicmp(const void *one, const void *other, size_t length) __asm__("_memicmp");
char *strlwr(char *text) __asm__("_strlwr");
char *strupr(char *text) __asm__("_strupr");
char *strrev(char *text) __asm__("_strrev");
char *strset(char *text, int character) __asm__("_strset");
char *strnset(char *text, int character, size_t most) __asm__("_strnset");

errno_t strcpy_s(char *to, rsize_t room, const char *from);
errno_t strncpy_s(char *to, rsize_t room, const char *from, rsize_t count);
errno_t strcat_s(char *to, rsize_t room, const char *from);
errno_t strncat_s(char *to, rsize_t room, const char *from, rsize_t count);
char *strtok_s(char *text, const char *delimiters, char **rest);
errno_t strerror_s(char *to, size_t room, int error);
errno_t memcpy_s(void *to, rsize_t room, const void *from, rsize_t length);
errno_t memmove_s(void *to, rsize_t room, const void *from, rsize_t length);
errno_t _strlwr_s(char *text, size_t room);
errno_t _strupr_s(char *text, size_t room);

#ifdef __cplusplus
}

extern "C++" {
template <size_t Room> inline errno_t strcpy_s(char (&to)[Room], const char *from) {
    return strcpy_s(to, Room, from);
}
template <size_t Room> inline errno_t strncpy_s(char (&to)[Room], const char *from, size_t count) {
    return strncpy_s(to, Room, from, count);
}
template <size_t Room> inline errno_t strcat_s(char (&to)[Room], const char *from) {
    return strcat_s(to, Room, from);
}
template <size_t Room> inline errno_t strncat_s(char (&to)[Room], const char *from, size_t count) {
    return strncat_s(to, Room, from, count);
}
template <size_t Room> inline errno_t strerror_s(char (&to)[Room], int error) {
    return strerror_s(to, Room, error);
}
template <size_t Room> inline errno_t _strlwr_s(char (&text)[Room]) {
    return _strlwr_s(text, Room);
}
template <size_t Room> inline errno_t _strupr_s(char (&text)[Room]) {
    return _strupr_s(text, Room);
}
}
#endif

#endif
