/* Payload in words, for hosts that are another component: a portable program's is. */
#include "shim.h"

BOOL words_wanted(void) {
    static BOOL is_known, wanted;
    if (!is_known) {
        wanted = winsock_spi_words_wanted();
        is_known = TRUE;
    }
    return wanted;
}

/* Buffers in one piece, as words; the caller frees what is returned. NULL without memory. */
static winsock_spi_words_words_t *join(const spi_program_list_list_u8_t *buffers, size_t total,
                                       size_t count) {
    winsock_spi_words_words_t *joined = malloc(count * sizeof *joined);
    uint8_t *to = (uint8_t *)joined;
    size_t position;
    if (joined == NULL)
        return NULL;
    for (position = 0; position < buffers->len; position++) {
        const spi_program_list_u8_t *part = &buffers->ptr[position];
        if (part->len > 0)
            memcpy(to, part->ptr, part->len);
        to += part->len;
    }
    memset(to, 0, count * sizeof *joined - total);
    return joined;
}

BOOL send_words(uint64_t s, winsock_spi_gather_ticket_t *ticket,
                const spi_program_list_list_u8_t *buffers, uint64_t total, socket_address *to,
                winsock_spi_gather_send_outcome_t *outcome) {
    winsock_spi_words_list_words_t payload;
    uint8_t *only = buffers->ptr->ptr;
    uint32_t timeout;
    BOOL is_joined;
    if (!words_wanted() || total == 0 || total > UINT32_MAX)
        return FALSE;
    payload.len = (size_t)((total + sizeof *payload.ptr - 1) / sizeof *payload.ptr);
    /* One buffer that is some words is sent as it is. */
    is_joined = buffers->len > 1 || total % sizeof *payload.ptr != 0 ||
                (uintptr_t)only % _Alignof(winsock_spi_words_words_t) != 0;
    payload.ptr = is_joined ? join(buffers, (size_t)total, payload.len)
                            : (winsock_spi_words_words_t *)only;
    if (payload.ptr == NULL)
        return FALSE;
    if (to == NULL)
        winsock_spi_words_send(ticket, &payload, (uint32_t)total, outcome);
    else
        winsock_spi_words_send_to(ticket, &payload, (uint32_t)total, to, outcome);
    if (is_joined)
        free(payload.ptr);
    if (outcome->tag == WINSOCK_SPI_GATHER_SEND_OUTCOME_BLOCKED)
        winsock_spi_words_send_rest(winsock_spi_tickets_send_timeout(s, &timeout) ? &timeout : NULL,
                                    outcome);
    return TRUE;
}
