/* <stdlib.h> with what Microsoft's has besides. */
#ifndef WSP_STDLIB_H
#define WSP_STDLIB_H

#include_next <stdlib.h>

#include <crtdefs.h>
#include <errno.h>
#include <alloca.h>

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
#define _MAX_ENV 32767

#define __max(a, b) (((a) > (b)) ? (a) : (b))
#define __min(a, b) (((a) < (b)) ? (a) : (b))

char *_itoa(int number, char *to, int base);
char *_ltoa(long number, char *to, int base);
char *_ultoa(unsigned long number, char *to, int base);
char *_i64toa(long long number, char *to, int base);
char *_ui64toa(unsigned long long number, char *to, int base);
char *itoa(int number, char *to, int base) __asm__("_itoa");
char *ltoa(long number, char *to, int base) __asm__("_ltoa");
char *ultoa(unsigned long number, char *to, int base) __asm__("_ultoa");
errno_t _itoa_s(int number, char *to, size_t room, int base);
errno_t _ltoa_s(long number, char *to, size_t room, int base);
errno_t _ultoa_s(unsigned long number, char *to, size_t room, int base);
errno_t _i64toa_s(long long number, char *to, size_t room, int base);
errno_t _ui64toa_s(unsigned long long number, char *to, size_t room, int base);
long long _atoi64(const char *text);
long long _strtoi64(const char *text, char **end, int base);
unsigned long long _strtoui64(const char *text, char **end, int base);

int putenv(char *assignment);
int _putenv(const char *assignment);
errno_t _putenv_s(const char *name, const char *value);
errno_t getenv_s(size_t *length, char *to, rsize_t room, const char *name);
errno_t _dupenv_s(char **to, size_t *length, const char *name);
extern char **_environ;

/* Fails with ENOENT: there is no command interpreter. */
int system(const char *command);

/* Any number, from the system's source of them. */
errno_t rand_s(unsigned int *number);

char *_fullpath(char *to, const char *path, size_t room);
void _splitpath(const char *path, char *drive, char *directory, char *name, char *extension);
void _makepath(char *path, const char *drive, const char *directory, const char *name,
               const char *extension);

unsigned int _rotl(unsigned int value, int bits);
unsigned int _rotr(unsigned int value, int bits);
unsigned short _byteswap_ushort(unsigned short value);
unsigned long _byteswap_ulong(unsigned long value);
unsigned long long _byteswap_uint64(unsigned long long value);

errno_t mbstowcs_s(size_t *converted, wchar_t *to, size_t room, const char *from, size_t count);
errno_t wcstombs_s(size_t *converted, char *to, size_t room, const wchar_t *from, size_t count);


void *_aligned_malloc(size_t size, size_t alignment);
void _aligned_free(void *memory);

#ifdef __cplusplus
}

extern "C++" {
template <size_t Room> inline errno_t _itoa_s(int number, char (&to)[Room], int base) {
    return _itoa_s(number, to, Room, base);
}
template <size_t Room> inline errno_t _ltoa_s(long number, char (&to)[Room], int base) {
    return _ltoa_s(number, to, Room, base);
}
}
#endif

#endif
