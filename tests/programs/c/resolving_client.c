/* The client of newer textbooks: getaddrinfo, then every address until one connects. */
#include "transcript.h"

int main(int argc, char **argv)
{
    struct sockaddr_in server = peer_address(argc, argv);
    struct addrinfo hints, *found, *next;
    char host[64], port[8], answer[100];
    SOCKET client = INVALID_SOCKET;
    int received;

    start_winsock();
    strcpy(host, inet_ntoa(server.sin_addr));
    sprintf(port, "%u", ntohs(server.sin_port));
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    hints.ai_flags = AI_NUMERICHOST;
    CALL(getaddrinfo(host, port, &hints, &found));
    for (next = found; next != NULL; next = next->ai_next) {
        note("family %d, type %d, protocol %d, %d bytes of address", next->ai_family,
             next->ai_socktype, next->ai_protocol, (int)next->ai_addrlen);
        client = socket(next->ai_family, next->ai_socktype, next->ai_protocol);
        NEEDED(client != INVALID_SOCKET);
        if (CALL(connect(client, next->ai_addr, (int)next->ai_addrlen)) == 0)
            break;
        closesocket(client);
    }
    freeaddrinfo(found);
    CALL(send(client, "hello", 5, 0));
    received = CALL(recv(client, answer, 5, MSG_WAITALL));
    note("%.*s", received, answer);
    CALL(closesocket(client));
    return done();
}
