/* Overlapped receives: scattered, with routines and events, several at a time, from whom. */
#include "transcript.h"

static int calls;

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    calls++;
    note("routine %d: error %u, %u bytes, flags %u", calls, (unsigned)error, (unsigned)count, (unsigned)flags);
}

int main(void)
{
    SOCKET stream, peer, datagram, other;
    WSABUF parts[3];
    WSAOVERLAPPED first, second;
    DWORD count = 0, flags = 0;
    struct sockaddr_in from;
    int length = sizeof from;
    char bytes[30];

    start_winsock();
    memset(bytes, 0, sizeof bytes);
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    parts[0].len = 2;
    parts[0].buf = bytes;
    parts[1].len = 0;
    parts[1].buf = NULL;
    parts[2].len = 5;
    parts[2].buf = bytes + 10;

    note("scattered");
    stream_pair(&stream, &peer);
    CALL(send(stream, "abcdef", 6, 0));
    until_readable(peer);
    CALL(WSARecv(peer, parts, 3, &count, &flags, NULL, NULL));
    note("%u bytes: %s %s", (unsigned)count, bytes, bytes + 10);

    note("with a routine, pending");
    CALL(WSARecv(peer, parts, 1, NULL, &flags, &first, routine));
    CALL_WAIT(SleepEx(0, TRUE));
    CALL(send(stream, "gh", 2, 0));
    CALL_WAIT(SleepEx(10000, TRUE));
    note("%.2s", bytes);

    note("with a routine, at once");
    CALL(send(stream, "ij", 2, 0));
    until_readable(peer);
    CALL_OVERLAPPED(WSARecv(peer, parts, 1, &count, &flags, &first, routine));
    note("calls %d", calls);
    CALL_WAIT(SleepEx(10000, TRUE));

    note("two pending: the first posted is the first served");
    second.hEvent = WSACreateEvent();
    CALL(WSARecv(peer, parts, 1, NULL, &flags, &first, routine));
    CALL(WSARecv(peer, parts + 2, 1, NULL, &flags, &second, NULL));
    CALL(send(stream, "klmno", 5, 0));
    CALL_WAIT(SleepEx(10000, TRUE));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &second.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(peer, &second, &count, FALSE, &flags));
    note("%u bytes: %.2s, %.3s", (unsigned)count, bytes, bytes + 10);

    note("datagrams tell from whom");
    datagram_pair(&datagram, &other);
    memset(&from, 0, sizeof from);
    CALL(WSARecvFrom(other, parts + 2, 1, NULL, &flags, (struct sockaddr *)&from, &length, &second, NULL));
    CALL(send(datagram, "pq", 2, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &second.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(other, &second, &count, FALSE, &flags));
    note("%u bytes from the sender: %d, length %d", (unsigned)count,
         from.sin_port == local_address(datagram).sin_port, length);
    return done();
}
