/* Narrow and wide texts: narrow ones are UTF-8, and a wide character is a whole one. */
#include "win32.h"

/* In place of what is no character. */
#define REPLACEMENT 0xFFFD

/* Reads one character of at most `length` bytes: its length, or 0 for what is none. */
static size_t read_character(const char *text, size_t length, uint32_t *to) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t count = bytes[0] < 0x80   ? 1
                   : bytes[0] < 0xC0 ? 0
                   : bytes[0] < 0xE0 ? 2
                   : bytes[0] < 0xF0 ? 3
                   : bytes[0] < 0xF8 ? 4
                                     : 0;
    size_t position;
    if (count == 0 || count > length)
        return 0;
    if (count == 1) {
        *to = bytes[0];
        return 1;
    }
    *to = bytes[0] & (0x7FU >> count);
    for (position = 1; position < count; position++) {
        if ((bytes[position] & 0xC0) != 0x80)
            return 0;
        *to = *to << 6 | (bytes[position] & 0x3F);
    }
    if (*to < least[count] || *to > 0x10FFFF || (*to >= 0xD800 && *to < 0xE000))
        return 0;
    return count;
}

/* Writes one character into four bytes at most, and returns how many. */
static size_t write_character(uint32_t character, char to[4]) {
    if (character < 0x80) {
        to[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (char)(0xC0 | character >> 6);
        to[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        to[0] = (char)(0xE0 | character >> 12);
        to[1] = (char)(0x80 | (character >> 6 & 0x3F));
        to[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | character >> 18);
    to[1] = (char)(0x80 | (character >> 12 & 0x3F));
    to[2] = (char)(0x80 | (character >> 6 & 0x3F));
    to[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

static BOOL is_character(uint32_t character) {
    return character <= 0x10FFFF && (character < 0xD800 || character >= 0xE000);
}

char *narrowed(const wchar_t *text) {
    size_t length = 0;
    const wchar_t *from;
    char *narrow;
    if (!wide_in_memory(text))
        return NULL;
    narrow = malloc(wcslen(text) * 4 + 1);
    if (narrow == NULL)
        return NULL;
    for (from = text; *from != 0; from++)
        length += write_character(is_character((uint32_t)*from) ? (uint32_t)*from : REPLACEMENT,
                                  narrow + length);
    narrow[length] = '\0';
    return narrow;
}

wchar_t *widened(const char *text) {
    size_t length, position = 0, count = 0;
    wchar_t *wide;
    if (!text_in_memory(text))
        return NULL;
    length = strlen(text);
    wide = malloc((length + 1) * sizeof *wide);
    if (wide == NULL)
        return NULL;
    while (position < length) {
        uint32_t character = REPLACEMENT;
        size_t taken = read_character(text + position, length - position, &character);
        wide[count++] = (wchar_t)(taken == 0 ? REPLACEMENT : character);
        position += taken == 0 ? 1 : taken;
    }
    wide[count] = 0;
    return wide;
}

wchar_t **wsp_wide_arguments(int argc, char **argv);
wchar_t **wsp_wide_environment(void);

wchar_t **wsp_wide_arguments(int argc, char **argv) {
    wchar_t **wide = calloc((size_t)argc + 1, sizeof *wide);
    int position;
    if (wide == NULL)
        abort();
    for (position = 0; position < argc; position++) {
        wide[position] = widened(argv[position]);
        if (wide[position] == NULL)
            abort();
    }
    return wide;
}

wchar_t **wsp_wide_environment(void) {
    int count = 0;
    while (_environ[count] != NULL)
        count++;
    return wsp_wide_arguments(count, _environ);
}

/* CP_ACP and its like are UTF-8, as they are on a Windows that is told so. */
static BOOL known_page(UINT page) {
    return page == CP_ACP || page == CP_OEMCP || page == CP_THREAD_ACP || page == CP_UTF8;
}

UINT GetACP(void) {
    return CP_UTF8;
}

UINT GetOEMCP(void) {
    return CP_UTF8;
}

BOOL IsDBCSLeadByte(BYTE TestChar) {
    (void)TestChar;
    return FALSE;
}

static int refuse_text(DWORD code) {
    SetLastError(code);
    return 0;
}

int MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte,
                        LPWSTR lpWideCharStr, int cchWideChar) {
    size_t length, position = 0;
    int count = 0;
    if (!known_page(CodePage) || cbMultiByte == 0 || cbMultiByte < -1 || cchWideChar < 0)
        return refuse_text(ERROR_INVALID_PARAMETER);
    if (dwFlags & ~(DWORD)(MB_PRECOMPOSED | MB_ERR_INVALID_CHARS))
        return refuse_text(ERROR_INVALID_FLAGS);
    if (cbMultiByte == -1 ? !text_in_memory(lpMultiByteStr)
                          : !in_memory(lpMultiByteStr, (uint64_t)cbMultiByte))
        return refuse_text(ERROR_INVALID_PARAMETER);
    if (cchWideChar > 0 &&
        !in_memory(lpWideCharStr, (uint64_t)cchWideChar * sizeof *lpWideCharStr))
        return refuse_text(ERROR_INVALID_PARAMETER);
    length = cbMultiByte == -1 ? strlen(lpMultiByteStr) + 1 : (size_t)cbMultiByte;
    while (position < length) {
        uint32_t character = REPLACEMENT;
        size_t taken = read_character(lpMultiByteStr + position, length - position, &character);
        if (taken == 0) {
            if (dwFlags & MB_ERR_INVALID_CHARS)
                return refuse_text(ERROR_NO_UNICODE_TRANSLATION);
            character = REPLACEMENT;
            taken = 1;
        }
        position += taken;
        if (cchWideChar > 0) {
            if (count == cchWideChar)
                return refuse_text(ERROR_INSUFFICIENT_BUFFER);
            lpWideCharStr[count] = (WCHAR)character;
        }
        count++;
    }
    return count;
}

int WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar,
                        LPSTR lpMultiByteStr, int cbMultiByte, LPCSTR lpDefaultChar,
                        LPBOOL lpUsedDefaultChar) {
    size_t length, position;
    int count = 0;
    /* Every character can be written, so that there is none to put in its place. */
    (void)lpDefaultChar;
    if (!known_page(CodePage) || cchWideChar == 0 || cchWideChar < -1 || cbMultiByte < 0)
        return refuse_text(ERROR_INVALID_PARAMETER);
    if (dwFlags & ~(DWORD)(WC_COMPOSITECHECK | WC_ERR_INVALID_CHARS | WC_NO_BEST_FIT_CHARS))
        return refuse_text(ERROR_INVALID_FLAGS);
    if (cchWideChar == -1
            ? !wide_in_memory(lpWideCharStr)
            : !in_memory(lpWideCharStr, (uint64_t)cchWideChar * sizeof *lpWideCharStr))
        return refuse_text(ERROR_INVALID_PARAMETER);
    if (cbMultiByte > 0 && !in_memory(lpMultiByteStr, (uint64_t)cbMultiByte))
        return refuse_text(ERROR_INVALID_PARAMETER);
    length = cchWideChar == -1 ? wcslen(lpWideCharStr) + 1 : (size_t)cchWideChar;
    for (position = 0; position < length; position++) {
        uint32_t character = (uint32_t)lpWideCharStr[position];
        char bytes[4];
        size_t taken;
        if (!is_character(character)) {
            if (dwFlags & WC_ERR_INVALID_CHARS)
                return refuse_text(ERROR_NO_UNICODE_TRANSLATION);
            character = REPLACEMENT;
        }
        taken = write_character(character, bytes);
        if (cbMultiByte > 0) {
            if ((size_t)(cbMultiByte - count) < taken)
                return refuse_text(ERROR_INSUFFICIENT_BUFFER);
            memcpy(lpMultiByteStr + count, bytes, taken);
        }
        count += (int)taken;
    }
    if (in_memory(lpUsedDefaultChar, sizeof *lpUsedDefaultChar))
        *lpUsedDefaultChar = FALSE;
    return count;
}
