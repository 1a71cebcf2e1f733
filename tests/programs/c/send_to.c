/* sendto and WSASendTo: addresses that count, and those that do not. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, datagram, other;
    struct sockaddr_in address, elsewhere, before;
    WSABUF parts[2] = {{3, "abc"}, {3, "def"}};
    DWORD count = 0xDEAD;
    char bytes[20];
    int length = sizeof address;

    start_winsock();
    note("a connected stream ignores the address");
    stream_pair(&stream, &peer);
    elsewhere = loopback(9);
    elsewhere.sin_addr.s_addr = inet_addr("192.0.2.1");
    before = elsewhere;
    CALL(sendto(stream, "abc", 3, 0, (struct sockaddr *)&elsewhere, sizeof elsewhere));
    CALL(recv(peer, bytes, 3, MSG_WAITALL));
    CALL(WSASendTo(stream, parts, 2, &count, 0, (struct sockaddr *)&elsewhere, sizeof elsewhere, NULL, NULL));
    note("count %u, the address is untouched: %d", (unsigned)count, memcmp(&before, &elsewhere, sizeof before) == 0);
    CALL(recv(peer, bytes, 6, MSG_WAITALL));
    CALL(sendto(stream, "abc", 3, 0, NULL, 0));
    CALL(recv(peer, bytes, 3, MSG_WAITALL));

    note("a datagram socket is bound by it");
    other = bound_socket(SOCK_DGRAM);
    address = local_address(other);
    datagram = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(WSASendTo(datagram, parts, 2, &count, 0, (struct sockaddr *)&address, sizeof address, NULL, NULL));
    note("count %u", (unsigned)count);
    CALL(recv(other, bytes, sizeof bytes, 0));
    CALL(getsockname(datagram, (struct sockaddr *)&before, &length));
    note("a port: %d", before.sin_port != 0);

    note("refused");
    count = 0xDEAD;
    CALL(sendto(datagram, "abc", 3, 0, (struct sockaddr *)&address, 4));
    CALL(sendto(datagram, "abc", 3, 0, NULL, 0));
    CALL(WSASendTo(datagram, parts, 2, NULL, 0, (struct sockaddr *)&address, sizeof address, NULL, NULL));
    CALL(WSASendTo(datagram, NULL, 1, &count, 0, (struct sockaddr *)&address, sizeof address, NULL, NULL));
    elsewhere.sin_family = 99;
    CALL(sendto(datagram, "abc", 3, 0, (struct sockaddr *)&elsewhere, sizeof elsewhere));
    note("count untouched: %d, nothing arrived: %d", count == 0xDEAD, !is_readable(other));

    note("nobody's address");
    for (length = 0; length < 3; length++) {
        WSAOVERLAPPED unused;
        memset(&unused, 0, sizeof unused);
        elsewhere = length == 1 ? address : loopback(length == 2 ? 0 : 9);
        if (length > 0)
            elsewhere.sin_port = 0;
        if (length != 1)
            elsewhere.sin_addr.s_addr = INADDR_ANY;
        CALL(sendto(datagram, "abc", 3, 0, (struct sockaddr *)&elsewhere, sizeof elsewhere));
        CALL(WSASendTo(datagram, parts, 2, &count, 0, (struct sockaddr *)&elsewhere, sizeof elsewhere, &unused, NULL));
    }
    CALL(connect(datagram, (struct sockaddr *)&elsewhere, sizeof elsewhere));
    elsewhere = loopback(0);
    CALL(connect(datagram, (struct sockaddr *)&elsewhere, sizeof elsewhere));
    note("count untouched: %d, nothing arrived: %d", count == 0xDEAD, !is_readable(other));

    note("overlapped");
    {
        WSAOVERLAPPED overlapped;
        DWORD flags;
        memset(&overlapped, 0, sizeof overlapped);
        overlapped.hEvent = WSACreateEvent();
        CALL_OVERLAPPED(WSASendTo(datagram, parts, 2, NULL, 0, (struct sockaddr *)&address, sizeof address, &overlapped, NULL));
        CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
        CALL_BOOL(WSAGetOverlappedResult(datagram, &overlapped, &count, FALSE, &flags));
        note("count %u", (unsigned)count);
        CALL(recv(other, bytes, sizeof bytes, 0));
    }
    return done();
}
