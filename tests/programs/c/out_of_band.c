/* Urgent data beside the stream. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, datagram, other;
    fd_set exceptional;
    struct timeval limit = {10, 0};
    char bytes[10];
    u_long at_mark;

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(send(stream, "ab", 2, 0));
    CALL(send(stream, "X", 1, MSG_OOB));
    CALL(send(stream, "cd", 2, 0));

    FD_ZERO(&exceptional);
    FD_SET(peer, &exceptional);
    CALL(select(0, NULL, NULL, &exceptional, &limit));
    CALL(ioctlsocket(peer, SIOCATMARK, &at_mark));
    memset(bytes, 0, sizeof bytes);
    CALL(recv(peer, bytes, 1, MSG_OOB));
    note("urgent: %s", bytes);
    CALL(recv(peer, bytes, 2, MSG_WAITALL));
    CALL(recv(peer, bytes + 2, 2, MSG_WAITALL));
    note("the stream: %s", bytes);

    note("several bytes: the last is the urgent one");
    CALL(send(stream, "efg", 3, MSG_OOB));
    FD_ZERO(&exceptional);
    FD_SET(peer, &exceptional);
    CALL(select(0, NULL, NULL, &exceptional, &limit));
    memset(bytes, 0, sizeof bytes);
    CALL(recv(peer, bytes, sizeof bytes, MSG_OOB));
    note("urgent: %s", bytes);
    memset(bytes, 0, sizeof bytes);
    CALL(recv(peer, bytes, 2, MSG_WAITALL));
    note("the stream: %s", bytes);

    note("datagrams have none");
    datagram_pair(&datagram, &other);
    CALL(send(datagram, "a", 1, MSG_OOB));
    note("nothing arrived: %d", !is_readable(other));
    return done();
}
