/* The peer resets the connection while this end has bytes under way. */
#include "transcript.h"

int main(int argc, char **argv)
{
    struct sockaddr_in peer = peer_address(argc, argv);
    SOCKET client;
    int error, length = sizeof error;

    start_winsock();
    client = CALL_SOCKET(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    CALL(connect(client, (struct sockaddr *)&peer, sizeof peer));
    CALL(send(client, "closed without being read", 25, 0));
    until_readable(client);
    CALL(send(client, "more", 4, 0));
    CALL(getsockopt(client, SOL_SOCKET, SO_ERROR, (char *)&error, &length));
    note_error("SO_ERROR", error);
    CALL(shutdown(client, SD_SEND));
    CALL(closesocket(client));
    return done();
}
