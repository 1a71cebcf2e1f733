/*
 * Formats as Microsoft's library reads them. Every function of the printf and
 * scanf families ends in one of four, which the linker wraps: these change what
 * a format says otherwise here, and leave the rest to the C library.
 */
#include "win32.h"

#include <errno.h>
#include <locale.h>

/* Longer formats are on the heap. */
#define SHORT_FORMAT 256

enum family { PRINTING, SCANNING };

#define IS_SIZE(text, one, other) ((text)[0] == (one) && (text)[1] == (other))

/*
 * The text after a per cent sign: flags, width, precision, size and type. Sizes
 * of Microsoft are replaced, and so is what a wide format means otherwise: there
 * %s is wide and %S narrow.
 */
#define TRANSLATE(type, name)                                                                  \
    static void name(const type *from, type *to, BOOL wide, enum family family) {            \
        while (*from != 0) {                                                                   \
            BOOL narrow = FALSE, is_wide = FALSE;                                              \
            if (*from != '%') {                                                                \
                *to++ = *from++;                                                               \
                continue;                                                                      \
            }                                                                                  \
            *to++ = *from++;                                                                   \
            while (*from == '-' || *from == '+' || *from == ' ' || *from == '#' ||             \
                   *from == '*' || *from == '.' || (*from >= '0' && *from <= '9'))             \
                *to++ = *from++;                                                               \
            if (from[0] == 'I' && IS_SIZE(from + 1, '6', '4')) {                               \
                from += 3;                                                                     \
                *to++ = 'l';                                                                   \
                *to++ = 'l';                                                                   \
            } else if (from[0] == 'I' && IS_SIZE(from + 1, '3', '2')) {                        \
                from += 3;                                                                     \
            } else if (from[0] == 'I') {                                                       \
                from += 1;                                                                     \
                *to++ = 'z';                                                                   \
            } else if (from[0] == 'w' || (from[0] == 'l' && from[1] != 'l')) {                 \
                is_wide = TRUE;                                                                \
                from += 1;                                                                     \
            } else if (from[0] == 'h' && from[1] != 'h') {                                     \
                narrow = TRUE;                                                                 \
                from += 1;                                                                     \
            } else {                                                                           \
                while (*from == 'h' || *from == 'l' || *from == 'j' || *from == 'z' ||         \
                       *from == 't' || *from == 'L')                                           \
                    *to++ = *from++;                                                           \
            }                                                                                  \
            switch (*from) {                                                                   \
            case 's':                                                                          \
            case 'S':                                                                          \
            case 'c':                                                                          \
            case 'C':                                                                          \
                /* The capital letter is of the other kind than the format. */                 \
                if (is_wide || (!narrow && wide == (*from == 's' || *from == 'c')))            \
                    *to++ = 'l';                                                               \
                *to++ = *from == 's' || *from == 'S' ? 's' : 'c';                              \
                from++;                                                                        \
                break;                                                                         \
            case '[':                                                                          \
                if (is_wide || (!narrow && wide))                                              \
                    *to++ = 'l';                                                               \
                *to++ = *from++;                                                               \
                if (*from == '^')                                                              \
                    *to++ = *from++;                                                           \
                if (*from == ']')                                                              \
                    *to++ = *from++;                                                           \
                while (*from != 0 && *from != ']')                                             \
                    *to++ = *from++;                                                           \
                break;                                                                         \
            case 'p':                                                                          \
                if (family == PRINTING) {                                                      \
                    /* All digits of an address. */                                            \
                    *to++ = '.';                                                               \
                    *to++ = '8';                                                               \
                    *to++ = 'l';                                                               \
                    *to++ = 'X';                                                               \
                } else {                                                                       \
                    *to++ = *from;                                                             \
                }                                                                              \
                from++;                                                                        \
                break;                                                                         \
            case 0:                                                                            \
                break;                                                                         \
            default:                                                                           \
                if (is_wide)                                                                   \
                    *to++ = 'l';                                                               \
                if (narrow)                                                                    \
                    *to++ = 'h';                                                               \
                *to++ = *from++;                                                               \
            }                                                                                  \
        }                                                                                      \
        *to = 0;                                                                               \
    }

TRANSLATE(char, translate)
TRANSLATE(wchar_t, translate_wide)

/*
 * Puts a text where a translated format wants a wide one and NULL is given. The C
 * library does so for narrow texts only.
 */
