/* Every call on a closed socket, and on none, says WSAENOTSOCK before anything else. */
#include "transcript.h"

static void each_call(SOCKET socket)
{
    struct sockaddr_in address = loopback(9);
    struct sockaddr *name = (struct sockaddr *)&address;
    int length = sizeof address;
    u_long value = 1;
    char byte = 'a';
    WSABUF buffer = {1, &byte};
    DWORD count = 0, flags = 0;
    WSANETWORKEVENTS events;
    WSAOVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);

    CALL(bind(socket, name, length));
    CALL(listen(socket, 1));
    CALL_SOCKET(accept(socket, NULL, NULL));
    CALL(connect(socket, name, length));
    CALL(send(socket, &byte, 1, 0));
    CALL(sendto(socket, &byte, 1, 0, name, length));
    CALL(WSASend(socket, &buffer, 1, &count, 0, NULL, NULL));
    CALL(WSASend(socket, NULL, 0, NULL, 0xFFFFFFFF, NULL, NULL));
    CALL(WSASend(socket, &buffer, 1, &count, 0, &overlapped, NULL));
    CALL(WSASendTo(socket, &buffer, 1, NULL, 0, name, length, NULL, NULL));
    CALL(recv(socket, &byte, 1, 0));
    CALL(recvfrom(socket, &byte, 1, 0, name, &length));
    CALL(WSARecv(socket, &buffer, 1, &count, &flags, NULL, NULL));
    CALL(WSARecvFrom(socket, &buffer, 1, &count, &flags, NULL, NULL, NULL, NULL));
    CALL(shutdown(socket, SD_BOTH));
    CALL(shutdown(socket, 7));
    CALL(ioctlsocket(socket, FIONBIO, &value));
    CALL(getsockopt(socket, SOL_SOCKET, SO_ERROR, (char *)&value, &length));
    CALL(setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof value));
    CALL(getsockname(socket, name, &length));
    CALL(getpeername(socket, name, &length));
    CALL(WSAEventSelect(socket, NULL, 0));
    CALL(WSAEnumNetworkEvents(socket, NULL, &events));
    CALL_BOOL(WSAGetOverlappedResult(socket, &overlapped, &count, FALSE, &flags));
    CALL(closesocket(socket));
}

int main(void)
{
    SOCKET closed;
    start_winsock();
    closed = socket(AF_INET, SOCK_STREAM, 0);
    CALL(closesocket(closed));
    note("a closed socket");
    each_call(closed);
    note("no socket");
    each_call(INVALID_SOCKET);
    return done();
}
