/* Calls that succeed set the last error to 0, but closesocket leaves it alone. */
#include "transcript.h"

#define AFTER(call) do { WSASetLastError(12345); (void)(call); note_error(#call, WSAGetLastError()); } while (0)

int main(void)
{
    SOCKET listener, near_end, far_end, spare;
    struct sockaddr_in address, name;
    int value = 100, length = sizeof value, size = sizeof name;
    u_long on = 1;
    DWORD returned;
    char text[256];
    fd_set writable;
    struct timeval now = {0, 0};
    WSADATA data;

    start_winsock();
    listener = bound_socket(SOCK_STREAM);
    AFTER(listen(listener, 5));
    address = local_address(listener);
    AFTER(near_end = socket(AF_INET, SOCK_STREAM, 0));
    AFTER(spare = WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, 0));
    name = loopback(0);
    AFTER(bind(spare, (struct sockaddr *)&name, sizeof name));
    AFTER(connect(near_end, (struct sockaddr *)&address, sizeof address));
    AFTER(far_end = accept(listener, NULL, NULL));
    AFTER(setsockopt(near_end, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, sizeof value));
    AFTER(getsockopt(near_end, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, &length));
    AFTER(WSAIoctl(near_end, FIONREAD, NULL, 0, &value, sizeof value, &returned, NULL, NULL));
    AFTER(ioctlsocket(far_end, FIONBIO, &on));
    AFTER(gethostname(text, sizeof text));
    AFTER(getsockname(near_end, (struct sockaddr *)&name, &size));
    AFTER(getpeername(near_end, (struct sockaddr *)&name, &size));
    AFTER(send(near_end, "x", 1, 0));
    FD_ZERO(&writable);
    FD_SET(near_end, &writable);
    AFTER(select(0, NULL, &writable, NULL, &now));
    AFTER(shutdown(near_end, SD_SEND));
    AFTER(closesocket(spare));
    AFTER(htonl(1));
    AFTER(inet_addr("127.0.0.1"));
    NEEDED(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    AFTER(WSACleanup());
    return done();
}
