/* What an accepted socket has from its listener. */
#include "transcript.h"

int main(void)
{
    SOCKET listener, client, accepted;
    int on = 1, size = 16384, value, length = sizeof value;
    struct linger linger = {1, 7};
    int linger_length = sizeof linger;
    struct sockaddr_in address;
    int address_length = sizeof address;
    char byte;

    start_winsock();
    listener = listening_socket();
    NEEDED(setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, (char *)&on, sizeof on) == 0);
    NEEDED(setsockopt(listener, SOL_SOCKET, SO_SNDBUF, (char *)&size, sizeof size) == 0);
    NEEDED(setsockopt(listener, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    set_nonblocking(listener, 1);
    CALL_SOCKET(accept(listener, NULL, NULL));
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, listener);
    until_readable(listener);
    accepted = CALL_SOCKET(accept(listener, (struct sockaddr *)&address, &address_length));
    note("from %s, length %d, the client's port: %d", inet_ntoa(address.sin_addr), address_length,
         address.sin_port == local_address(client).sin_port);

    note("nonblocking");
    CALL(recv(accepted, &byte, 1, 0));
    NEEDED(getsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &length) == 0);
    note("SO_KEEPALIVE %d", *(char *)&value);
    length = sizeof value;
    NEEDED(getsockopt(accepted, SOL_SOCKET, SO_SNDBUF, (char *)&value, &length) == 0);
    note("SO_SNDBUF %d", value);
    memset(&linger, 0, sizeof linger);
    NEEDED(getsockopt(accepted, SOL_SOCKET, SO_LINGER, (char *)&linger, &linger_length) == 0);
    note("SO_LINGER %d, %d s", linger.l_onoff, linger.l_linger);
    note("not the listening itself");
    length = sizeof value;
    NEEDED(getsockopt(accepted, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &length) == 0);
    note("SO_ACCEPTCONN %d", value);
    CALL_SOCKET(accept(accepted, NULL, NULL));

    note("overlapped sends work on it");
    {
        WSAOVERLAPPED overlapped;
        WSABUF buffer = {1, "a"};
        memset(&overlapped, 0, sizeof overlapped);
        CALL_OVERLAPPED(WSASend(accepted, &buffer, 1, NULL, 0, &overlapped, NULL));
        CALL(recv(client, &byte, 1, 0));
    }
    return done();
}
