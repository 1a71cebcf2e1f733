/* Sends to a peer that has closed: success is not delivery. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    char bytes[10];
    int result, error;

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(send(peer, "bye", 3, 0));
    CALL(closesocket(peer));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL(send(stream, "into nothing", 12, 0));
    /* The answer to that is a reset, which takes a moment. */
    do {
        fd_set writable;
        struct timeval moment = {0, 1000};
        FD_ZERO(&writable);
        FD_SET(stream, &writable);
        select(0, NULL, &writable, NULL, &moment);
        result = send(stream, "x", 1, 0);
        error = WSAGetLastError();
    } while (result == 1);
    note("in the end the sends fail: %d", error == WSAECONNRESET || error == WSAECONNABORTED);
    CALL(closesocket(stream));
    return done();
}
