/* What getsockopt and setsockopt refuse. */
#include "transcript.h"

int main(void)
{
    SOCKET stream;
    int value = 1, length = sizeof value;
    BYTE byte = 7;

    start_winsock();
    stream = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    note("unknown");
    CALL(getsockopt(stream, SOL_SOCKET, 0x7777, (char *)&value, &length));
    CALL(setsockopt(stream, SOL_SOCKET, 0x7777, (char *)&value, sizeof value));
    CALL(getsockopt(stream, 0x1234, 1, (char *)&value, &length));
    CALL(setsockopt(stream, 0x1234, 1, (char *)&value, sizeof value));
    note("missing");
    CALL(getsockopt(stream, SOL_SOCKET, SO_TYPE, NULL, &length));
    CALL(getsockopt(stream, SOL_SOCKET, SO_TYPE, (char *)&value, NULL));
    CALL(setsockopt(stream, SOL_SOCKET, SO_KEEPALIVE, NULL, sizeof value));
    note("too short");
    length = 1;
    CALL(getsockopt(stream, SOL_SOCKET, SO_SNDBUF, (char *)&value, &length));
    CALL(setsockopt(stream, SOL_SOCKET, SO_SNDBUF, (char *)&value, 1));
    CALL(setsockopt(stream, SOL_SOCKET, SO_LINGER, (char *)&value, 1));
    note("a flag in one byte");
    length = 1;
    CALL(setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, (char *)&byte, 1));
    CALL(getsockopt(stream, IPPROTO_TCP, TCP_NODELAY, (char *)&byte, &length));
    note("value %d, length %d", byte, length);
    note("for reading only");
    CALL(setsockopt(stream, SOL_SOCKET, SO_TYPE, (char *)&value, sizeof value));
    CALL(setsockopt(stream, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, sizeof value));
    return done();
}
