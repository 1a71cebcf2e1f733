/* FormatMessage: the texts of errors, and of the caller, with what is inserted. */
#include "win32.h"

#ifndef WSA_E_NO_MORE
#define WSA_E_NO_MORE 10110L
#define WSA_E_CANCELLED 10111L
#endif

static const char *text_of(DWORD code) {
    switch (code) {
#define TEXT_OF(name, text) \
    case (DWORD)(name):     \
        return text;
#include "message_texts.h"
#undef TEXT_OF
    default:
        return NULL;
    }
}

/* A text that grows. */
struct growing {
    char *text;
    size_t length;
    size_t room;
    BOOL failed;
};

static void append(struct growing *to, const char *from, size_t length) {
    if (to->failed)
        return;
    if (to->length + length + 1 > to->room) {
        size_t wanted = (to->length + length + 1) * 2;
        char *grown = realloc(to->text, wanted);
        if (grown == NULL) {
            to->failed = TRUE;
            return;
        }
        to->text = grown;
        to->room = wanted;
    }
    memcpy(to->text + to->length, from, length);
    to->length += length;
    to->text[to->length] = '\0';
}

/* The longest format of an insert. */
#define LONGEST_INSERT 32

/* One insert: `format` as of printf, without its sign; `wide` if the call is. */
static void append_insert(struct growing *to, const char *format, ULONG_PTR argument, BOOL wide) {
    char conversion[LONGEST_INSERT + 2], type;
    char *narrow = NULL, *written;
    const char *text;
    int length;
    size_t last = strlen(format);
    type = last == 0 ? '\0' : format[last - 1];
    if (type != 's' && type != 'S') {
        snprintf(conversion, sizeof conversion, "%%%s", format);
        length = snprintf(NULL, 0, conversion, argument);
        written = length < 0 ? NULL : malloc((size_t)length + 1);
        if (written == NULL) {
            to->failed = TRUE;
            return;
        }
        snprintf(written, (size_t)length + 1, conversion, argument);
        append(to, written, (size_t)length);
        free(written);
        return;
    }
    /* Sizes say which kind of text it is, else the call and the letter. */
    if (strpbrk(format, "lw") != NULL || (strchr(format, 'h') == NULL && wide == (type == 's')))
        text = narrow = narrowed((const wchar_t *)argument);
    else
        text = text_in_memory((const char *)argument) ? (const char *)argument : NULL;
    if (text == NULL) {
        to->failed = TRUE;
        return;
    }
    snprintf(conversion, sizeof conversion, "%%%.*ss", (int)strspn(format, "-0123456789."),
             format);
    length = snprintf(NULL, 0, conversion, text);
    written = length < 0 ? NULL : malloc((size_t)length + 1);
    if (written == NULL) {
        to->failed = TRUE;
    } else {
        snprintf(written, (size_t)length + 1, conversion, text);
        append(to, written, (size_t)length);
    }
    free(written);
    free(narrow);
}

/* Copies a text with its escapes, and with its inserts unless they are to be left alone. */
static void expand(struct growing *to, const char *from, const ULONG_PTR *arguments, BOOL ignore,
                   BOOL wide) {
    for (; *from != '\0' && !to->failed; from++) {
        char format[LONGEST_INSERT] = "s";
        size_t number = 0;
        if (*from != '%' || from[1] == '\0') {
            append(to, from, 1);
            continue;
        }
        from++;
        if (*from == '0')
            return;
        if (*from >= '1' && *from <= '9') {
            const char *start = from;
            for (; *from >= '0' && *from <= '9' && number < 10; from++)
                number = number * 10 + (size_t)(*from - '0');
            if (*from == '!') {
                const char *end = strchr(from + 1, '!');
                if (end == NULL || (size_t)(end - from - 1) >= sizeof format) {
                    to->failed = TRUE;
                    return;
                }
                memcpy(format, from + 1, (size_t)(end - from - 1));
                format[end - from - 1] = '\0';
                from = end + 1;
            }
            from--;
            if (ignore)
                append(to, start - 1, (size_t)(from - start) + 2);
            else if (!in_memory(&arguments[number - 1], sizeof *arguments))
                to->failed = TRUE;
            else
                append_insert(to, format, arguments[number - 1], wide);
            continue;
        }
        switch (*from) {
        case 'n':
            append(to, "\r\n", 2);
            break;
        case 'r':
            append(to, "\r", 1);
            break;
        case 't':
            append(to, "\t", 1);
            break;
        case 'b':
            append(to, " ", 1);
            break;
        default:
            append(to, from, 1);
        }
    }
}

