/* WSPStartup with its table, WSPCleanup, WSAStartup and WSACleanup. */
#include "shim.h"

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
    one_more_start();
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
    if (one_start_less() > 0)
        return 0;
    /* The provider has closed every socket. */
    while ((s = next_socket(INVALID_SOCKET)) != INVALID_SOCKET)
        drop_socket(s);
    return 0;
}

/* The version that a program gets: the one it asked for, as far as there was such a one. */
static WORD version_for(WORD requested) {
    BYTE major = LOBYTE(requested), minor = HIBYTE(requested);
    if (major == 1)
        return MAKEWORD(1, min(minor, 1));
    if (major == 2)
        return MAKEWORD(2, min(minor, 2));
    return MAKEWORD(2, 2);
}

int WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData) {
    winsock_spi_provider_wsp_data_t data;
    BOOL refused = LOBYTE(wVersionRequested) == 0, first = LOBYTE(wVersionRequested) == 1;
    wsa_error error;
    int code;
    if (!in_memory(lpWSAData, sizeof *lpWSAData))
        return refused ? WSAVERNOTSUPPORTED : WSAEFAULT;
    /* A program whose version is refused reads in the structure which one is there. */
    code = start(MAKEWORD(2, 2), &data);
    if (code != 0)
        return code;
    lpWSAData->wVersion = version_for(wVersionRequested);
    if (!refused)
        start_as(lpWSAData->wVersion);
    lpWSAData->wHighVersion = data.high_version;
    memset(lpWSAData->szDescription, 0, sizeof lpWSAData->szDescription);
    memcpy(lpWSAData->szDescription, data.description.ptr,
           min(data.description.len, (size_t)WSADESCRIPTION_LEN));
    strcpy(lpWSAData->szSystemStatus, "Running");
    /* What Windows says: programs of Winsock 1.1 read these two, and nobody lpVendorInfo. */
    lpWSAData->iMaxSockets = first ? 32767 : 0;
    lpWSAData->iMaxUdpDg = first ? 65467 : 0;
    winsock_spi_provider_wsp_data_free(&data);
    if (!refused)
        return 0;
    one_start_less();
    (void)winsock_spi_provider_wsp_cleanup(&error);
    return WSAVERNOTSUPPORTED;
}

int WSACleanup(void) {
    int code = 0;
    return keep_error(WSPCleanup(&code), code);
}
