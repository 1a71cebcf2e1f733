/* Sends on stream sockets that are not connected, in every state before that. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, refused;
    WSABUF buffer = {1, "a"}, nothing = {0, NULL};
    DWORD count = 0xDEAD;
    WSAOVERLAPPED overlapped;
    int called = 0;

    start_winsock();
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();

    note("fresh");
    stream = socket(AF_INET, SOCK_STREAM, 0);
    CALL(send(stream, "a", 1, 0));
    CALL(WSASend(stream, &buffer, 1, &count, 0, NULL, NULL));
    CALL(WSASend(stream, &nothing, 1, &count, 0, NULL, NULL));
    CALL(WSASend(stream, &buffer, 1, &count, 0, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, TRUE));
    note("the structure is untouched: %d", overlapped.Internal == 0 && overlapped.InternalHigh == 0);
    closesocket(stream);

    note("bound");
    stream = bound_socket(SOCK_STREAM);
    CALL(send(stream, "a", 1, 0));
    CALL(WSASend(stream, &buffer, 1, &count, 0, NULL, NULL));

    note("listening");
    CALL(listen(stream, 1));
    set_nonblocking(stream, 1);
    CALL(send(stream, "a", 1, 0));
    CALL(WSASend(stream, &buffer, 1, &count, 0, &overlapped, NULL));

    note("refused");
    refused = bound_socket(SOCK_STREAM);
    {
        struct sockaddr_in nobody = local_address(refused);
        SOCKET other = socket(AF_INET, SOCK_STREAM, 0);
        closesocket(refused);
        CALL(connect(other, (struct sockaddr *)&nobody, sizeof nobody));
        CALL(send(other, "a", 1, 0));
    }
    note("counts untouched: %d, routines called: %d", count == 0xDEAD, called);
    return done();
}
