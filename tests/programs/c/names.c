/* getsockname and getpeername in every state. */
#include "transcript.h"

static void names(const char *state, SOCKET socket)
{
    struct sockaddr_in address;
    int length = sizeof address;
    note("%s", state);
    if (CALL(getsockname(socket, (struct sockaddr *)&address, &length)) == 0)
        note("local %s, family %d, port %s, length %d", inet_ntoa(address.sin_addr), address.sin_family,
             address.sin_port ? "given" : "none", length);
    length = sizeof address;
    if (CALL(getpeername(socket, (struct sockaddr *)&address, &length)) == 0)
        note("peer %s, family %d, port %s, length %d", inet_ntoa(address.sin_addr), address.sin_family,
             address.sin_port ? "given" : "none", length);
}

int main(void)
{
    SOCKET stream, peer, datagram, other;
    struct sockaddr_in address, seen;
    int length;

    start_winsock();
    names("fresh stream", socket(AF_INET, SOCK_STREAM, 0));
    names("fresh datagram", socket(AF_INET, SOCK_DGRAM, 0));
    names("bound", bound_socket(SOCK_STREAM));
    names("listening", listening_socket());
    stream_pair(&stream, &peer);
    names("connected", stream);
    names("accepted", peer);
    datagram_pair(&datagram, &other);
    names("connected datagram", datagram);

    length = sizeof address;
    NEEDED(getpeername(stream, (struct sockaddr *)&address, &length) == 0);
    seen = local_address(peer);
    note("each is the other's peer: %d", address.sin_port == seen.sin_port);

    note("arguments");
    length = 4;
    CALL(getsockname(stream, (struct sockaddr *)&address, &length));
    length = sizeof address;
    CALL(getsockname(stream, NULL, &length));
    length = 4;
    CALL(getpeername(stream, (struct sockaddr *)&address, &length));
    note("a bigger room");
    {
        struct sockaddr_storage storage;
        length = sizeof storage;
        CALL(getsockname(stream, (struct sockaddr *)&storage, &length));
        note("length %d", length);
    }
    closesocket(peer);
    until_readable(stream);
    names("after the peer closed", stream);
    return done();
}