/* Line ends become blanks. (A width is not kept: lines are as long as they are.) */
static void unwrap(char *text) {
    char *to = text;
    for (; *text != '\0'; text++) {
        if (*text == '\r' && text[1] == '\n')
            text++;
        *to++ = *text == '\n' || *text == '\r' ? ' ' : *text;
    }
    *to = '\0';
}

/* The whole message, to be freed; NULL with a last error. */
static char *compose(DWORD flags, LPCVOID source, DWORD code, va_list *arguments, BOOL wide) {
    struct growing message = {NULL, 0, 0, FALSE};
    const ULONG_PTR *list = NULL;
    char *narrow = NULL;
    const char *text = NULL;
    if (arguments != NULL)
        /* A list of arguments is an array of words in WebAssembly. */
        list = flags & FORMAT_MESSAGE_ARGUMENT_ARRAY ? (const ULONG_PTR *)arguments
                                                     : (const ULONG_PTR *)*arguments;
    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        text = wide ? (narrow = narrowed(source)) : text_in_memory(source) ? source : NULL;
        if (text == NULL) {
            SetLastError(ERROR_INVALID_PARAMETER);
            return NULL;
        }
    } else if (flags & FORMAT_MESSAGE_FROM_SYSTEM) {
        /* A code of Windows in a result of COM is the code. */
        text = text_of((code & 0xFFFF0000) == 0x80070000 ? code & 0xFFFF : code);
    }
    if (text == NULL) {
        SetLastError(flags & (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE)
                         ? ERROR_MR_MID_NOT_FOUND
                         : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    append(&message, "", 0);
    expand(&message, text, list, (flags & FORMAT_MESSAGE_IGNORE_INSERTS) != 0, wide);
    if (!(flags & FORMAT_MESSAGE_FROM_STRING))
        append(&message, "\r\n", 2);
    free(narrow);
    if (message.failed) {
        free(message.text);
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if ((flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK)
        unwrap(message.text);
    return message.text;
}

/* Room for a message, which the caller gave or has to free by LocalFree; NULL with a last error. */
static void *room_for(DWORD flags, void *buffer, DWORD wanted, DWORD length, size_t character) {
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        void **place = buffer;
        if (!in_memory(place, sizeof *place)) {
            SetLastError(ERROR_INVALID_PARAMETER);
            return NULL;
        }
        *place = LocalAlloc(LMEM_FIXED, (wanted > length ? wanted : length + 1) * character);
        return *place;
    }
    if (wanted <= length) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return NULL;
    }
    if (!in_memory(buffer, (uint64_t)wanted * character)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return buffer;
}

DWORD FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                     LPSTR lpBuffer, DWORD nSize, va_list *Arguments) {
    char *message = compose(dwFlags, lpSource, dwMessageId, Arguments, FALSE), *to;
    DWORD length;
    (void)dwLanguageId;
    if (message == NULL)
        return 0;
    length = (DWORD)strlen(message);
    to = room_for(dwFlags, lpBuffer, nSize, length, sizeof *to);
    if (to == NULL)
        length = 0;
    else
        memcpy(to, message, length + 1);
    free(message);
    return length;
}

DWORD FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                     LPWSTR lpBuffer, DWORD nSize, va_list *Arguments) {
    char *message = compose(dwFlags, lpSource, dwMessageId, Arguments, TRUE);
    wchar_t *wide, *to;
    DWORD length;
    (void)dwLanguageId;
    if (message == NULL)
        return 0;
    wide = widened(message);
    free(message);
    if (wide == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    length = (DWORD)wcslen(wide);
    to = room_for(dwFlags, lpBuffer, nSize, length, sizeof *to);
    if (to == NULL)
        length = 0;
    else
        wmemcpy(to, wide, length + 1);
    free(wide);
    return length;
}
