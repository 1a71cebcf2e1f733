/* WSAEventSelect and WSAEnumNetworkEvents on a connection: FD_CONNECT, FD_WRITE, FD_READ, FD_ACCEPT. */
#include "transcript.h"

static WSAEVENT event;

static void show(SOCKET socket)
{
    WSANETWORKEVENTS found;
    memset(&found, 0, sizeof found);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE));
    NEEDED(WSAEnumNetworkEvents(socket, event, &found) == 0);
    note("events%s%s%s%s%s%s", found.lNetworkEvents & FD_READ ? " FD_READ" : "",
         found.lNetworkEvents & FD_WRITE ? " FD_WRITE" : "", found.lNetworkEvents & FD_OOB ? " FD_OOB" : "",
         found.lNetworkEvents & FD_ACCEPT ? " FD_ACCEPT" : "",
         found.lNetworkEvents & FD_CONNECT ? " FD_CONNECT" : "",
         found.lNetworkEvents & FD_CLOSE ? " FD_CLOSE" : "");
    NEEDED(found.iErrorCode[FD_CONNECT_BIT] == 0 || !(found.lNetworkEvents & FD_CONNECT));
}

static void nothing(SOCKET socket)
{
    WSANETWORKEVENTS found;
    memset(&found, 0, sizeof found);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE));
    NEEDED(WSAEnumNetworkEvents(socket, event, &found) == 0);
    note("events left: %d", found.lNetworkEvents != 0);
}

int main(void)
{
    SOCKET listener, client, peer;
    struct sockaddr_in address;
    u_long blocking = 0;
    char bytes[10];
    int filled;

    start_winsock();
    event = WSACreateEvent();
    listener = listening_socket();
    address = local_address(listener);

    note("connecting");
    client = socket(AF_INET, SOCK_STREAM, 0);
    CALL(WSAEventSelect(client, event, FD_CONNECT));
    CALL(connect(client, (struct sockaddr *)&address, sizeof address));
    show(client);
    nothing(client);
    NEEDED(WSAEventSelect(client, NULL, 0) == 0);

    note("accepting");
    CALL(WSAEventSelect(listener, event, FD_ACCEPT));
    show(listener);
    peer = CALL_SOCKET(accept(listener, NULL, NULL));
    nothing(listener);
    NEEDED(WSAEventSelect(listener, NULL, 0) == 0);
    NEEDED(WSAEventSelect(peer, NULL, 0) == 0);
    set_nonblocking(peer, 0);

    note("writable, once");
    CALL(WSAEventSelect(client, event, FD_READ | FD_WRITE));
    show(client);
    nothing(client);
    CALL(send(client, "a", 1, 0));
    nothing(client);
    drain(peer, 1, NULL);
    note("again after there was no room");
    filled = stall(client);
    nothing(client);
    drain(peer, filled, NULL);
    show(client);

    note("readable, until it was received");
    CALL(send(peer, "abc", 3, 0));
    show(client);
    nothing(client);
    CALL(recv(client, bytes, 1, 0));
    show(client);
    CALL(recv(client, bytes, sizeof bytes, 0));
    nothing(client);

    note("selecting makes it nonblocking");
    CALL(recv(client, bytes, sizeof bytes, 0));
    CALL(ioctlsocket(client, FIONBIO, &blocking));
    CALL(WSAEventSelect(client, event, 0));
    CALL(ioctlsocket(client, FIONBIO, &blocking));
    CALL(send(peer, "abc", 3, 0));
    CALL(recv(client, bytes, sizeof bytes, 0));
    nothing(client);
    return done();
}
