/* The functions of the scanf family that take a room after each argument for text. */
#include "win32.h"

#include <errno.h>
#include <limits.h>

/* As many as a format of any program has. */
#define MOST_ARGUMENTS 64
#define MOST_FORMAT 1024

/* Narrow text is read into a place of our own first, up to this room. */
#define MOST_ROOM 65536

/* Where a text goes, and what was read of it. */
struct text {
    char *to;
    char *read;
    unsigned long room;
    /* Which of the arguments it is. */
    size_t index;
};

/* A call: the format with widths in place of rooms, and its arguments without them. */
struct scan {
    char format[MOST_FORMAT];
    void *pointers[MOST_ARGUMENTS];
    size_t count;
    struct text texts[MOST_ARGUMENTS];
    size_t text_count;
};

/*
 * The argument of a text and its room, which becomes a width: one character more than
 * fits, so that what is too long can be told. FALSE if there is no room at all.
 */
static BOOL take_text(struct scan *scan, BOOL wide, BOOL single, unsigned long room,
                      BOOL has_width, unsigned long *width) {
    /* Text has an end too, and single characters have none. */
    unsigned long most = single ? room : room - 1;
    struct text *text = &scan->texts[scan->text_count];
    if (room == 0)
        return FALSE;
    if (!has_width)
        *width = single ? 1 : most + 1;
    if (*width <= most || single || wide || room > MOST_ROOM) {
        BOOL fits = *width <= most;
        *width = fits ? *width : most;
        return most > 0 && (fits || !single);
    }
    text->to = scan->pointers[scan->count - 1];
    text->room = most;
    text->index = scan->count - 1;
    *width = most + 1;
    text->read = calloc(1, most + 2);
    if (text->read == NULL)
        return FALSE;
    scan->pointers[scan->count - 1] = text->read;
    scan->text_count++;
    return TRUE;
}

/* FALSE if the format is too long, or a text has no room. */
static BOOL take_rooms(struct scan *scan, const char *from, va_list arguments) {
    char *to = scan->format, *end = to + MOST_FORMAT - 16;
    while (*from != '\0') {
        BOOL assigned = TRUE, has_width = FALSE;
        unsigned long width = 0;
        const char *size;
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
        size = from;
        while (strchr("hlwLIzjt", *from) != NULL && *from != '\0') {
            from += *from == 'I' && strchr("36", from[1]) != NULL && from[1] != '\0' ? 3 : 1;
        }
        if (assigned) {
            BOOL single = *from == 'c' || *from == 'C';
            if (scan->count == MOST_ARGUMENTS)
                return FALSE;
            scan->pointers[scan->count++] = va_arg(arguments, void *);
            if (single || *from == 's' || *from == 'S' || *from == '[') {
                BOOL wide = *size == 'l' || *size == 'w' ||
                            (*size != 'h' && (*from == 'S' || *from == 'C'));
                if (!take_text(scan, wide, single, va_arg(arguments, unsigned int), has_width,
                               &width))
                    return FALSE;
                has_width = TRUE;
            }
        }
        if (has_width)
            to += snprintf(to, 12, "%lu", width);
        for (; size < from && to < end; size++)
            *to++ = *size;
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

/* Hands the texts out: the first that is too long is empty, and ends the conversions. */
static int hand_out(struct scan *scan, int converted) {
    size_t position;
    for (position = 0; position < scan->text_count; position++) {
        struct text *text = &scan->texts[position];
        size_t length = strlen(text->read);
        if (converted > 0 && text->index < (size_t)converted) {
            if (length > text->room) {
                text->to[0] = '\0';
                converted = (int)text->index;
            } else {
                memcpy(text->to, text->read, length + 1);
            }
        }
        free(text->read);
    }
    return converted;
}
int vsscanf_s(const char *text, const char *format, va_list arguments) {
    struct scan scan = {.count = 0};
    int converted = 0;
    if (text == NULL || format == NULL) {
        errno = EINVAL;
        return EOF;
    }
    /* All arguments are pointers now, and a list of them is an array in WebAssembly. */
    if (take_rooms(&scan, format, arguments))
        converted = vsscanf(text, scan.format, (va_list)scan.pointers);
    return hand_out(&scan, converted);
}

int vfscanf_s(FILE *stream, const char *format, va_list arguments) {
    struct scan scan = {.count = 0};
    int converted = 0;
    if (stream == NULL || format == NULL) {
        errno = EINVAL;
        return EOF;
    }
    if (take_rooms(&scan, format, arguments))
        converted = vfscanf(stream, scan.format, (va_list)scan.pointers);
    return hand_out(&scan, converted);
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
