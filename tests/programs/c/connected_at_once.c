/* A connection that was accepted is seen by the next call, without any wait. */
#include "transcript.h"

int main(void)
{
    SOCKET listener, client, served;
    struct sockaddr_in address, peer;
    fd_set writable;
    struct timeval limit = {10, 0};
    int round, selected = 0, sent = 0, connected = 0, named = 0;

    start_winsock();
    listener = listening_socket();
    address = local_address(listener);
    for (round = 0; round < 60; round++) {
        int length = sizeof peer;
        client = socket(AF_INET, SOCK_STREAM, 0);
        NEEDED(client != INVALID_SOCKET);
        set_nonblocking(client, 1);
        NEEDED(connect(client, (struct sockaddr *)&address, sizeof address) == SOCKET_ERROR);
        named += getpeername(client, (struct sockaddr *)&peer, &length) == 0;
        served = accept(listener, NULL, NULL);
        NEEDED(served != INVALID_SOCKET);
        if (round % 3 == 0) {
            FD_ZERO(&writable);
            FD_SET(client, &writable);
            FD_SET(served, &writable);
            NEEDED(select(0, NULL, &writable, NULL, &limit) > 0);
            selected += FD_ISSET(client, &writable) != 0;
        } else if (round % 3 == 1) {
            sent += send(client, "x", 1, 0) == 1;
        } else {
            connected += connect(client, (struct sockaddr *)&address, sizeof address) == SOCKET_ERROR &&
                         WSAGetLastError() == WSAEISCONN;
        }
        closesocket(client);
        closesocket(served);
    }
    note("selected %d, sent %d, connected %d, named %d", selected, sent, connected, named);
    return done();
}
