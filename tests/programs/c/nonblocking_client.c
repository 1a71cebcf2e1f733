/* A client that never blocks: it connects, sends and receives when select says so. */
#include "transcript.h"

#define TOTAL 300000

static char sent_bytes[TOTAL], received_bytes[TOTAL];

int main(int argc, char **argv)
{
    struct sockaddr_in server = peer_address(argc, argv);
    int sent = 0, received = 0, position, error, length = sizeof error;
    fd_set readable, writable;
    SOCKET client;

    start_winsock();
    client = CALL_SOCKET(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    set_nonblocking(client, 1);
    for (position = 0; position < TOTAL; position++)
        sent_bytes[position] = (char)(position / 251);

    CALL(connect(client, (struct sockaddr *)&server, sizeof server));
    FD_ZERO(&writable);
    FD_SET(client, &writable);
    CALL(select(0, NULL, &writable, NULL, NULL));
    CALL(getsockopt(client, SOL_SOCKET, SO_ERROR, (char *)&error, &length));
    note_error("SO_ERROR", error);

    while (received < TOTAL) {
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        FD_SET(client, &readable);
        if (sent < TOTAL)
            FD_SET(client, &writable);
        NEEDED(select(0, &readable, &writable, NULL, NULL) > 0);
        if (FD_ISSET(client, &writable)) {
            int result = send(client, sent_bytes + sent, TOTAL - sent, 0);
            NEEDED(result > 0 || WSAGetLastError() == WSAEWOULDBLOCK);
            sent += result > 0 ? result : 0;
        }
        if (FD_ISSET(client, &readable)) {
            int result = recv(client, received_bytes + received, TOTAL - received, 0);
            NEEDED(result > 0);
            received += result;
        }
    }
    note("sent %d bytes, received %d, the same: %d", sent, received,
         memcmp(sent_bytes, received_bytes, TOTAL) == 0);
    CALL(recv(client, received_bytes, 1, 0));
    CALL(closesocket(client));
    return done();
}
