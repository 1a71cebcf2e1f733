/* Options of datagram sockets. */
#include "transcript.h"

int main(void)
{
    SOCKET datagram;
    struct linger linger = {1, 1};
    int value = 0, length = sizeof value, linger_length = sizeof linger, on = 1;
    unsigned size = 0;
    int size_length = sizeof size;

    start_winsock();
    datagram = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    CALL(getsockopt(datagram, SOL_SOCKET, SO_TYPE, (char *)&value, &length));
    note("SO_TYPE is SOCK_DGRAM: %d", value == SOCK_DGRAM);
    CALL(getsockopt(datagram, SOL_SOCKET, SO_MAX_MSG_SIZE, (char *)&size, &size_length));
    note("SO_MAX_MSG_SIZE is at least 65507: %d, length %d", size >= 65507, size_length);
    CALL(setsockopt(datagram, SOL_SOCKET, SO_MAX_MSG_SIZE, (char *)&size, sizeof size));

    CALL(getsockopt(datagram, SOL_SOCKET, SO_BROADCAST, (char *)&value, &length));
    note("SO_BROADCAST %d", value != 0);
    CALL(setsockopt(datagram, SOL_SOCKET, SO_BROADCAST, (char *)&on, sizeof on));
    CALL(getsockopt(datagram, SOL_SOCKET, SO_BROADCAST, (char *)&value, &length));
    note("SO_BROADCAST %d", value != 0);

    CALL(setsockopt(datagram, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    CALL(getsockopt(datagram, SOL_SOCKET, SO_LINGER, (char *)&linger, &linger_length));
    CALL(getsockopt(datagram, SOL_SOCKET, SO_DONTLINGER, (char *)&value, &length));
    CALL(setsockopt(datagram, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on));
    CALL(getsockopt(datagram, SOL_SOCKET, SO_ERROR, (char *)&value, &length));
    note("SO_ERROR %d", value);
    return done();
}
