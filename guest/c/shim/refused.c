/*
 * Slots of the procedure table that Windows CE documents as always refused,
 * and those that need what a WebAssembly program does not have.
 */
#include "shim.h"

static int refuse(SOCKET s, LPINT error_out, int code) {
    return fail(error_out, find_socket(s) == NULL ? WSAENOTSOCK : code);
}

/* There are no windows to send messages to. */
int WSPAsyncSelect(SOCKET s, HWND hWnd, unsigned int wMsg, long lEvent, LPINT lpErrno) {
    (void)hWnd;
    (void)wMsg;
    (void)lEvent;
    return refuse(s, lpErrno, WSAEOPNOTSUPP);
}

/* No other thread could call it while a call blocks. */
int WSPCancelBlockingCall(LPINT lpErrno) {
    return fail(lpErrno, WSAEINVAL);
}

/* There is no quality of service. */
BOOL WSPGetQOSByName(SOCKET s, LPWSABUF lpQOSName, LPQOS lpQOS, LPINT lpErrno) {
    (void)lpQOSName;
    (void)lpQOS;
    refuse(s, lpErrno, WSAEOPNOTSUPP);
    return FALSE;
}

int WSPSendDisconnect(SOCKET s, LPWSABUF lpOutboundDisconnectData, LPINT lpErrno) {
    (void)lpOutboundDisconnectData;
    return refuse(s, lpErrno, WSASYSCALLFAILURE);
}

int WSPRecvDisconnect(SOCKET s, LPWSABUF lpInboundDisconnectData, LPINT lpErrno) {
    (void)lpInboundDisconnectData;
    return refuse(s, lpErrno, WSASYSCALLFAILURE);
}

SOCKET WSPJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
                   LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS, DWORD dwFlags,
                   LPINT lpErrno) {
    (void)name;
    (void)namelen;
    (void)lpCallerData;
    (void)lpCalleeData;
    (void)lpSQOS;
    (void)lpGQOS;
    (void)dwFlags;
    refuse(s, lpErrno, WSASYSCALLFAILURE);
    return INVALID_SOCKET;
}

int WSPDuplicateSocket(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOW lpProtocolInfo,
                       LPINT lpErrno) {
    (void)dwProcessId;
    (void)lpProtocolInfo;
    return refuse(s, lpErrno, WSASYSCALLFAILURE);
}
