/* WSAPoll: what is asked, what is answered, and what is refused. */
#include "transcript.h"

static void look(const char *what, SOCKET socket, short asked, int timeout)
{
    WSAPOLLFD one;
    int ready;
    one.fd = socket;
    one.events = asked;
    one.revents = 0;
    ready = WSAPoll(&one, 1, timeout);
    if (ready == SOCKET_ERROR)
        note("%s: SOCKET_ERROR, %s", what, error_name(WSAGetLastError()));
    else
        note("%s: %d%s%s%s%s%s%s", what, ready, one.revents & POLLRDNORM ? " POLLRDNORM" : "",
             one.revents & POLLRDBAND ? " POLLRDBAND" : "",
             one.revents & POLLWRNORM ? " POLLWRNORM" : "", one.revents & POLLERR ? " POLLERR" : "",
             one.revents & POLLHUP ? " POLLHUP" : "", one.revents & POLLNVAL ? " POLLNVAL" : "");
}

#define ALL (POLLIN | POLLOUT)

int main(void)
{
    SOCKET listener, client, server, datagrams, other;
    WSAPOLLFD pair[2];
    char byte = 0;

    start_winsock();
    CALL(WSAPoll(NULL, 0, 0));
    CALL(WSAPoll(NULL, 1, 0));

    listener = listening_socket();
    look("a listening socket", listener, ALL, 0);
    client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    connect_to(client, listener);
    look("a connection waits", listener, POLLIN, 10000);
    server = accept(listener, NULL, NULL);
    look("it was taken", listener, ALL, 0);
    look("connected", server, ALL, 0);
    look("nothing to read", server, POLLIN, 20);

    NEEDED(send(client, "data", 4, 0) == 4);
    look("data", server, POLLIN, 10000);
    look("data, and room", server, ALL, 0);
    NEEDED(recv(server, &byte, 1, 0) == 1);
    look("more data", server, POLLIN, 0);
    drain(server, 3, NULL);
    look("drained", server, ALL, 0);

    NEEDED(send(client, "!", 1, MSG_OOB) == 1);
    look("urgent data", server, POLLRDBAND, 10000);
    NEEDED(recv(server, &byte, 1, MSG_OOB) == 1);
    look("no more urgent data", server, ALL, 0);

    pair[0].fd = server;
    pair[0].events = POLLIN;
    pair[1].fd = client;
    pair[1].events = POLLOUT;
    CALL(WSAPoll(pair, 2, 0));
    note("%x %x", (unsigned)pair[0].revents, (unsigned)pair[1].revents);
    pair[0].fd = INVALID_SOCKET;
    CALL(WSAPoll(pair, 2, 0));
    note("%x %x", (unsigned)pair[0].revents, (unsigned)pair[1].revents);
    look("no socket", INVALID_SOCKET, POLLIN, 0);

    closesocket(client);
    look("the peer has closed", server, 0, 10000);
    closesocket(server);

    datagrams = bound_socket(SOCK_DGRAM);
    other = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    look("a datagram socket", datagrams, ALL, 0);
    look("one that is not bound", other, ALL, 0);
    {
        struct sockaddr_in address = local_address(datagrams);
        NEEDED(sendto(other, "d", 1, 0, (struct sockaddr *)&address, sizeof address) == 1);
    }
    look("a datagram", datagrams, POLLIN, 10000);
    look("a datagram, and room", datagrams, ALL, 0);
    closesocket(datagrams);
    closesocket(other);
    closesocket(listener);
    CALL(WSACleanup());
    return done();
}
