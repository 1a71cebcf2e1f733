/* Options in more and in fewer bytes than they have. */
#include "transcript.h"

static SOCKET stream, datagram;

static void lengths(const char *name, SOCKET s, int level, int option)
{
    static const int given[] = {8, 4, 2, 1, 0, -1};
    size_t row;
    note("%s", name);
    for (row = 0; row < sizeof given / sizeof *given; row++) {
        int value[2] = {1, -1}, length = given[row];
        note("in %d bytes", given[row]);
        CALL(setsockopt(s, level, option, (char *)value, given[row]));
        value[0] = 0x5a5a5a5a;
        CALL(getsockopt(s, level, option, (char *)value, &length));
        note("length %d", length);
    }
}

int main(void)
{
    WSAPROTOCOL_INFOA info;
    int value = 0, length = 10;

    start_winsock();
    stream = socket(AF_INET, SOCK_STREAM, 0);
    datagram = socket(AF_INET, SOCK_DGRAM, 0);
    lengths("SO_BROADCAST", datagram, SOL_SOCKET, SO_BROADCAST);
    lengths("SO_OOBINLINE", stream, SOL_SOCKET, SO_OOBINLINE);
    lengths("SO_KEEPALIVE", stream, SOL_SOCKET, SO_KEEPALIVE);
    lengths("SO_DONTROUTE", stream, SOL_SOCKET, SO_DONTROUTE);
    lengths("SO_RCVTIMEO", stream, SOL_SOCKET, SO_RCVTIMEO);
    lengths("TCP_NODELAY", stream, IPPROTO_TCP, TCP_NODELAY);

    note("one byte of a flag counts");
    value = 0x100;
    CALL(setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof value));
    length = sizeof value;
    CALL(getsockopt(stream, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &length));
    note("TCP_NODELAY %d", value & 0xff);
    CALL(setsockopt(stream, SOL_SOCKET, SO_OOBINLINE, (char *)&value, sizeof value));

    note("the length that is wanted");
    length = 10;
    CALL(getsockopt(stream, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info, &length));
    note("%d", length == sizeof info);
    length = 2 * sizeof info;
    CALL(getsockopt(stream, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info, &length));

    note("small numbers for pointers");
    CALL(setsockopt(stream, SOL_SOCKET, SO_DONTROUTE, (char *)1, 1));
    CALL(ioctlsocket(stream, FIONBIO, (u_long *)1));

    note("options that only are remembered");
    length = sizeof value;
    CALL(getsockopt(stream, SOL_SOCKET, SO_DEBUG, (char *)&value, &length));
    note("SO_DEBUG %d", value);
    value = 1;
    CALL(setsockopt(stream, SOL_SOCKET, SO_DEBUG, (char *)&value, sizeof value));
    value = 1234;
    CALL(setsockopt(stream, SOL_SOCKET, SO_ERROR, (char *)&value, sizeof value));
    CALL(setsockopt(datagram, SOL_SOCKET, SO_TYPE, (char *)&value, sizeof value));
    return done();
}
