/* Datagram sockets with and without a default peer. */
#include "transcript.h"

int main(void)
{
    SOCKET datagram, first, second, nobody;
    struct sockaddr_in address, from;
    int length = sizeof from, number, succeeded = 0;
    char bytes[10];

    start_winsock();
    note("without a peer");
    datagram = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(send(datagram, "a", 1, 0));
    closesocket(datagram);
    datagram = bound_socket(SOCK_DGRAM);
    CALL(send(datagram, "a", 1, 0));

    note("with one");
    first = bound_socket(SOCK_DGRAM);
    second = bound_socket(SOCK_DGRAM);
    connect_to(datagram, first);
    CALL(send(datagram, "abc", 3, 0));
    CALL(send(datagram, "de", 2, 0));
    CALL(recv(first, bytes, sizeof bytes, 0));
    CALL(recvfrom(first, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length));
    note("from the sender: %d, length %d", from.sin_port == local_address(datagram).sin_port, length);

    note("with another");
    connect_to(datagram, second);
    CALL(send(datagram, "f", 1, 0));
    CALL(recv(second, bytes, sizeof bytes, 0));
    note("nothing for the first: %d", !is_readable(first));

    note("to somebody else for once");
    address = local_address(first);
    CALL(sendto(datagram, "gh", 2, 0, (struct sockaddr *)&address, sizeof address));
    CALL(recv(first, bytes, sizeof bytes, 0));
    CALL(send(datagram, "i", 1, 0));
    CALL(recv(second, bytes, sizeof bytes, 0));

    note("only the peer is heard");
    address = local_address(datagram);
    CALL(sendto(first, "x", 1, 0, (struct sockaddr *)&address, sizeof address));
    CALL(sendto(second, "yz", 2, 0, (struct sockaddr *)&address, sizeof address));
    CALL(recv(datagram, bytes, sizeof bytes, 0));

    note("to a port that nobody uses");
    nobody = bound_socket(SOCK_DGRAM);
    connect_to(datagram, nobody);
    closesocket(nobody);
    for (number = 0; number < 10; number++)
        succeeded += send(datagram, "a", 1, 0) == 1;
    note("all %d sends succeed: %d", number, succeeded == number);
    return done();
}
