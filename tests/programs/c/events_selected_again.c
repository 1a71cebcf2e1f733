/* Network events that were reported are not reported again because they are selected again. */
#include "transcript.h"

static WSAEVENT event;

static void show(SOCKET s, const char *when)
{
    WSANETWORKEVENTS found;
    DWORD waited = WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE);
    memset(&found, 0, sizeof found);
    NEEDED(waited == WSA_WAIT_EVENT_0 && WSAEnumNetworkEvents(s, event, &found) == 0);
    note("%s: events %lx", when, (unsigned long)found.lNetworkEvents);
}

static void nothing(SOCKET s, const char *when)
{
    WSANETWORKEVENTS found;
    DWORD waited = WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE);
    memset(&found, 0, sizeof found);
    NEEDED(WSAEnumNetworkEvents(s, event, &found) == 0);
    note("%s: signalled %d, events %lx", when, waited == WSA_WAIT_EVENT_0, (unsigned long)found.lNetworkEvents);
}

static void again(SOCKET s, long events)
{
    CALL(WSAEventSelect(s, event, events));
    nothing(s, "again");
    CALL(WSAEventSelect(s, NULL, 0));
    CALL(WSAEventSelect(s, event, events));
    nothing(s, "after none");
}

int main(void)
{
    SOCKET near_end, far_end, listener, client;
    struct sockaddr_in address;
    char bytes[8];

    start_winsock();
    event = WSACreateEvent();
    stream_pair(&near_end, &far_end);
    note("writable");
    CALL(WSAEventSelect(far_end, event, FD_READ | FD_WRITE));
    show(far_end, "first");
    again(far_end, FD_READ | FD_WRITE);
    note("readable");
    CALL(send(near_end, "abcde", 5, 0));
    show(far_end, "first");
    again(far_end, FD_READ | FD_WRITE);
    CALL(recv(far_end, bytes, 2, 0));
    show(far_end, "more is left");
    CALL(recv(far_end, bytes, 8, 0));
    nothing(far_end, "none is left");
    note("while nothing is selected");
    CALL(WSAEventSelect(far_end, NULL, 0));
    CALL(send(near_end, "x", 1, 0));
    CALL(WSAEventSelect(far_end, event, FD_READ | FD_CLOSE));
    show(far_end, "selected");
    note("the end");
    drain(far_end, 1, NULL);
    closesocket(near_end);
    show(far_end, "first");
    again(far_end, FD_READ | FD_CLOSE);

    note("a connection");
    listener = listening_socket();
    address = local_address(listener);
    client = socket(AF_INET, SOCK_STREAM, 0);
    NEEDED(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    CALL(WSAEventSelect(listener, event, FD_ACCEPT));
    show(listener, "first");
    again(listener, FD_ACCEPT);
    return done();
}
