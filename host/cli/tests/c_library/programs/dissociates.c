/* A datagram socket that loses its default peer keeps its local port, and receives on it. */
#include "../case.h"

static u_short port_of(SOCKET s) {
    struct sockaddr_in address;
    int length = sizeof address;
    EXPECT(getsockname(s, (struct sockaddr *)&address, &length) == 0);
    return address.sin_port;
}

static void keeps_its_port(BOOL bound, const struct sockaddr *nobody, int length) {
    struct pair pair = datagram_pair();
    struct sockaddr_in to = {.sin_family = AF_INET};
    SOCKET s = new_socket(SOCK_DGRAM, WSA_FLAG_OVERLAPPED);
    u_short port;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bound)
        EXPECT(bind(s, (struct sockaddr *)&to, sizeof to) == 0);
    to.sin_port = port_of(pair.b);
    EXPECT(connect(s, (struct sockaddr *)&to, sizeof to) == 0);
    port = port_of(s);
    EXPECT(port != 0 && connect(s, nobody, length) == 0);
    EXPECT(port_of(s) == port);
    EXPECT(send(s, "x", 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAENOTCONN);
    to.sin_port = port;
    EXPECT(sendto(pair.a, "hello", 5, 0, (struct sockaddr *)&to, sizeof to) == 5);
    expect_received(s, "hello", 5);
}

int main(void) {
    struct sockaddr_in null = {.sin_family = AF_INET};
    struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
    start();
    keeps_its_port(TRUE, (struct sockaddr *)&null, sizeof null);
    keeps_its_port(TRUE, &unspecified, sizeof unspecified);
    keeps_its_port(FALSE, (struct sockaddr *)&null, sizeof null);
    return 0;
}
