/* WSAEventSelect without events: the association ends, whatever the handle is. */
#include "transcript.h"

static SOCKET stream, peer;

/* Selects, ends it with that handle, and makes the socket blocking again. */
static void ends(const char *what, HANDLE handle)
{
    HANDLE event = WSACreateEvent();
    u_long blocking = 0;
    char byte;
    note("%s", what);
    NEEDED(WSAEventSelect(stream, event, FD_READ) == 0);
    CALL(WSAEventSelect(stream, handle, 0));
    CALL(ioctlsocket(stream, FIONBIO, &blocking));
    NEEDED(send(peer, "a", 1, 0) == 1);
    until_readable(stream);
    note("set: %d", WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    NEEDED(recv(stream, &byte, 1, 0) == 1);
    WSACloseEvent(event);
}

int main(void)
{
    HANDLE open, closed;

    start_winsock();
    stream_pair(&stream, &peer);
    open = WSACreateEvent();
    closed = WSACreateEvent();
    NEEDED(WSACloseEvent(closed));

    ends("no handle", NULL);
    ends("another event", open);
    ends("a closed event", closed);
    ends("no event", (HANDLE)peer);
    ends("a number that is no handle", (HANDLE)(ULONG_PTR)0x7ffffff0);
    note("with events the handle counts");
    CALL(WSAEventSelect(stream, closed, FD_READ));
    CALL(WSAEventSelect(stream, NULL, FD_READ));
    return done();
}
