/* accept with an address and no length, and the other way round: there is nothing to tell. */
#include "transcript.h"

int main(void)
{
    SOCKET listener, client;
    struct sockaddr_in address, peer;
    int length = sizeof peer, round;

    start_winsock();
    listener = listening_socket();
    address = local_address(listener);
    memset(&peer, 0, sizeof peer);
    for (round = 0; round < 4; round++) {
        client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
        NEEDED(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
        if (round == 0)
            CALL_SOCKET(accept(listener, (struct sockaddr *)&peer, NULL));
        else if (round == 1)
            CALL_SOCKET(WSAAccept(listener, (struct sockaddr *)&peer, NULL, NULL, 0));
        else if (round == 2)
            CALL_SOCKET(accept(listener, NULL, &length));
        else
            CALL_SOCKET(accept(listener, (struct sockaddr *)&peer, &length));
        note("family: %d", peer.sin_family);
    }
    return done();
}
