/* Sends datagrams to an echo service, connected and not. */
#include "transcript.h"

int main(int argc, char **argv)
{
    struct sockaddr_in server = peer_address(argc, argv), from;
    int length = sizeof from, received;
    char bytes[100];
    SOCKET client;

    start_winsock();
    client = CALL_SOCKET(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP));
    CALL(sendto(client, "unconnected", 11, 0, (struct sockaddr *)&server, sizeof server));
    received = recvfrom(client, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
    note("received %d bytes: %.*s", received, received, bytes);
    note("from the server: %d, %d bytes of address",
         from.sin_port == server.sin_port && from.sin_addr.s_addr == server.sin_addr.s_addr, length);

    CALL(connect(client, (struct sockaddr *)&server, sizeof server));
    CALL(send(client, "connected", 9, 0));
    received = CALL(recv(client, bytes, sizeof bytes, 0));
    note("%.*s", received, bytes);
    CALL(send(client, "", 0, 0));
    CALL(recv(client, bytes, sizeof bytes, 0));
    CALL(closesocket(client));
    return done();
}
