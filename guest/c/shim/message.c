/* WSASendMsg and WSARecvMsg: datagrams with their address in one structure. */
#include "shim.h"

static int send_message(SOCKET s, LPWSAMSG message, DWORD flags, LPDWORD sent,
                        LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                        LPINT error_out) {
    const struct open_socket *socket = find_socket(s);
    int code;
    if (socket == NULL)
        return fail(error_out, WSAENOTSOCK);
    if (!in_memory(message, sizeof *message))
        return fail(error_out, WSAEFAULT);
    /* Streams have no messages. */
    if (socket->type != SOCK_DGRAM)
        return fail(error_out, WSAEINVAL);
    code = check_control(socket, message);
    if (code != 0)
        return fail(error_out, code);
    return WSPSendTo(s, message->lpBuffers, message->dwBufferCount, sent, flags, message->name,
                     message->namelen, overlapped, routine, NULL, error_out);
}

int WSASendMsg(SOCKET Handle, LPWSAMSG lpMsg, DWORD dwFlags, LPDWORD lpNumberOfBytesSent,
               LPWSAOVERLAPPED lpOverlapped,
               LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result = send_message(Handle, lpMsg, dwFlags, lpNumberOfBytesSent, lpOverlapped,
                              lpCompletionRoutine, &code);
    WSASetLastError(code);
    return result;
}

static int receive_message(SOCKET s, LPWSAMSG message, LPDWORD received,
                           LPWSAOVERLAPPED overlapped,
                           LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPINT error_out) {
    const struct open_socket *socket = find_socket(s);
    struct overlapped_request wanted = {.overlapped = overlapped, .routine = routine};
    if (socket == NULL)
        return fail(error_out, WSAENOTSOCK);
    if (!in_memory(message, sizeof *message))
        return fail(error_out, WSAEFAULT);
    if (socket->type != SOCK_DGRAM)
        return fail(error_out, WSAEOPNOTSUPP);
    return receive_from(s, message->lpBuffers, message->dwBufferCount, received, &message->dwFlags,
                        message->name, message->name == NULL ? NULL : &message->namelen, message,
                        &wanted, NULL, error_out);
}

int WSARecvMsg(SOCKET s, LPWSAMSG lpMsg, LPDWORD lpdwNumberOfBytesRecvd,
               LPWSAOVERLAPPED lpOverlapped,
               LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result = receive_message(s, lpMsg, lpdwNumberOfBytesRecvd, lpOverlapped,
                                 lpCompletionRoutine, &code);
    WSASetLastError(code);
    return result;
}