#define FILL_NULLS(type, name)                                                                 \
    static void name(const type *format, va_list arguments) {                                  \
        while (*format != 0) {                                                                 \
            int longs = 0;                                                                     \
            BOOL longest = FALSE, long_double = FALSE;                                         \
            if (*format++ != '%')                                                              \
                continue;                                                                      \
            for (;; format++) {                                                                \
                if (*format == '*')                                                            \
                    (void)va_arg(arguments, int);                                              \
                else if (*format == 'l')                                                       \
                    longs++;                                                                   \
                else if (*format == 'j')                                                       \
                    longest = TRUE;                                                            \
                else if (*format == 'L')                                                       \
                    long_double = TRUE;                                                        \
                else if (*format == 0 || wcschr(L"-+ #.0123456789hzt", (wchar_t)*format) == NULL)\
                    break;                                                                     \
            }                                                                                  \
            switch (*format) {                                                                 \
            case 0:                                                                            \
                return;                                                                        \
            case '%':                                                                          \
                break;                                                                         \
            case 'a':                                                                          \
            case 'A':                                                                          \
            case 'e':                                                                          \
            case 'E':                                                                          \
            case 'f':                                                                          \
            case 'F':                                                                          \
            case 'g':                                                                          \
            case 'G':                                                                          \
                if (long_double)                                                               \
                    (void)va_arg(arguments, long double);                                      \
                else                                                                           \
                    (void)va_arg(arguments, double);                                           \
                break;                                                                         \
            case 's':                                                                          \
                /* The list is where the arguments are. */                                     \
                if (longs == 1 && *(const wchar_t **)arguments == NULL)                        \
                    *(const wchar_t **)arguments = L"(null)";                                  \
                (void)va_arg(arguments, void *);                                               \
                break;                                                                         \
            default:                                                                           \
                if (longs > 1 || longest)                                                      \
                    (void)va_arg(arguments, long long);                                        \
                else                                                                           \
                    (void)va_arg(arguments, int);                                              \
            }                                                                                  \
            format++;                                                                          \
        }                                                                                      \
    }

FILL_NULLS(char, fill_nulls)
FILL_NULLS(wchar_t, fill_nulls_wide)

int __real_vfprintf(FILE *stream, const char *format, va_list arguments);
int __real_vfwprintf(FILE *stream, const wchar_t *format, va_list arguments);
int __real_vfscanf(FILE *stream, const char *format, va_list arguments);
int __real_vfwscanf(FILE *stream, const wchar_t *format, va_list arguments);
int __wrap_vfprintf(FILE *stream, const char *format, va_list arguments);
int __wrap_vfwprintf(FILE *stream, const wchar_t *format, va_list arguments);
int __wrap_vfscanf(FILE *stream, const char *format, va_list arguments);
int __wrap_vfwscanf(FILE *stream, const wchar_t *format, va_list arguments);

/* Wide characters are written in UTF-8, unless the program has chosen a locale itself. */
static void choose_encoding(void) {
    static BOOL chosen;
    if (!chosen && strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    chosen = TRUE;
}

/* A conversion grows by three characters at most, from the two that it has at least. */
#define WRAPPED(function, type, length_of, translator, filler, is_wide, family)                \
    int __wrap_##function(FILE *stream, const type *format, va_list arguments) {               \
        type room[SHORT_FORMAT], *translated = room;                                           \
        size_t needed = length_of(format) * 5 / 2 + 1;                                         \
        int result;                                                                            \
        if (needed > SHORT_FORMAT) {                                                           \
            translated = malloc(needed * sizeof *translated);                                  \
            if (translated == NULL) {                                                          \
                errno = ENOMEM;                                                                \
                return -1;                                                                     \
            }                                                                                  \
        }                                                                                      \
        translator(format, translated, is_wide, family);                                       \
        if (family == PRINTING) {                                                              \
            va_list again;                                                                     \
            va_copy(again, arguments);                                                         \
            filler(translated, again);                                                         \
            va_end(again);                                                                     \
        }                                                                                      \
        if (is_wide)                                                                           \
            choose_encoding();                                                                 \
        result = __real_##function(stream, translated, arguments);                             \
        if (translated != room)                                                                \
            free(translated);                                                                  \
        return result;                                                                         \
    }

WRAPPED(vfprintf, char, strlen, translate, fill_nulls, FALSE, PRINTING)
WRAPPED(vfwprintf, wchar_t, wcslen, translate_wide, fill_nulls_wide, TRUE, PRINTING)
WRAPPED(vfscanf, char, strlen, translate, fill_nulls, FALSE, SCANNING)
WRAPPED(vfwscanf, wchar_t, wcslen, translate_wide, fill_nulls_wide, TRUE, SCANNING)
