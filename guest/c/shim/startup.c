/* WSPStartup with its table, WSPCleanup, WSAStartup and WSACleanup. */
#include "shim.h"

/* Starts that have not been cleaned up. */
static unsigned starts;

static const WSPPROC_TABLE table = {
    WSPAccept,         WSPAddressToString,  WSPAsyncSelect,
    WSPBind,           WSPCancelBlockingCall, WSPCleanup,
    WSPCloseSocket,    WSPConnect,          WSPDuplicateSocket,
    WSPEnumNetworkEvents, WSPEventSelect,   WSPGetOverlappedResult,
    WSPGetPeerName,    WSPGetSockName,      WSPGetSockOpt,
    WSPGetQOSByName,   WSPIoctl,            WSPJoinLeaf,
    WSPListen,         WSPRecv,             WSPRecvDisconnect,
    WSPRecvFrom,       WSPSelect,           WSPSend,
    WSPSendDisconnect, WSPSendTo,           WSPSetSockOpt,
    WSPShutdown,       WSPSocket,           WSPStringToAddress,
};

/* Starts the provider once more; the error is the result. */
static int start(WORD requested, winsock_spi_provider_wsp_data_t *data) {
    wsa_error error;
    if (!winsock_spi_provider_wsp_startup(requested, data, &error))
        return number_of(error);
    starts++;
    return 0;
}

int WSPStartup(WORD wVersionRequested, LPWSPDATA lpWSPData, LPWSAPROTOCOL_INFOW lpProtocolInfo,
               WSPUPCALLTABLE UpcallTable, LPWSPPROC_TABLE lpProcTable) {
    winsock_spi_provider_wsp_data_t data;
    size_t position;
    int code;
    (void)UpcallTable;
    if (!in_memory(lpWSPData, sizeof *lpWSPData) ||
        !in_memory(lpProcTable, sizeof *lpProcTable) ||
        !null_or_in_memory(lpProtocolInfo, sizeof *lpProtocolInfo))
        return WSAEFAULT;
    code = start(wVersionRequested, &data);
    if (code != 0)
        return code;
    memset(lpWSPData, 0, sizeof *lpWSPData);
    lpWSPData->wVersion = data.version;
    lpWSPData->wHighVersion = data.high_version;
    for (position = 0; position < data.description.len && position < WSPDESCRIPTION_LEN;
         position++)
        lpWSPData->szDescription[position] = data.description.ptr[position];
    winsock_spi_provider_wsp_data_free(&data);
    *lpProcTable = table;
    return 0;
}

int WSPCleanup(LPINT lpErrno) {
    SOCKET s;
    wsa_error error;
    if (!winsock_spi_provider_wsp_cleanup(&error))
        return fail_with(lpErrno, error);
    if (--starts > 0)
        return 0;
    /* The provider has closed every socket. */
    while ((s = next_socket(INVALID_SOCKET)) != INVALID_SOCKET)
        drop_socket(s);
    return 0;
}

int WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData) {
    winsock_spi_provider_wsp_data_t data;
    int code;
    if (!in_memory(lpWSAData, sizeof *lpWSAData))
        return WSAEFAULT;
    if (LOBYTE(wVersionRequested) == 0)
        return WSAVERNOTSUPPORTED;
    code = start(MAKEWORD(2, 2), &data);
    if (code != 0)
        return code;
    memset(lpWSAData, 0, sizeof *lpWSAData);
    lpWSAData->wVersion = data.version;
    lpWSAData->wHighVersion = data.high_version;
    memcpy(lpWSAData->szDescription, data.description.ptr,
           min(data.description.len, (size_t)WSADESCRIPTION_LEN));
    strcpy(lpWSAData->szSystemStatus, "Running");
    winsock_spi_provider_wsp_data_free(&data);
    /* Older programs get the version that they asked for. */
    if (LOBYTE(wVersionRequested) < 2 ||
        (LOBYTE(wVersionRequested) == 2 && HIBYTE(wVersionRequested) < 2))
        lpWSAData->wVersion = wVersionRequested;
    return 0;
}

int WSACleanup(void) {
    int code = 0;
    return keep_error(WSPCleanup(&code), code);
}
