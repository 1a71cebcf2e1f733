/* Microsoft's functions of <stdlib.h>: numbers as text, the environment, and parts of paths. */
#define _GNU_SOURCE
#include "win32.h"

#include <errno.h>

/* A sign and 64 digits. */
#define LONGEST_NUMBER 66

/* Writes the digits into `to`, from its end, and returns where they begin. */
static char *write_number(unsigned long long number, BOOL negative, int base,
                          char to[LONGEST_NUMBER]) {
    char *position = to + LONGEST_NUMBER - 1;
    *position = '\0';
    do {
        *--position = "0123456789abcdefghijklmnopqrstuvwxyz"[number % (unsigned)base];
        number /= (unsigned)base;
    } while (number > 0);
    if (negative)
        *--position = '-';
    return position;
}

static errno_t number_to_text(unsigned long long number, BOOL negative, char *to, size_t room,
                              int base) {
    char digits[LONGEST_NUMBER];
    if (to == NULL || room == 0)
        return EINVAL;
    to[0] = '\0';
    if (base < 2 || base > 36)
        return EINVAL;
    return strcpy_s(to, room, write_number(number, negative, base, digits));
}

/* In base ten a number has a sign; in every other one it is a pattern of bits. */
#define SIGNED(type, unsigned_type, plain, secure)                                             \
    errno_t secure(type number, char *to, size_t room, int base) {                             \
        BOOL negative = base == 10 && number < 0;                                              \
        return number_to_text(negative ? 0ULL - (unsigned long long)(long long)number          \
                                       : (unsigned_type)number,                                \
                              negative, to, room, base);                                       \
    }                                                                                          \
    char *plain(type number, char *to, int base) {                                             \
        secure(number, to, LONGEST_NUMBER, base);                                              \
        return to;                                                                             \
    }

#define UNSIGNED(type, plain, secure)                                                          \
    errno_t secure(type number, char *to, size_t room, int base) {                             \
        return number_to_text(number, FALSE, to, room, base);                                  \
    }                                                                                          \
    char *plain(type number, char *to, int base) {                                             \
        secure(number, to, LONGEST_NUMBER, base);                                              \
        return to;                                                                             \
    }

SIGNED(int, unsigned int, _itoa, _itoa_s)
SIGNED(long, unsigned long, _ltoa, _ltoa_s)
SIGNED(long long, unsigned long long, _i64toa, _i64toa_s)
UNSIGNED(unsigned long, _ultoa, _ultoa_s)
UNSIGNED(unsigned long long, _ui64toa, _ui64toa_s)

static wchar_t *widen_number(const char *digits, wchar_t *to) {
    size_t position = 0;
    do
        to[position] = (unsigned char)digits[position];
    while (digits[position++] != '\0');
    return to;
}

wchar_t *_itow(int number, wchar_t *to, int base) {
    char digits[LONGEST_NUMBER];
    return widen_number(_itoa(number, digits, base), to);
}

wchar_t *_ltow(long number, wchar_t *to, int base) {
    char digits[LONGEST_NUMBER];
    return widen_number(_ltoa(number, digits, base), to);
}

wchar_t *_ultow(unsigned long number, wchar_t *to, int base) {
    char digits[LONGEST_NUMBER];
    return widen_number(_ultoa(number, digits, base), to);
}

errno_t _itow_s(int number, wchar_t *to, size_t room, int base) {
    char digits[LONGEST_NUMBER];
    errno_t error = _itoa_s(number, digits, sizeof digits, base);
    if (error != 0)
        return error;
    if (to == NULL || strlen(digits) >= room)
        return to == NULL ? EINVAL : ERANGE;
    widen_number(digits, to);
    return 0;
}

long long _atoi64(const char *text) {
    return strtoll(text, NULL, 10);
}

long long _strtoi64(const char *text, char **end, int base) {
    return strtoll(text, end, base);
}

unsigned long long _strtoui64(const char *text, char **end, int base) {
    return strtoull(text, end, base);
}

unsigned short _byteswap_ushort(unsigned short value) {
    return __builtin_bswap16(value);
}

unsigned long _byteswap_ulong(unsigned long value) {
    return __builtin_bswap32(value);
}

unsigned long long _byteswap_uint64(unsigned long long value) {
    return __builtin_bswap64(value);
}

errno_t rand_s(unsigned int *number) {
    if (number == NULL)
        return EINVAL;
    arc4random_buf(number, sizeof *number);
    return 0;
}

int system(const char *command) {
    /* Without a command it says whether there is an interpreter. */
    if (command == NULL)
        return 0;
    errno = ENOENT;
    return -1;
}

errno_t _set_errno(int value) {
    errno = value;
    return 0;
}

errno_t _get_errno(int *to) {
    if (to == NULL)
        return EINVAL;
    *to = errno;
    return 0;
}

void *_aligned_malloc(size_t size, size_t alignment) {
    void *memory;
    if (alignment < sizeof memory)
        alignment = sizeof memory;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

void _aligned_free(void *memory) {
    free(memory);
}
