/*
 * WSASendDisconnect and WSARecvDisconnect, which end a direction. Neither TCP nor
 * UDP carries data with that. The slots of the procedure table of the same name are
 * refused, as on Windows CE.
 */
#include "shim.h"

static int disconnect(SOCKET s, const WSABUF *data, int how) {
    int code = 0, result = SOCKET_ERROR;
    if (find_socket(s) == NULL)
        code = WSAENOTSOCK;
    else if (data != NULL)
        code = WSAENOPROTOOPT;
    else
        result = WSPShutdown(s, how, &code);
    return keep_error(result, code);
}

int WSASendDisconnect(SOCKET s, LPWSABUF lpOutboundDisconnectData) {
    return disconnect(s, lpOutboundDisconnectData, SD_SEND);
}

int WSARecvDisconnect(SOCKET s, LPWSABUF lpInboundDisconnectData) {
    return disconnect(s, lpInboundDisconnectData, SD_RECEIVE);
}
