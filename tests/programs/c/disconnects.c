/* WSASendDisconnect, WSARecvDisconnect, and numbers in the order of a socket's network. */
#include "transcript.h"

int main(void)
{
    SOCKET near_end, far_end;
    WSABUF data = {1, "x"};
    char byte;
    u_long four = 0;
    u_short two = 0;

    start_winsock();
    stream_pair(&near_end, &far_end);
    CALL(WSASendDisconnect(INVALID_SOCKET, NULL));
    CALL(WSASendDisconnect(near_end, NULL));
    CALL(recv(far_end, &byte, 1, 0));
    CALL(send(near_end, "x", 1, 0));
    CALL(send(far_end, "y", 1, 0));
    CALL(recv(near_end, &byte, 1, 0));
    CALL(WSARecvDisconnect(far_end, NULL));
    CALL(recv(far_end, &byte, 1, 0));
    (void)data;

    CALL(WSAHtonl(near_end, 0x01020304, &four));
    CALL(WSAHtons(near_end, 0x0102, &two));
    note("%08x %04x", (unsigned)four, two);
    CALL(WSANtohl(near_end, four, &four));
    CALL(WSANtohs(near_end, two, &two));
    note("%08x %04x", (unsigned)four, two);
    CALL(WSAHtonl(INVALID_SOCKET, 1, &four));
    CALL(WSANtohs(near_end, 1, NULL));
    note("blocking: %d", WSAIsBlocking());
    CALL(WSACancelBlockingCall());
    return done();
}
