/* SIO_GET_EXTENSION_FUNCTION_POINTER. */
#include "shim.h"

static const struct {
    GUID id;
    void (*function)(void);
} functions[] = {
    {WSAID_ACCEPTEX, (void (*)(void))AcceptEx},
    {WSAID_CONNECTEX, (void (*)(void))ConnectEx},
    {WSAID_DISCONNECTEX, (void (*)(void))DisconnectEx},
    {WSAID_GETACCEPTEXSOCKADDRS, (void (*)(void))GetAcceptExSockaddrs},
    {WSAID_WSAPOLL, (void (*)(void))WSAPoll},
    {WSAID_WSARECVMSG, (void (*)(void))WSARecvMsg},
    {WSAID_WSASENDMSG, (void (*)(void))WSASendMsg},
};

int extension_function(const void *in, DWORD in_length, void *out, DWORD out_length,
                       LPDWORD returned, LPINT error_out) {
    size_t position;
    if (in_length < sizeof(GUID) || !in_memory(in, sizeof(GUID)) ||
        out_length < sizeof functions->function || !in_memory(out, sizeof functions->function))
        return fail(error_out, WSAEFAULT);
    for (position = 0; position < sizeof functions / sizeof *functions; position++)
        if (memcmp(in, &functions[position].id, sizeof(GUID)) == 0) {
            memcpy(out, &functions[position].function, sizeof functions->function);
            if (returned != NULL)
                *returned = sizeof functions->function;
            return 0;
        }
    return fail(error_out, WSAEINVAL);
}
