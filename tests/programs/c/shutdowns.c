/* The ways of shutdown, and what each leaves possible. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer, fresh, datagram, other;
    struct sockaddr_in address;
    WSAOVERLAPPED overlapped;
    WSABUF buffer = {1, "a"};
    char bytes[10];

    start_winsock();
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();

    note("sending");
    stream_pair(&stream, &peer);
    CALL(send(stream, "last", 4, 0));
    CALL(shutdown(stream, 3));
    CALL(shutdown(stream, SD_SEND));
    CALL(shutdown(stream, SD_SEND));
    CALL(send(stream, "a", 1, 0));
    CALL(WSASend(stream, &buffer, 1, NULL, 0, &overlapped, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 0, FALSE));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    CALL(send(peer, "the other way", 13, 0));
    CALL(recv(stream, bytes, 3, 0));
    CALL(closesocket(stream));
    CALL(closesocket(peer));

    note("receiving");
    stream_pair(&stream, &peer);
    CALL(shutdown(stream, SD_RECEIVE));
    CALL(send(stream, "a", 1, 0));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    closesocket(stream);
    closesocket(peer);

    note("both");
    stream_pair(&stream, &peer);
    CALL(shutdown(stream, SD_BOTH));
    CALL(send(stream, "a", 1, 0));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL(recv(peer, bytes, sizeof bytes, 0));

    note("unconnected");
    fresh = socket(AF_INET, SOCK_STREAM, 0);
    CALL(shutdown(fresh, SD_SEND));
    CALL(shutdown(fresh, SD_BOTH));
    CALL(shutdown(listening_socket(), SD_SEND));
    CALL(shutdown(socket(AF_INET, SOCK_DGRAM, 0), SD_SEND));

    note("datagrams");
    datagram_pair(&datagram, &other);
    address = local_address(other);
    CALL(shutdown(datagram, SD_SEND));
    CALL(send(datagram, "a", 1, 0));
    CALL(sendto(datagram, "a", 1, 0, (struct sockaddr *)&address, sizeof address));
    return done();
}
