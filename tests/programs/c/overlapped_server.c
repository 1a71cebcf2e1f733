/* An echo server of overlapped receives and sends, each with an event, for three clients in turn. */
#include "transcript.h"

static DWORD finish(SOCKET socket, WSAOVERLAPPED *overlapped, int result)
{
    DWORD bytes = 0, flags = 0;
    NEEDED(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
    NEEDED(WSAWaitForMultipleEvents(1, &overlapped->hEvent, TRUE, 10000, FALSE) == WSA_WAIT_EVENT_0);
    NEEDED(WSAGetOverlappedResult(socket, overlapped, &bytes, FALSE, &flags));
    NEEDED(WSAResetEvent(overlapped->hEvent));
    return bytes;
}

int main(void)
{
    SOCKET listener;
    int number;

    start_winsock();
    listener = listening_socket();
    fprintf(stderr, "listening on port %u\n", ntohs(local_address(listener).sin_port));

    for (number = 1; number <= 3; number++) {
        WSAOVERLAPPED overlapped;
        char bytes[256];
        DWORD total = 0;
        SOCKET connection = WSAAccept(listener, NULL, NULL, NULL, 0);
        NEEDED(connection != INVALID_SOCKET);
        memset(&overlapped, 0, sizeof overlapped);
        overlapped.hEvent = WSACreateEvent();
        for (;;) {
            WSABUF buffer = {sizeof bytes, bytes};
            DWORD flags = 0, received, sent;
            received = finish(connection, &overlapped, WSARecv(connection, &buffer, 1, NULL, &flags, &overlapped, NULL));
            if (received == 0)
                break;
            buffer.len = received;
            sent = finish(connection, &overlapped, WSASend(connection, &buffer, 1, NULL, 0, &overlapped, NULL));
            NEEDED(sent == received);
            total += sent;
        }
        note("client %d: %u bytes echoed", number, (unsigned)total);
        CALL(closesocket(connection));
        NEEDED(WSACloseEvent(overlapped.hEvent));
    }
    CALL(closesocket(listener));
    CALL(WSACleanup());
    return done();
}
