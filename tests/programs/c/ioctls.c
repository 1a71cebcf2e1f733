/* WSAIoctl: what it does as ioctlsocket does, and what it refuses. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    u_long value = 1, count = 99;
    DWORD returned = 0xDEAD;
    char bytes[10];

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(WSAIoctl(stream, FIONBIO, &value, sizeof value, NULL, 0, &returned, NULL, NULL));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL(send(peer, "abc", 3, 0));
    until_readable(stream);
    CALL(WSAIoctl(stream, FIONREAD, NULL, 0, &count, sizeof count, &returned, NULL, NULL));
    note("to receive: %u, returned %u", (unsigned)count, (unsigned)returned);

    note("refused");
    CALL(WSAIoctl(stream, _WSAIO(IOC_WS2, 4), NULL, 0, NULL, 0, &returned, NULL, NULL));
    CALL(WSAIoctl(stream, _WSAIO(IOC_WS2, 99), NULL, 0, NULL, 0, &returned, NULL, NULL));
    CALL(WSAIoctl(INVALID_SOCKET, FIONBIO, &value, sizeof value, NULL, 0, &returned, NULL, NULL));
    CALL(WSAIoctl(stream, FIONREAD, NULL, 0, NULL, 0, &returned, NULL, NULL));
    CALL(WSAIoctl(stream, FIONREAD, NULL, 0, &count, 1, &returned, NULL, NULL));
    CALL(WSAIoctl(stream, FIONBIO, NULL, 0, NULL, 0, &returned, NULL, NULL));
    return done();
}
