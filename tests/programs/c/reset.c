/* A connection that its other end has reset. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    struct linger at_once = {1, 0};
    struct timeval limit = {10, 0}, now = {0, 0};
    fd_set readable, writable, exceptional;
    WSABUF buffer = {1, "a"};
    WSAOVERLAPPED overlapped;
    DWORD count = 0xDEAD;
    int error, length = sizeof error;
    char byte;

    start_winsock();
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    stream_pair(&stream, &peer);
    CALL(setsockopt(peer, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once));
    CALL(closesocket(peer));

    FD_ZERO(&readable);
    FD_SET(stream, &readable);
    CALL(select(0, &readable, NULL, NULL, &limit));
    CALL(send(stream, "a", 1, 0));
    CALL(send(stream, "a", 1, 0));
    CALL(WSASend(stream, &buffer, 1, &count, 0, &overlapped, NULL));
    note("the count is untouched: %d", count == 0xDEAD);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    CALL(recv(stream, &byte, 1, 0));
    CALL(getsockopt(stream, SOL_SOCKET, SO_ERROR, (char *)&error, &length));
    note_error("SO_ERROR", error);

    FD_ZERO(&writable);
    FD_ZERO(&exceptional);
    FD_ZERO(&readable);
    FD_SET(stream, &readable);
    FD_SET(stream, &writable);
    FD_SET(stream, &exceptional);
    NEEDED(select(0, &readable, &writable, &exceptional, &now) >= 0);
    note("readable %d, writable %d, exceptional %d", FD_ISSET(stream, &readable) != 0,
         FD_ISSET(stream, &writable) != 0, FD_ISSET(stream, &exceptional) != 0);
    CALL(closesocket(stream));
    return done();
}
