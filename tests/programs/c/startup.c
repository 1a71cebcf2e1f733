/* WSAStartup and WSACleanup: versions, counting, and what is left after the last cleanup. */
#include "transcript.h"

static void versions(BYTE major, BYTE minor)
{
    WSADATA data;
    memset(&data, 0, sizeof data);
    if (WSAStartup(MAKEWORD(major, minor), &data) == 0) {
        note("asked for %d.%d", major, minor);
        NEEDED(WSACleanup() == 0);
    } else {
        note("asked for %d.%d: refused", major, minor);
    }
    note("version %d.%d, highest %d.%d, sockets %u, datagram %u", LOBYTE(data.wVersion), HIBYTE(data.wVersion),
         LOBYTE(data.wHighVersion), HIBYTE(data.wHighVersion), data.iMaxSockets, data.iMaxUdpDg);
}

int main(void)
{
    WSADATA data;
    SOCKET left_open;
    int result;

    /* Before the first start. */
    CALL(WSACleanup());
    CALL_SOCKET(socket(AF_INET, SOCK_STREAM, 0));

    versions(2, 2);
    versions(2, 0);
    versions(2, 1);
    versions(2, 3);
    versions(1, 0);
    versions(1, 1);
    versions(1, 2);
    versions(3, 1);
    versions(0, 0);
    /* The result is the error itself. */
    result = WSAStartup(MAKEWORD(0, 0), &data);
    note_error("WSAStartup for 0.0", result);
    result = WSAStartup(MAKEWORD(0, 0), NULL);
    note_error("WSAStartup for 0.0 without data", result);
    result = WSAStartup(MAKEWORD(2, 2), NULL);
    note_error("WSAStartup without data", result);

    start_winsock();
    start_winsock();
    left_open = CALL_SOCKET(socket(AF_INET, SOCK_STREAM, 0));
    CALL(WSACleanup());
    note("one start is left");
    closesocket(CALL_SOCKET(socket(AF_INET, SOCK_DGRAM, 0)));
    CALL(WSACleanup());
    note("none is left");
    CALL(send(left_open, "a", 1, 0));
    CALL(WSACleanup());
    return done();
}
