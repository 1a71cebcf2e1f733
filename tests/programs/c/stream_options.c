/* Options of stream sockets: what they are at first, and read back after they were set. */
#include "transcript.h"

static SOCKET stream;

static void flag(const char *name, int level, int option)
{
    int value = 0, length = sizeof value, on = 1, off = 0;
    NEEDED(getsockopt(stream, level, option, (char *)&value, &length) == 0);
    note("%s at first: %d", name, value != 0);
    NEEDED(setsockopt(stream, level, option, (char *)&on, sizeof on) == 0);
    length = sizeof value;
    NEEDED(getsockopt(stream, level, option, (char *)&value, &length) == 0);
    note("%s set: %d", name, value != 0);
    NEEDED(setsockopt(stream, level, option, (char *)&off, sizeof off) == 0);
    length = sizeof value;
    NEEDED(getsockopt(stream, level, option, (char *)&value, &length) == 0);
    note("%s cleared: %d", name, value != 0);
}

static void number(const char *name, int option, int first_is_known, int wanted)
{
    int value = -1, length = sizeof value;
    NEEDED(getsockopt(stream, SOL_SOCKET, option, (char *)&value, &length) == 0);
    if (first_is_known)
        note("%s at first: %d, length %d", name, value, length);
    else
        note("%s at first: more than 0: %d, length %d", name, value > 0, length);
    NEEDED(setsockopt(stream, SOL_SOCKET, option, (char *)&wanted, sizeof wanted) == 0);
    length = sizeof value;
    NEEDED(getsockopt(stream, SOL_SOCKET, option, (char *)&value, &length) == 0);
    note("%s set to %d: %d", name, wanted, value);
}

int main(void)
{
    SOCKET listener;
    int value, length = sizeof value;

    start_winsock();
    stream = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    flag("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE);
    flag("SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE);
    flag("SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR);
    flag("TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY);
    number("SO_SNDBUF", SO_SNDBUF, 0, 4096);
    number("SO_SNDBUF", SO_SNDBUF, 0, 0);
    number("SO_RCVBUF", SO_RCVBUF, 0, 8192);
    number("SO_SNDTIMEO", SO_SNDTIMEO, 1, 1500);
    number("SO_RCVTIMEO", SO_RCVTIMEO, 1, 2500);

    CALL(getsockopt(stream, SOL_SOCKET, SO_ERROR, (char *)&value, &length));
    note("SO_ERROR %d", value);
    CALL(getsockopt(stream, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &length));
    note("SO_ACCEPTCONN %d", value);
    listener = listening_socket();
    CALL(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &length));
    note("SO_ACCEPTCONN %d", value);
    return done();
}
