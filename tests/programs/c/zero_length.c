/* Sends of nothing: a stream carries none of it, a datagram socket sends an empty datagram. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, datagram, other, fresh;
    struct sockaddr_in address;
    WSABUF nothing[2] = {{0, NULL}, {0, NULL}};
    DWORD count = 0xDEAD, flags = 0;
    WSAOVERLAPPED overlapped;
    char bytes[10];

    start_winsock();
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();

    stream_pair(&stream, &peer);
    CALL(send(stream, "", 0, 0));
    CALL(WSASend(stream, nothing, 2, &count, 0, NULL, NULL));
    note("count %u, nothing to receive: %d", (unsigned)count, !is_readable(peer));
    CALL(WSASend(stream, nothing, 1, &count, 0, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags));
    note("count %u, nothing to receive: %d", (unsigned)count, !is_readable(peer));

    datagram_pair(&datagram, &other);
    CALL(send(datagram, "", 0, 0));
    CALL(recv(other, bytes, sizeof bytes, 0));
    CALL(WSASend(datagram, nothing, 2, &count, 0, NULL, NULL));
    note("count %u", (unsigned)count);
    CALL(recv(other, bytes, sizeof bytes, 0));
    address = local_address(other);
    CALL(sendto(datagram, NULL, 0, 0, (struct sockaddr *)&address, sizeof address));
    CALL(recv(other, bytes, sizeof bytes, 0));
    note("no more: %d", !is_readable(other));

    fresh = socket(AF_INET, SOCK_STREAM, 0);
    CALL(send(fresh, "", 0, 0));
    CALL(shutdown(stream, SD_SEND));
    CALL(send(stream, "", 0, 0));
    return done();
}
