/* FD_CLOSE: an ordinary end, a reset, and none after one's own close. */
#include "transcript.h"

static WSAEVENT event;

static void wait_for_close(SOCKET socket)
{
    WSANETWORKEVENTS found;
    memset(&found, 0, sizeof found);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE));
    NEEDED(WSAEnumNetworkEvents(socket, event, &found) == 0);
    note("FD_CLOSE alone: %d", found.lNetworkEvents == FD_CLOSE);
    note_error("FD_CLOSE", found.iErrorCode[FD_CLOSE_BIT]);
    memset(&found, 0, sizeof found);
    NEEDED(WSAEnumNetworkEvents(socket, event, &found) == 0);
    note("again: %d", found.lNetworkEvents != 0);
}

int main(void)
{
    SOCKET stream, peer;
    struct linger at_once = {1, 0};
    WSANETWORKEVENTS found;
    char bytes[10];

    start_winsock();
    event = WSACreateEvent();

    note("an ordinary end");
    stream_pair(&stream, &peer);
    CALL(WSAEventSelect(stream, event, FD_READ | FD_CLOSE));
    CALL(closesocket(peer));
    wait_for_close(stream);
    CALL(recv(stream, bytes, sizeof bytes, 0));
    CALL(closesocket(stream));

    note("half an end");
    stream_pair(&stream, &peer);
    CALL(WSAEventSelect(stream, event, FD_READ | FD_CLOSE));
    CALL(shutdown(peer, SD_SEND));
    wait_for_close(stream);
    CALL(send(stream, "still open", 10, 0));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    CALL(closesocket(stream));

    note("a reset");
    stream_pair(&stream, &peer);
    CALL(WSAEventSelect(stream, event, FD_READ | FD_CLOSE));
    CALL(setsockopt(peer, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once));
    CALL(closesocket(peer));
    wait_for_close(stream);
    CALL(closesocket(stream));

    note("one's own close");
    stream_pair(&stream, &peer);
    CALL(WSAEventSelect(stream, event, FD_CLOSE));
    CALL(closesocket(stream));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 20, FALSE));
    CALL(WSAEnumNetworkEvents(stream, event, &found));
    return done();
}
