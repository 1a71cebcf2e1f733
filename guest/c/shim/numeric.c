/*
 * Numeric addresses in texts, read as Windows reads them: what follows an address
 * is the caller's, and what was read before an error has been written.
 */
#include "shim.h"

#define WORDS 8

static BOOL is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int digit_of(char c) {
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *read_integer(const char *text, BOOL any_base, uint64_t *number) {
    uint64_t base = 10;
    const char *first = text;
    if (!is_digit(*text))
        return NULL;
    if (*text == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        first = text += 2;
    } else if (*text == '0' && is_digit(text[1])) {
        base = 8;
        first = text += 1;
    }
    if (base != 10 && !any_base)
        return NULL;
    *number = 0;
    for (; digit_of(*text) >= 0 && (uint64_t)digit_of(*text) < base; text++)
        /* A number that is far too long stays so. */
        *number = base == 10 ? min(*number * base + (uint64_t)digit_of(*text), 1ULL << 40)
                             : (*number * base + (uint64_t)digit_of(*text)) & 0xffffffff;
    return text == first ? NULL : text;
}

const char *read_ipv4(const char *text, BOOL any_base, int least, struct in_addr *in) {
    /* One to four numbers; the last one fills what the others leave. */
    uint64_t number, address = 0;
    int parts;
    for (parts = 1;; parts++) {
        text = read_integer(text, any_base, &number);
        if (text == NULL)
            return NULL;
        if (*text != '.')
            break;
        if (number > 0xff || parts == 4)
            return NULL;
        address |= number << (32 - 8 * parts);
        text++;
    }
    if (number >> (40 - 8 * parts) != 0 || parts < least)
        return NULL;
    in->s_addr = htonl((u_long)(address | number));
    return text;
}

/* The words of an IPv6 address that have been read. */
struct words {
    UCHAR *out;
    int count;
    /* How many stand before the ::, or -1. */
    int before_gap;
    /* Words that the address has at least. */
    int used;
};

static void store(struct words *words, unsigned value) {
    words->out[2 * words->count] = (UCHAR)(value >> 8);
    words->out[2 * words->count + 1] = (UCHAR)value;
    words->count++;
    words->used++;
}

/* Moves what stands behind the :: to the end. FALSE if words are missing. */
static BOOL finish(struct words *words) {
    int behind = words->count - words->before_gap;
    if (words->before_gap < 0)
        return words->count == WORDS;
    memmove(words->out + 2 * (WORDS - behind), words->out + 2 * words->before_gap,
            2 * (size_t)behind);
    memset(words->out + 2 * words->before_gap, 0, 2 * (size_t)(WORDS - words->count));
    return TRUE;
}

/* The four numbers at the end of an IPv6 address; NULL if they are not. */
static const char *read_dotted(const char *text, struct words *words) {
    UCHAR *out = words->out + 2 * words->count;
    int position;
    for (position = 0; position < 4; position++) {
        unsigned value = 0;
        const char *first = text;
        for (; is_digit(*text) && text - first < 4; text++)
            value = value * 10 + (unsigned)(*text - '0');
        if (text == first || text - first > 3 || value > 0xff)
            return NULL;
        if (position < 3 ? *text != '.' : words->before_gap < 0 && words->count != WORDS - 2)
            return NULL;
        out[position] = (UCHAR)value;
        if (position < 3)
            text++;
    }
    words->count += 2;
    return text;
}

/* The last number of an address, which may begin with 0x. */
static unsigned last_number(const char *text) {
    uint64_t value = 0;
    if (*text == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    for (; digit_of(*text) >= 0; text++)
        value = min(value * 16 + (uint64_t)digit_of(*text), (uint64_t)0x7fffffff);
    return (unsigned)value & 0xffff;
}

const char *read_ipv6(const char *text, struct in6_addr *in6) {
    struct words words = {in6->u.Byte, 0, -1, 0};
    if (*text == ':') {
        if (text[1] != ':')
            return NULL;
        store(&words, 0);
        words.before_gap = 1;
        text += 2;
    }
    while (words.used < WORDS) {
        const char *end = text;
        BOOL decimal = TRUE;
        unsigned value = 0;
        for (; digit_of(*end) >= 0; end++) {
            value = value << 4 | (unsigned)digit_of(*end);
            decimal = decimal && is_digit(*end);
        }
        if (end == text) {
            /* Something has to stand in front of a ::, and behind a colon. */
            if (words.count == 0 || text[-2] != ':')
                return NULL;
            break;
        }
        if (end - text > 4)
            return NULL;
        if (*end == '.' && decimal && words.used + 2 <= WORDS) {
            text = read_dotted(text, &words);
            return text != NULL && finish(&words) ? text : NULL;
        }
        if (*end != ':') {
            if (words.before_gap < 0 && words.count != WORDS - 1)
                return NULL;
            store(&words, last_number(text));
            text = end;
            break;
        }
        store(&words, value);
        text = end;
        if (words.used == WORDS || (end[1] == ':' && words.before_gap >= 0))
            break;
        if (end[1] == ':') {
            words.before_gap = words.count;
            words.used++;
            text++;
        }
        text++;
    }
    return finish(&words) ? text : NULL;
}

static int read_text(INT family, const char *text, void *address) {
    const char *end = family == AF_INET ? read_ipv4(text, FALSE, 4, address) : read_ipv6(text, address);
    return end != NULL && *end == '\0';
}

/* The size of an address of a family, or 0. */
static size_t size_of(INT family) {
    return family == AF_INET    ? sizeof(struct in_addr)
           : family == AF_INET6 ? sizeof(struct in6_addr)
                                : 0;
}

/* 0, or the code for what cannot be an address of the family. */
static int check(INT family, BOOL has_text, const void *address) {
    if (!has_text)
        return WSAEFAULT;
    if (size_of(family) == 0)
        return WSAEAFNOSUPPORT;
    return in_memory(address, size_of(family)) ? 0 : WSAEFAULT;
}

INT inet_pton(INT Family, const char *pszAddrString, void *pAddrBuf) {
    int code = check(Family, text_in_memory(pszAddrString), pAddrBuf);
    if (code != 0) {
        WSASetLastError(code);
        return -1;
    }
    return read_text(Family, pszAddrString, pAddrBuf);
}

INT InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf) {
    char narrow[LONGEST_TEXT];
    int code = check(Family, wide_in_memory(pszAddrString), pAddrBuf);
    if (code != 0) {
        WSASetLastError(code);
        return -1;
    }
    if (narrow_text(pszAddrString, narrow, sizeof narrow) &&
        read_text(Family, narrow, pAddrBuf))
        return 1;
    /* Only this form tells. */
    WSASetLastError(WSAEINVAL);
    return 0;
}

PCWSTR InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize) {
    char narrow[INET6_ADDRSTRLEN];
    size_t length, position;
    if (inet_ntop(Family, pAddr, narrow, sizeof narrow) == NULL)
        return NULL;
    length = strlen(narrow) + 1;
    if (StringBufSize < length || !in_memory(pStringBuf, length * sizeof *pStringBuf)) {
        WSASetLastError(WSA_INVALID_PARAMETER);
        return NULL;
    }
    for (position = 0; position < length; position++)
        pStringBuf[position] = narrow[position];
    return pStringBuf;
}

static BOOL is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

unsigned long inet_addr(const char *cp) {
    struct in_addr in;
    const char *end;
    if (!text_in_memory(cp)) {
        WSASetLastError(WSAEFAULT);
        return INADDR_NONE;
    }
    /* As on Windows. */
    if (strcmp(cp, " ") == 0)
        return INADDR_ANY;
    end = read_ipv4(cp, TRUE, 1, &in);
    /* What follows a blank does not matter. */
    return end != NULL && (*end == '\0' || is_space(*end)) ? in.s_addr : INADDR_NONE;
}

char *inet_ntoa(struct in_addr in) {
#ifdef WSP_THREADS
    char *text = current_thread->address_text;
#else
    static char text[16];
#endif
    return (char *)inet_ntop(AF_INET, &in, text, 16);
}
