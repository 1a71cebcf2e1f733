/* FD_CONNECT of a connection that was made before it is selected, and of a datagram socket. */
#include "transcript.h"

static WSAEVENT event;

static void show(SOCKET s, const char *when)
{
    WSANETWORKEVENTS found;
    memset(&found, 0, sizeof found);
    NEEDED(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE) == WSA_WAIT_EVENT_0);
    NEEDED(WSAEnumNetworkEvents(s, event, &found) == 0);
    note("%s: events %lx", when, (unsigned long)found.lNetworkEvents);
}

int main(void)
{
    SOCKET near_end, far_end, datagram;
    struct sockaddr_in address = loopback(9);

    start_winsock();
    event = WSACreateEvent();
    stream_pair(&near_end, &far_end);
    CALL(WSAEventSelect(near_end, event, FD_CONNECT | FD_WRITE));
    show(near_end, "connected before");
    CALL(WSAEventSelect(far_end, event, FD_CONNECT | FD_WRITE));
    show(far_end, "accepted");
    closesocket(near_end);
    closesocket(far_end);

    stream_pair(&near_end, &far_end);
    CALL(WSAEventSelect(near_end, event, FD_CONNECT | FD_READ));
    show(near_end, "without FD_WRITE");
    CALL(WSAEventSelect(near_end, event, FD_CONNECT | FD_READ | FD_WRITE));
    show(near_end, "with it");

    datagram = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(WSAEventSelect(datagram, event, FD_CONNECT | FD_WRITE));
    CALL(connect(datagram, (struct sockaddr *)&address, sizeof address));
    show(datagram, "a datagram socket");
    return done();
}
