/* The functions of the scanf family that take a room after each argument for text. */
#include "win32.h"

#include <errno.h>
#include <limits.h>

/* As many as a format of any program has. */
#define MOST_ARGUMENTS 64
#define MOST_FORMAT 1024

/*
 * Takes the rooms out of the arguments, and writes them into the format as widths.
 * All arguments are pointers then, and a list of arguments is an array of them in
 * WebAssembly. FALSE if it is too long.
 */
static BOOL take_rooms(const char *from, char *to, void **pointers, va_list arguments) {
    char *end = to + MOST_FORMAT - 16;
    size_t count = 0;
    while (*from != '\0') {
        BOOL assigned = TRUE, has_width = FALSE;
        unsigned long width = 0;
        if (to >= end)
            return FALSE;
        *to++ = *from;
        if (*from++ != '%')
            continue;
        if (*from == '%') {
            *to++ = *from++;
            continue;
        }
        if (*from == '*') {
            assigned = FALSE;
            *to++ = *from++;
        }
        if (*from >= '0' && *from <= '9') {
            char *rest;
            has_width = TRUE;
            width = strtoul(from, &rest, 10);
            from = rest;
        }
        {
            const char *size = from;
            while (*from == 'h' || *from == 'l' || *from == 'w' || *from == 'L' || *from == 'I' ||
                   *from == 'z' || *from == 'j' || *from == 't' ||
                   (from > size && *from >= '0' && *from <= '9'))
                from++;
            if (assigned) {
                if (count == MOST_ARGUMENTS)
                    return FALSE;
                pointers[count++] = va_arg(arguments, void *);
                if (*from == 's' || *from == 'S' || *from == '[' || *from == 'c' || *from == 'C') {
                    unsigned long room = va_arg(arguments, unsigned int);
                    /* Text has an end too, and a single character has none. */
                    unsigned long most = *from == 'c' || *from == 'C' ? room : room - 1;
                    unsigned long wanted = has_width                        ? width
                                           : *from == 'c' || *from == 'C' ? 1
                                                                          : most;
                    if (room == 0 || most == 0 || wanted > most) {
                        errno = ENOMEM;
                        return FALSE;
                    }
                    has_width = TRUE;
                    width = wanted > INT_MAX ? INT_MAX : wanted;
                }
            }
            if (has_width)
                to += snprintf(to, 12, "%lu", width);
            for (; size < from && to < end; size++)
                *to++ = *size;
        }
        if (*from == '[') {
            *to++ = *from++;
            if (*from == '^')
                *to++ = *from++;
            if (*from == ']')
                *to++ = *from++;
            while (*from != '\0' && *from != ']' && to < end)
                *to++ = *from++;
        }
        if (*from != '\0')
            *to++ = *from++;
    }
    *to = '\0';
    return TRUE;
}

int vsscanf_s(const char *text, const char *format, va_list arguments) {
    char plain[MOST_FORMAT];
    void *pointers[MOST_ARGUMENTS];
    if (text == NULL || format == NULL) {
        errno = EINVAL;
        return EOF;
    }
    if (!take_rooms(format, plain, pointers, arguments))
        return 0;
    return vsscanf(text, plain, (va_list)pointers);
}

int vfscanf_s(FILE *stream, const char *format, va_list arguments) {
    char plain[MOST_FORMAT];
    void *pointers[MOST_ARGUMENTS];
    if (stream == NULL || format == NULL) {
        errno = EINVAL;
        return EOF;
    }
    if (!take_rooms(format, plain, pointers, arguments))
        return 0;
    return vfscanf(stream, plain, (va_list)pointers);
}

int scanf_s(const char *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vfscanf_s(stdin, format, arguments);
    va_end(arguments);
    return result;
}

int fscanf_s(FILE *stream, const char *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vfscanf_s(stream, format, arguments);
    va_end(arguments);
    return result;
}

int sscanf_s(const char *text, const char *format, ...) {
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vsscanf_s(text, format, arguments);
    va_end(arguments);
    return result;
}
