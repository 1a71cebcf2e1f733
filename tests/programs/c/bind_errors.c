/* bind and listen. */
#include "transcript.h"

int main(void)
{
    SOCKET first, second, fresh, stream, peer;
    struct sockaddr_in address, elsewhere;

    start_winsock();
    first = bound_socket(SOCK_STREAM);
    address = local_address(first);
    NEEDED(listen(first, 5) == 0);
    note("an address in use");
    second = socket(AF_INET, SOCK_STREAM, 0);
    CALL(bind(second, (struct sockaddr *)&address, sizeof address));
    note("bound twice");
    address = loopback(0);
    CALL(bind(first, (struct sockaddr *)&address, sizeof address));
    note("an address of another host");
    elsewhere = loopback(0);
    elsewhere.sin_addr.s_addr = inet_addr("192.0.2.1");
    CALL(bind(second, (struct sockaddr *)&elsewhere, sizeof elsewhere));
    note("arguments");
    CALL(bind(second, NULL, sizeof address));
    CALL(bind(second, (struct sockaddr *)&address, 4));
    address.sin_family = 99;
    CALL(bind(second, (struct sockaddr *)&address, sizeof address));
    note("still fresh: it can be bound");
    address = loopback(0);
    CALL(bind(second, (struct sockaddr *)&address, sizeof address));

    note("listen");
    fresh = socket(AF_INET, SOCK_STREAM, 0);
    CALL(listen(fresh, 5));
    CALL(listen(first, 5));
    CALL(listen(bound_socket(SOCK_DGRAM), 5));
    stream_pair(&stream, &peer);
    CALL(listen(stream, 5));
    note("accept");
    CALL_SOCKET(accept(fresh, NULL, NULL));
    CALL_SOCKET(accept(bound_socket(SOCK_STREAM), NULL, NULL));
    CALL_SOCKET(accept(bound_socket(SOCK_DGRAM), NULL, NULL));
    return done();
}
