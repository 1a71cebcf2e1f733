/* What a receive needs while it is under way, and what it hands out. */
#include "shim.h"

/* Copies what the host received into the caller's buffers, in their order. */
static void scatter(const struct receiving *receiving, DWORD bytes) {
    winsock_spi_memory_borrow_receive_buffer_t room =
        winsock_spi_memory_borrow_receive_buffer(receiving->room);
    spi_program_list_u8_t received;
    size_t taken = 0;
    DWORD position;
    winsock_spi_memory_method_receive_buffer_read(room, 0, bytes, &received);
    for (position = 0; position < receiving->count && taken < received.len; position++) {
        const WSABUF *buffer = &receiving->buffers[position];
        size_t part = min(buffer->len, received.len - taken);
        if (part > 0)
            memcpy(buffer->buf, received.ptr + taken, part);
        taken += part;
    }
    spi_program_list_u8_free(&received);
}

DWORD deliver(struct receiving *receiving, DWORD bytes, const socket_address *source) {
    if (bytes > 0)
        scatter(receiving, bytes);
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
