/* The same over IPv6. */
#include "transcript.h"

int main(void)
{
    SOCKET listener, client, accepted, four;
    struct sockaddr_in6 address, from;
    struct sockaddr_in wrong = loopback(9);
    int length = sizeof address;
    char bytes[10], text[64];

    start_winsock();
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    address.sin6_addr.s6_addr[15] = 1;
    listener = CALL_SOCKET(socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP));
    CALL(bind(listener, (struct sockaddr *)&address, sizeof address));
    CALL(listen(listener, 1));
    CALL(getsockname(listener, (struct sockaddr *)&address, &length));
    note("%s, length %d, a port: %d", inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text), length,
         address.sin6_port != 0);
    client = CALL_SOCKET(socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP));
    CALL(connect(client, (struct sockaddr *)&wrong, sizeof wrong));
    CALL(connect(client, (struct sockaddr *)&address, sizeof(struct sockaddr_in)));
    CALL(connect(client, (struct sockaddr *)&address, sizeof address));
    length = sizeof from;
    accepted = CALL_SOCKET(accept(listener, (struct sockaddr *)&from, &length));
    note("%s, length %d", inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text), length);
    CALL(send(client, "six", 3, 0));
    CALL(recv(accepted, bytes, sizeof bytes, 0));

    four = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    CALL(connect(four, (struct sockaddr *)&address, sizeof address));
    return done();
}
