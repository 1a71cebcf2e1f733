/* The iterative, blocking echo server: one client after the other. */
#include "transcript.h"

int main(void)
{
    SOCKET listener;
    int number;

    start_winsock();
    listener = listening_socket();
    fprintf(stderr, "listening on port %u\n", ntohs(local_address(listener).sin_port));

    for (number = 1; number <= 3; number++) {
        struct sockaddr_in client;
        int length = sizeof client, echoed = 0, received;
        char bytes[256];
        SOCKET connection = accept(listener, (struct sockaddr *)&client, &length);
        NEEDED(connection != INVALID_SOCKET);
        note("client %d from %s, %d bytes of address", number, inet_ntoa(client.sin_addr), length);
        while ((received = recv(connection, bytes, sizeof bytes, 0)) > 0) {
            int sent = send(connection, bytes, received, 0);
            NEEDED(sent == received);
            echoed += sent;
        }
        note("the end of client %d after %d bytes: %d", number, echoed, received);
        CALL(shutdown(connection, SD_BOTH));
        CALL(closesocket(connection));
    }
    CALL(closesocket(listener));
    CALL(WSACleanup());
    return done();
}
