/* The last error of the thread. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    start_winsock();

    WSASetLastError(WSAEFAULT);
    note_error("set", WSAGetLastError());
    note_error("read again", WSAGetLastError());
    WSASetLastError(12345);
    note_error("any number", WSAGetLastError());
    WSASetLastError(0);
    note_error("none", WSAGetLastError());

    CALL(closesocket(INVALID_SOCKET));
    note_error("a failure sets it", WSAGetLastError());
    CALL(bind(INVALID_SOCKET, NULL, 0));
    note_error("the next failure replaces it", WSAGetLastError());

    note("htonl does not touch it: %08x", (unsigned)htonl(0x01020304));
    note_error("still", WSAGetLastError());
    stream_pair(&stream, &peer);
    WSASetLastError(WSAEFAULT);
    if (send(stream, "a", 1, 0) == 1)
        note_error("after a send", WSAGetLastError());
    return done();
}
