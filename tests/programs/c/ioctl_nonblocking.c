/* FIONBIO and FIONREAD. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, datagram, other, listener;
    u_long value = 1, count = 99;
    char bytes[10];

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(ioctlsocket(stream, FIONBIO, &value));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL(ioctlsocket(stream, FIONREAD, &count));
    note("to receive: %u", (unsigned)count);
    CALL(send(peer, "abcde", 5, 0));
    until_readable(stream);
    CALL(ioctlsocket(stream, FIONREAD, &count));
    note("to receive: %u", (unsigned)count);
    CALL(recv(stream, bytes, 2, 0));
    CALL(ioctlsocket(stream, FIONREAD, &count));
    note("to receive: %u", (unsigned)count);
    value = 0;
    CALL(ioctlsocket(stream, FIONBIO, &value));
    CALL(recv(stream, bytes, 3, 0));

    listener = listening_socket();
    value = 1;
    CALL(ioctlsocket(listener, FIONBIO, &value));
    CALL_SOCKET(accept(listener, NULL, NULL));
    datagram_pair(&datagram, &other);
    CALL(ioctlsocket(other, FIONBIO, &value));
    CALL(recv(other, bytes, sizeof bytes, 0));
    CALL(send(datagram, "abc", 3, 0));
    until_readable(other);
    CALL(ioctlsocket(other, FIONREAD, &count));
    note("to receive: %u", (unsigned)count);

    note("refused");
    CALL(ioctlsocket(stream, FIONBIO, NULL));
    CALL(ioctlsocket(stream, FIONREAD, NULL));
    CALL(ioctlsocket(stream, (long)0x8004667Du, &value));
    return done();
}
