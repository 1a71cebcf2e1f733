/* select and the macros of its sets. */
#include "transcript.h"

static fd_set readable, writable, exceptional;

static void choose(SOCKET a, SOCKET b)
{
    struct timeval soon = {0, 50000};
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&exceptional);
    FD_SET(a, &readable);
    FD_SET(b, &readable);
    FD_SET(a, &exceptional);
    FD_SET(b, &exceptional);
    CALL(select(0, &readable, NULL, &exceptional, &soon));
    note("first readable %d, exceptional %d; second readable %d, exceptional %d",
         FD_ISSET(a, &readable) != 0, FD_ISSET(a, &exceptional) != 0,
         FD_ISSET(b, &readable) != 0, FD_ISSET(b, &exceptional) != 0);
}

int main(void)
{
    SOCKET stream, peer, listener, client, nobody, closed;
    struct timeval now = {0, 0}, limit = {10, 0};
    struct sockaddr_in address;
    char bytes[10];

    start_winsock();
    note("the macros");
    stream_pair(&stream, &peer);
    FD_ZERO(&readable);
    FD_SET(stream, &readable);
    FD_SET(stream, &readable);
    note("once although set twice: %u", (unsigned)readable.fd_count);
    FD_SET(peer, &readable);
    FD_CLR(stream, &readable);
    note("left %u, first in it: %d, second: %d", (unsigned)readable.fd_count,
         FD_ISSET(stream, &readable) != 0, FD_ISSET(peer, &readable) != 0);

    note("a quiet pair");
    choose(stream, peer);
    note("something to receive");
    CALL(send(stream, "a", 1, 0));
    until_readable(peer);
    choose(stream, peer);
    CALL(recv(peer, bytes, sizeof bytes, 0));
    note("room to send");
    FD_ZERO(&writable);
    FD_SET(stream, &writable);
    FD_SET(peer, &writable);
    CALL(select(0, NULL, &writable, NULL, &limit));
    stall(stream);
    FD_ZERO(&writable);
    FD_SET(stream, &writable);
    FD_SET(peer, &writable);
    CALL(select(0, NULL, &writable, NULL, &now));
    note("the one that is stalled %d, the other %d", FD_ISSET(stream, &writable) != 0, FD_ISSET(peer, &writable) != 0);
    note("the end of the stream");
    stream_pair(&stream, &peer);
    CALL(shutdown(peer, SD_SEND));
    until_readable(stream);
    choose(stream, peer);

    note("a connection to accept");
    listener = listening_socket();
    client = socket(AF_INET, SOCK_STREAM, 0);
    choose(listener, client);
    connect_to(client, listener);
    until_readable(listener);
    choose(listener, client);
    note("a connection that is refused");
    nobody = bound_socket(SOCK_STREAM);
    address = local_address(nobody);
    closesocket(nobody);
    client = socket(AF_INET, SOCK_STREAM, 0);
    set_nonblocking(client, 1);
    CALL(connect(client, (struct sockaddr *)&address, sizeof address));
    FD_ZERO(&writable);
    FD_ZERO(&exceptional);
    FD_SET(client, &writable);
    FD_SET(client, &exceptional);
    CALL(select(0, NULL, &writable, &exceptional, &limit));
    note("writable %d, exceptional %d", FD_ISSET(client, &writable) != 0, FD_ISSET(client, &exceptional) != 0);

    note("refused calls");
    CALL(select(0, NULL, NULL, NULL, &now));
    FD_ZERO(&readable);
    CALL(select(0, &readable, NULL, NULL, &now));
    closed = socket(AF_INET, SOCK_STREAM, 0);
    closesocket(closed);
    FD_SET(closed, &readable);
    CALL(select(0, &readable, NULL, NULL, &now));
    return done();
}
