/* What WSARecv says about its arguments. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, fresh;
    char bytes[10];
    WSABUF buffer = {10, NULL}, missing = {10, NULL};
    DWORD count = 0xDEAD, flags = 0;

    start_winsock();
    buffer.buf = bytes;
    stream_pair(&stream, &peer);
    CALL(send(peer, "abc", 3, 0));
    until_readable(stream);
    set_nonblocking(stream, 1);

    CALL(WSARecv(stream, &buffer, 1, NULL, &flags, NULL, NULL));
    CALL(WSARecv(stream, &buffer, 0, &count, &flags, NULL, NULL));
    CALL(WSARecv(stream, NULL, 0, &count, &flags, NULL, NULL));
    CALL(WSARecv(stream, &missing, 1, &count, &flags, NULL, NULL));
    CALL(WSARecv(stream, &buffer, 1, &count, NULL, NULL, NULL));
    note("the count is untouched: %d", count == 0xDEAD);
    flags = MSG_OOB | MSG_PEEK;
    CALL(WSARecv(INVALID_SOCKET, &buffer, 1, &count, &flags, NULL, NULL));
    flags = 0;
    CALL(WSARecv(stream, &buffer, 1, &count, &flags, NULL, NULL));
    note("%u bytes, flags %u: %.3s", (unsigned)count, (unsigned)flags, bytes);

    fresh = socket(AF_INET, SOCK_STREAM, 0);
    CALL(recv(fresh, bytes, sizeof bytes, 0));
    CALL(WSARecv(fresh, &buffer, 1, &count, &flags, NULL, NULL));
    closesocket(fresh);
    fresh = listening_socket();
    set_nonblocking(fresh, 1);
    CALL(recv(fresh, bytes, sizeof bytes, 0));
    closesocket(fresh);
    fresh = socket(AF_INET, SOCK_DGRAM, 0);
    set_nonblocking(fresh, 1);
    CALL(recv(fresh, bytes, sizeof bytes, 0));
    CALL(recvfrom(fresh, bytes, sizeof bytes, 0, NULL, NULL));
    return done();
}
