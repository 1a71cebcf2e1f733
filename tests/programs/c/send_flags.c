/* The flags of sends. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, datagram, other, fresh;
    char bytes[20];

    start_winsock();
    stream_pair(&stream, &peer);
    datagram_pair(&datagram, &other);
    note("MSG_DONTROUTE");
    CALL(send(stream, "0123456789", 10, MSG_DONTROUTE));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    CALL(send(datagram, "0123456789", 10, MSG_DONTROUTE));
    CALL(recv(other, bytes, sizeof bytes, 0));
    note("MSG_PARTIAL");
    CALL(send(stream, "a", 1, MSG_PARTIAL));
    CALL(send(datagram, "a", 1, MSG_PARTIAL));
    note("those of receives");
    CALL(send(stream, "a", 1, MSG_WAITALL));
    CALL(send(stream, "a", 1, MSG_PEEK));
    note("unknown ones");
    fresh = socket(AF_INET, SOCK_STREAM, 0);
    CALL(send(fresh, "a", 1, 0x4000));
    CALL(send(stream, "a", 1, 0x4000));
    return done();
}
