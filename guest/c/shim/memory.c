/* Which addresses a caller may name. */
#include "shim.h"

#define PAGE 65536
/*
 * No object lies below: it is the end of the stack, and the frames of the functions
 * here are longer. Programs that give a small number for a pointer are told so.
 */
#define NOWHERE 64

BOOL in_memory(const void *start, uint64_t length) {
    uint64_t size = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
    uint64_t first = (uintptr_t)start;
    return first >= NOWHERE && first <= size && length <= size - first;
}

BOOL null_or_in_memory(const void *start, uint64_t length) {
    return start == NULL || in_memory(start, length);
}

BOOL text_in_memory(const char *text) {
    uint64_t size = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
    return in_memory(text, 1) && memchr(text, '\0', size - (uintptr_t)text) != NULL;
}

BOOL wide_in_memory(LPCWSTR text) {
    if ((uintptr_t)text % sizeof *text != 0)
        return FALSE;
    while (in_memory(text, sizeof *text))
        if (*text++ == 0)
            return TRUE;
    return FALSE;
}

BOOL narrow_text(LPCWSTR text, char *out, size_t size) {
    size_t length;
    for (length = 0; length < size; length++) {
        if ((unsigned)text[length] > 0x7f)
            return FALSE;
        out[length] = (char)text[length];
        if (text[length] == 0)
            return TRUE;
    }
    return FALSE;
}

BOOL valid_buffers(const WSABUF *buffers, DWORD count) {
    DWORD position;
    if (!in_memory(buffers, (uint64_t)count * sizeof *buffers))
        return FALSE;
    for (position = 0; position < count; position++)
        if (buffers[position].len > 0 && !in_memory(buffers[position].buf, buffers[position].len))
            return FALSE;
    return TRUE;
}
