/* FD_CLOSE is recorded when the peer's end arrives, before what is unread is received. Wine waits until it is. */
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
    SOCKET near_end, far_end;
    char bytes[8];

    start_winsock();
    event = WSACreateEvent();
    stream_pair(&near_end, &far_end);
    CALL(WSAEventSelect(far_end, event, FD_READ | FD_CLOSE));
    CALL(send(near_end, "abcde", 5, 0));
    show(far_end, "data");
    closesocket(near_end);
    show(far_end, "the end");
    CALL(recv(far_end, bytes, 3, 0));
    show(far_end, "more");
    CALL(recv(far_end, bytes, 8, 0));
    CALL(recv(far_end, bytes, 8, 0));
    return done();
}
