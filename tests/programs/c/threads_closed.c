/* A call that waits on a socket which another thread closes, or shuts down, comes to an end. */
#include "transcript.h"

static HANDLE waits;

struct blocked {
    const char *name;
    SOCKET socket;
    int result;
};

static DWORD WINAPI accepts(LPVOID parameter)
{
    struct blocked *blocked = parameter;
    SetEvent(waits);
    blocked->result = accept(blocked->socket, NULL, NULL) == INVALID_SOCKET ? SOCKET_ERROR : 0;
    return (DWORD)WSAGetLastError();
}

static DWORD WINAPI receives(LPVOID parameter)
{
    struct blocked *blocked = parameter;
    char byte;
    SetEvent(waits);
    blocked->result = recv(blocked->socket, &byte, 1, 0);
    return (DWORD)WSAGetLastError();
}

static DWORD WINAPI sends(LPVOID parameter)
{
    struct blocked *blocked = parameter;
    u_long blocking = 0;
    /* There is no room: it was filled. */
    ioctlsocket(blocked->socket, FIONBIO, &blocking);
    SetEvent(waits);
    blocked->result = send(blocked->socket, mebibyte('x'), 1048576, 0);
    return (DWORD)WSAGetLastError();
}

static DWORD WINAPI selects(LPVOID parameter)
{
    struct blocked *blocked = parameter;
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(blocked->socket, &readable);
    SetEvent(waits);
    blocked->result = select(0, &readable, NULL, NULL, NULL);
    return (DWORD)WSAGetLastError();
}

/* Runs a call in a thread, ends its socket, and says whether it failed as it may. */
static void ended(const char *name, LPTHREAD_START_ROUTINE call, SOCKET socket, int closes,
                  int expected)
{
    struct blocked blocked = {name, socket, 77};
    HANDLE thread = CreateThread(NULL, 0, call, &blocked, 0, NULL);
    DWORD code = 0;
    NEEDED(WaitForSingleObject(waits, 10000) == WAIT_OBJECT_0);
    /* Whether it waits already, or is just about to, is all the same. */
    NEEDED((closes ? closesocket(socket) : shutdown(socket, SD_BOTH)) == 0);
    NEEDED(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    NEEDED(GetExitCodeThread(thread, &code));
    if (blocked.result != SOCKET_ERROR)
        code = 0;
    else if (code == WSAEINTR || code == WSAENOTSOCK || code == WSAECONNABORTED ||
             code == WSA_OPERATION_ABORTED || code == WSAESHUTDOWN)
        code = 1;
    /* Which of the two, Wine's timing decides. */
    note("%s: %s", name, (blocked.result == SOCKET_ERROR && code == 1) ||
         blocked.result == expected ? "ended" : "otherwise");
}

int main(void)
{
    SOCKET near_end, far_end;

    start_winsock();
    waits = CreateEvent(NULL, FALSE, FALSE, NULL);
    ended("accept", accepts, listening_socket(), 1, SOCKET_ERROR);
    stream_pair(&near_end, &far_end);
    ended("recv", receives, near_end, 1, SOCKET_ERROR);
    closesocket(far_end);
    stream_pair(&near_end, &far_end);
    stall(near_end);
    ended("send", sends, near_end, 1, SOCKET_ERROR);
    closesocket(far_end);
    datagram_pair(&near_end, &far_end);
    ended("recv of datagrams", receives, near_end, 1, SOCKET_ERROR);
    closesocket(far_end);
    stream_pair(&near_end, &far_end);
    ended("select", selects, near_end, 1, 1);
    closesocket(far_end);
    /* The numbers of closed sockets are nobody's. */
    CALL(send(near_end, "x", 1, 0));
    return done();
}
