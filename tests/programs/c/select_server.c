/* An echo server for several clients at a time, with select. */
#include "transcript.h"

#define CLIENTS 3

int main(void)
{
    SOCKET listener, connections[CLIENTS];
    int accepted = 0, closed = 0, echoed[CLIENTS] = {0};

    start_winsock();
    listener = listening_socket();
    set_nonblocking(listener, 1);
    fprintf(stderr, "listening on port %u\n", ntohs(local_address(listener).sin_port));

    while (closed < CLIENTS) {
        fd_set readable;
        int number;
        FD_ZERO(&readable);
        if (accepted < CLIENTS)
            FD_SET(listener, &readable);
        for (number = 0; number < accepted; number++)
            if (connections[number] != INVALID_SOCKET)
                FD_SET(connections[number], &readable);
        NEEDED(select(0, &readable, NULL, NULL, NULL) > 0);

        for (number = 0; number < accepted; number++) {
            char bytes[256];
            int received;
            if (connections[number] == INVALID_SOCKET || !FD_ISSET(connections[number], &readable))
                continue;
            received = recv(connections[number], bytes, sizeof bytes, 0);
            NEEDED(received >= 0);
            if (received > 0) {
                NEEDED(send(connections[number], bytes, received, 0) == received);
                echoed[number] += received;
                continue;
            }
            note("client %d ended after %d bytes", number, echoed[number]);
            closesocket(connections[number]);
            connections[number] = INVALID_SOCKET;
            closed++;
        }
        if (accepted < CLIENTS && FD_ISSET(listener, &readable)) {
            connections[accepted] = accept(listener, NULL, NULL);
            NEEDED(connections[accepted] != INVALID_SOCKET);
            note("client %d accepted", accepted);
            accepted++;
        }
    }
    CALL_SOCKET(accept(listener, NULL, NULL));
    CALL(closesocket(listener));
    CALL(WSACleanup());
    return done();
}
