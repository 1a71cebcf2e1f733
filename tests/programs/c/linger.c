/* The variants of SO_LINGER at the close. */
#include "transcript.h"

static void set_linger(SOCKET socket, u_short on, u_short seconds)
{
    struct linger value;
    value.l_onoff = on;
    value.l_linger = seconds;
    NEEDED(setsockopt(socket, SOL_SOCKET, SO_LINGER, (char *)&value, sizeof value) == 0);
}

int main(void)
{
    SOCKET stream, peer;
    struct linger value;
    int length = sizeof value, flag, flag_length = sizeof flag;
    char bytes[10];

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(getsockopt(stream, SOL_SOCKET, SO_LINGER, (char *)&value, &length));
    note("on %d, length %d", value.l_onoff, length);
    CALL(getsockopt(stream, SOL_SOCKET, SO_DONTLINGER, (char *)&flag, &flag_length));
    note("SO_DONTLINGER %d", flag);
    set_linger(stream, 1, 5);
    CALL(getsockopt(stream, SOL_SOCKET, SO_LINGER, (char *)&value, &length));
    note("on %d, %d s", value.l_onoff, value.l_linger);
    CALL(getsockopt(stream, SOL_SOCKET, SO_DONTLINGER, (char *)&flag, &flag_length));
    note("SO_DONTLINGER %d", flag);

    note("some seconds, everything read");
    CALL(send(stream, "abc", 3, 0));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    CALL(closesocket(stream));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    closesocket(peer);

    note("no seconds");
    stream_pair(&stream, &peer);
    set_linger(stream, 1, 0);
    CALL(closesocket(stream));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    closesocket(peer);

    note("off");
    stream_pair(&stream, &peer);
    set_linger(stream, 1, 0);
    set_linger(stream, 0, 0);
    CALL(send(stream, "abc", 3, 0));
    CALL(closesocket(stream));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    CALL(recv(peer, bytes, sizeof bytes, 0));
    return done();
}
