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
    {WSAID_TRANSMITFILE, (void (*)(void))TransmitFile},
    {WSAID_TRANSMITPACKETS, (void (*)(void))TransmitPackets},
    {WSAID_WSAPOLL, (void (*)(void))WSAPoll},
    {WSAID_WSARECVMSG, (void (*)(void))WSARecvMsg},
    {WSAID_WSASENDMSG, (void (*)(void))WSASendMsg},
};

void (*extension_function(const GUID *id))(void) {
    size_t position;
    for (position = 0; position < sizeof functions / sizeof *functions; position++)
        if (memcmp(id, &functions[position].id, sizeof *id) == 0)
            return functions[position].function;
    return NULL;
}
