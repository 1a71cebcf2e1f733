/* What a receive needs while it is under way, and what it hands out. */
#include "shim.h"

/* Copies what was received into the caller's buffers, in their order. */
static void scatter(const struct receiving *receiving, const void *received, size_t length) {
    const char *from = received;
    size_t taken = 0;
    DWORD position;
    for (position = 0; position < receiving->count && taken < length; position++) {
        const WSABUF *buffer = &receiving->buffers[position];
        size_t part = min(buffer->len, length - taken);
        if (part > 0)
            memcpy(buffer->buf, from + taken, part);
        taken += part;
    }
}

/* Takes what the host received. */
static void collect(const struct receiving *receiving, DWORD bytes) {
    winsock_spi_memory_borrow_receive_buffer_t room =
        winsock_spi_memory_borrow_receive_buffer(receiving->room);
    if (words_wanted()) {
        winsock_spi_words_tuple2_list_words_u32_t words;
        winsock_spi_words_read(room, 0, bytes, &words);
        scatter(receiving, words.f0.ptr, words.f1);
        winsock_spi_words_list_words_free(&words.f0);
    } else {
        spi_program_list_u8_t received;
        winsock_spi_memory_method_receive_buffer_read(room, 0, bytes, &received);
        scatter(receiving, received.ptr, received.len);
        spi_program_list_u8_free(&received);
    }
}

DWORD deliver(struct receiving *receiving, DWORD bytes, const socket_address *source) {
    if (bytes > 0)
        collect(receiving, bytes);
    if (source != NULL)
        write_address(source, receiving->from, receiving->from_length);
    if (receiving->message == NULL ||
        write_control(receiving->message, winsock_spi_memory_borrow_receive_buffer(receiving->room),
                      source))
        return 0;
    return WSAEMSGSIZE;
}

void drop_receiving(struct receiving *receiving) {
    if (receiving->has_room)
        winsock_spi_memory_receive_buffer_drop_own(receiving->room);
    free(receiving->buffers);
    free(receiving);
}

struct receiving *new_receiving(const WSABUF *buffers, DWORD count, DWORD most) {
    struct receiving *receiving = calloc(1, sizeof *receiving);
    DWORD position;
    if (receiving == NULL)
        return NULL;
    receiving->buffers = malloc(count * sizeof *buffers);
    if (receiving->buffers == NULL) {
        free(receiving);
        return NULL;
    }
    memcpy(receiving->buffers, buffers, count * sizeof *buffers);
    receiving->count = count;
    for (position = 0; position < count; position++) {
        DWORD left = most - receiving->capacity;
        receiving->capacity += min(buffers[position].len, left);
    }
    receiving->room = winsock_spi_memory_constructor_receive_buffer(receiving->capacity);
    receiving->has_room = TRUE;
    return receiving;
}
