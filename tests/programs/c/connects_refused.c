/* After an attempt to connect that was refused: SO_ERROR, select, and listening where the socket was bound. */
#include "transcript.h"

static int error_of(SOCKET s)
{
    int value = -1, length = sizeof value;
    NEEDED(getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&value, &length) == 0);
    return value;
}

static void failed(SOCKET s, long seconds)
{
    fd_set exceptional;
    struct timeval limit = {seconds, 0};
    FD_ZERO(&exceptional);
    FD_SET(s, &exceptional);
    CALL(select(0, NULL, NULL, &exceptional, &limit));
}

int main(void)
{
    SOCKET s, listener, client;
    struct sockaddr_in nobody, address = loopback(0);
    fd_set writable;
    struct timeval limit = {10, 0};

    start_winsock();
    s = bound_socket(SOCK_STREAM);
    nobody = local_address(s);
    closesocket(s);

    note("without waiting");
    s = socket(AF_INET, SOCK_STREAM, 0);
    set_nonblocking(s, 1);
    CALL(connect(s, (struct sockaddr *)&nobody, sizeof nobody));
    failed(s, 10);
    note_error("SO_ERROR", error_of(s));
    note_error("again", error_of(s));
    failed(s, 0);
    note("then it is connected");
    listener = listening_socket();
    address = local_address(listener);
    CALL(connect(s, (struct sockaddr *)&address, sizeof address));
    FD_ZERO(&writable);
    FD_SET(s, &writable);
    CALL(select(0, NULL, &writable, NULL, &limit));
    note_error("SO_ERROR", error_of(s));
    failed(s, 0);
    closesocket(s);

    note("waiting");
    s = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(s, (struct sockaddr *)&nobody, sizeof nobody));
    failed(s, 0);
    closesocket(s);

    note("listening after it");
    s = bound_socket(SOCK_STREAM);
    set_nonblocking(s, 1);
    address = local_address(s);
    CALL(connect(s, (struct sockaddr *)&nobody, sizeof nobody));
    failed(s, 10);
    CALL(listen(s, 1));
    note("the same address: %d", local_address(s).sin_port == address.sin_port);
    client = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(client, (struct sockaddr *)&address, sizeof address));
    return done();
}
