/* How operations end, in the numbers of Windows that are not Winsock's. */
#include "shim.h"

static const struct {
    DWORD winsock;
    /* What the structure of the operation says. */
    ULONG status;
    /* What the last error says. */
    DWORD win32;
} codes[] = {
    {WSAECONNRESET, 0xC000020D, ERROR_NETNAME_DELETED},
    {WSAENETRESET, 0xC000013C, ERROR_NETNAME_DELETED},
    {WSAECONNABORTED, 0xC0000241, ERROR_CONNECTION_ABORTED},
    {WSAECONNREFUSED, 0xC0000236, ERROR_CONNECTION_REFUSED},
    {WSAENETUNREACH, 0xC000023C, ERROR_NETWORK_UNREACHABLE},
    {WSAEHOSTUNREACH, 0xC000023D, ERROR_HOST_UNREACHABLE},
    {WSAETIMEDOUT, 0xC00000B5, ERROR_SEM_TIMEOUT},
    {WSAEMSGSIZE, 0x80000005, ERROR_MORE_DATA},
    {WSAEOPNOTSUPP, 0xC00000BB, ERROR_NOT_SUPPORTED},
    {WSAEACCES, 0xC0000022, ERROR_ACCESS_DENIED},
    {WSA_OPERATION_ABORTED, 0xC0000120, ERROR_OPERATION_ABORTED},
    {ERROR_INSUFFICIENT_BUFFER, 0xC0000023, ERROR_INSUFFICIENT_BUFFER},
};

#define CODES (sizeof codes / sizeof *codes)

/* The status that stands for a code of Win32 by itself. */
#define STATUS_OF_WIN32 0xC0070000

ULONG status_of(DWORD error) {
    size_t position;
    for (position = 0; position < CODES; position++)
        if (codes[position].winsock == error)
            return codes[position].status;
    return error == 0 ? 0 : STATUS_OF_WIN32 | (error & 0xFFFF);
}

DWORD win32_error(DWORD error) {
    size_t position;
    for (position = 0; position < CODES; position++)
        if (codes[position].winsock == error)
            return codes[position].win32;
    return error;
}
