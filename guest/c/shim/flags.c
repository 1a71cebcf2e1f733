/* dwFlags, as Winsock numbers them and as the provider does. */
#include "shim.h"

static const struct {
    DWORD winsock;
    message_flags provider;
} flags_of[] = {
    {MSG_OOB, WINSOCK_SPI_TYPES_MESSAGE_FLAGS_OOB},
    {MSG_PEEK, WINSOCK_SPI_TYPES_MESSAGE_FLAGS_PEEK},
    {MSG_DONTROUTE, WINSOCK_SPI_TYPES_MESSAGE_FLAGS_DONT_ROUTE},
    {MSG_WAITALL, WINSOCK_SPI_TYPES_MESSAGE_FLAGS_WAIT_ALL},
    {MSG_INTERRUPT, WINSOCK_SPI_TYPES_MESSAGE_FLAGS_INTERRUPT},
    {MSG_PARTIAL, WINSOCK_SPI_TYPES_MESSAGE_FLAGS_PARTIAL},
};
#define FLAGS (sizeof flags_of / sizeof *flags_of)

BOOL read_flags(DWORD flags, message_flags *out) {
    size_t position;
    *out = 0;
    for (position = 0; position < FLAGS; position++)
        if (flags & flags_of[position].winsock) {
            *out |= flags_of[position].provider;
            flags &= ~flags_of[position].winsock;
        }
    return flags == 0;
}

DWORD write_flags(message_flags flags) {
    DWORD written = 0;
    size_t position;
    for (position = 0; position < FLAGS; position++)
        if (flags & flags_of[position].provider)
            written |= flags_of[position].winsock;
    return written;
}
