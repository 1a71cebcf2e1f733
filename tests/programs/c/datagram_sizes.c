/* The largest datagram, one byte more, and receives with too little room. */
#include "transcript.h"

static char bytes[70000], arrived[70000];

int main(void)
{
    SOCKET datagram, other;
    int size = 262144, received;
    WSABUF buffer = {5, NULL};
    DWORD count = 0, flags = 0;

    start_winsock();
    datagram_pair(&datagram, &other);
    setsockopt(datagram, SOL_SOCKET, SO_SNDBUF, (char *)&size, sizeof size);
    setsockopt(other, SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof size);
    memset(bytes, 'd', sizeof bytes);

    CALL(send(datagram, bytes, 65507, 0));
    received = CALL(recv(other, arrived, sizeof arrived, 0));
    note("the same: %d", received == 65507 && memcmp(bytes, arrived, 65507) == 0);
    CALL(send(datagram, bytes, 65508, 0));
    CALL(send(datagram, bytes, 70000, 0));
    CALL(send(datagram, "small", 5, 0));
    CALL(recv(other, arrived, sizeof arrived, 0));
    note("no more: %d", !is_readable(other));

    note("too little room");
    CALL(send(datagram, "0123456789", 10, 0));
    CALL(send(datagram, "next", 4, 0));
    CALL(recv(other, arrived, 4, 0));
    note("what fits: %.4s", arrived);
    CALL(recv(other, arrived, 4, 0));
    note("the next: %.4s", arrived);
    CALL(send(datagram, "0123456789", 10, 0));
    buffer.buf = arrived;
    CALL(WSARecv(other, &buffer, 1, &count, &flags, NULL, NULL));
    note("what fits: %.5s", arrived);
    return done();
}
