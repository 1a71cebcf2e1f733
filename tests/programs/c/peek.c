/* MSG_PEEK looks without taking. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, datagram, other;
    WSABUF buffer = {10, NULL};
    DWORD count = 0, flags = MSG_PEEK;
    char bytes[20];
    WSAOVERLAPPED overlapped;

    start_winsock();
    memset(bytes, 0, sizeof bytes);
    buffer.buf = bytes;
    stream_pair(&stream, &peer);
    CALL(send(stream, "abcdef", 6, 0));
    until_readable(peer);
    CALL(recv(peer, bytes, 3, MSG_PEEK));
    note("%s", bytes);
    CALL(recv(peer, bytes, 6, MSG_PEEK));
    note("%s", bytes);
    CALL(WSARecv(peer, &buffer, 1, &count, &flags, NULL, NULL));
    note("%u bytes: %s", (unsigned)count, bytes);
    CALL(recv(peer, bytes, 2, 0));
    memset(bytes, 0, sizeof bytes);
    CALL(recv(peer, bytes, sizeof bytes, MSG_PEEK));
    note("%s", bytes);
    note("overlapped");
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    flags = MSG_PEEK;
    CALL_OVERLAPPED(WSARecv(peer, &buffer, 1, &count, &flags, &overlapped, NULL));
    CALL_BOOL(WSAGetOverlappedResult(peer, &overlapped, &count, TRUE, &flags));
    note("%u bytes", (unsigned)count);
    CALL(recv(peer, bytes, sizeof bytes, 0));
    set_nonblocking(peer, 1);
    CALL(recv(peer, bytes, sizeof bytes, MSG_PEEK));

    datagram_pair(&datagram, &other);
    CALL(send(datagram, "datagram", 8, 0));
    CALL(recv(other, bytes, sizeof bytes, MSG_PEEK));
    CALL(recv(other, bytes, 3, MSG_PEEK));
    CALL(recv(other, bytes, sizeof bytes, 0));

    CALL(shutdown(stream, SD_SEND));
    until_readable(peer);
    CALL(recv(peer, bytes, sizeof bytes, MSG_PEEK));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    return done();
}
