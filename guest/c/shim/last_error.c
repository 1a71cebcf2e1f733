/* Error numbers: the provider's as Winsock's, and the last one of the thread. */
#include "shim.h"

#define NUMBER(name, number) [WINSOCK_SPI_TYPES_WSA_ERROR_##name] = number

static const int numbers[] = {
    NUMBER(INVALID_HANDLE, WSA_INVALID_HANDLE),
    NUMBER(NOT_ENOUGH_MEMORY, WSA_NOT_ENOUGH_MEMORY),
    NUMBER(INVALID_PARAMETER, WSA_INVALID_PARAMETER),
    NUMBER(OPERATION_ABORTED, WSA_OPERATION_ABORTED),
    NUMBER(IO_INCOMPLETE, WSA_IO_INCOMPLETE),
    NUMBER(IO_PENDING, WSA_IO_PENDING),
    NUMBER(INTR, WSAEINTR),
    NUMBER(ACCES, WSAEACCES),
    NUMBER(FAULT, WSAEFAULT),
    NUMBER(INVAL, WSAEINVAL),
    NUMBER(MFILE, WSAEMFILE),
    NUMBER(WOULD_BLOCK, WSAEWOULDBLOCK),
    NUMBER(IN_PROGRESS, WSAEINPROGRESS),
    NUMBER(ALREADY, WSAEALREADY),
    NUMBER(NOT_SOCK, WSAENOTSOCK),
    NUMBER(DEST_ADDR_REQ, WSAEDESTADDRREQ),
    NUMBER(MSG_SIZE, WSAEMSGSIZE),
    NUMBER(PROTOTYPE, WSAEPROTOTYPE),
    NUMBER(NO_PROTO_OPT, WSAENOPROTOOPT),
    NUMBER(PROTO_NO_SUPPORT, WSAEPROTONOSUPPORT),
    NUMBER(SOCK_T_NO_SUPPORT, WSAESOCKTNOSUPPORT),
    NUMBER(OP_NOT_SUPP, WSAEOPNOTSUPP),
    NUMBER(AF_NO_SUPPORT, WSAEAFNOSUPPORT),
    NUMBER(ADDR_IN_USE, WSAEADDRINUSE),
    NUMBER(ADDR_NOT_AVAIL, WSAEADDRNOTAVAIL),
    NUMBER(NET_DOWN, WSAENETDOWN),
    NUMBER(NET_UNREACH, WSAENETUNREACH),
    NUMBER(NET_RESET, WSAENETRESET),
    NUMBER(CONN_ABORTED, WSAECONNABORTED),
    NUMBER(CONN_RESET, WSAECONNRESET),
    NUMBER(NO_BUFS, WSAENOBUFS),
    NUMBER(IS_CONN, WSAEISCONN),
    NUMBER(NOT_CONN, WSAENOTCONN),
    NUMBER(SHUT_DOWN, WSAESHUTDOWN),
    NUMBER(TIMED_OUT, WSAETIMEDOUT),
    NUMBER(CONN_REFUSED, WSAECONNREFUSED),
    NUMBER(HOST_DOWN, WSAEHOSTDOWN),
    NUMBER(HOST_UNREACH, WSAEHOSTUNREACH),
    NUMBER(VER_NOT_SUPPORTED, WSAVERNOTSUPPORTED),
    NUMBER(NOT_INITIALISED, WSANOTINITIALISED),
    NUMBER(SYSCALL_FAILURE, WSASYSCALLFAILURE),
};

#ifdef WSP_THREADS
#define last_error (current_thread->last_error)
#else
static int last_error;
#endif

int number_of(wsa_error error) {
    return error < sizeof numbers / sizeof *numbers ? numbers[error] : WSASYSCALLFAILURE;
}

int fail(LPINT error_out, int code) {
    if (in_memory(error_out, sizeof *error_out))
        *error_out = code;
    return SOCKET_ERROR;
}

int fail_with(LPINT error_out, wsa_error error) {
    return fail(error_out, number_of(error));
}

int keep_error(int result, int code) {
    keep_code(result == SOCKET_ERROR ? code : 0);
    return result;
}

void keep_code(int code) {
    /* Before the first start there are no sockets, and that is what is wrong. */
    last_error = code == WSAENOTSOCK && !started() ? WSANOTINITIALISED : code;
}

int WSAGetLastError(void) {
    return last_error;
}

void WSASetLastError(int iError) {
    last_error = iError;
}

DWORD GetLastError(void) {
    return (DWORD)last_error;
}

void SetLastError(DWORD dwErrCode) {
    last_error = (int)dwErrCode;
}
