/* Who may bind to an address that is in use. */
#include "transcript.h"

static SOCKET stream(int option)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    BOOL on = TRUE;
    NEEDED(s != INVALID_SOCKET);
    if (option != 0)
        NEEDED(setsockopt(s, SOL_SOCKET, option, (char *)&on, sizeof on) == 0);
    return s;
}

static void both(const char *how, int first, int second)
{
    struct sockaddr_in address = loopback(0);
    SOCKET a = stream(first), b = stream(second);
    note("%s", how);
    NEEDED(bind(a, (struct sockaddr *)&address, sizeof address) == 0);
    address = local_address(a);
    CALL(bind(b, (struct sockaddr *)&address, sizeof address));
    closesocket(a);
    closesocket(b);
}

int main(void)
{
    SOCKET listener, client, served, next;
    struct sockaddr_in address;
    char byte;

    start_winsock();
    both("neither shares", 0, 0);
    both("the second shares", 0, SO_REUSEADDR);
    both("both share", SO_REUSEADDR, SO_REUSEADDR);
    both("the first is exclusive", SO_EXCLUSIVEADDRUSE, 0);
    both("the second is exclusive", 0, SO_EXCLUSIVEADDRUSE);

    note("what refuses is not bound");
    listener = listening_socket();
    address = local_address(listener);
    next = stream(0);
    CALL(bind(next, (struct sockaddr *)&address, sizeof address));
    CALL(listen(next, 1));

    note("a server that is started again");
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, listener);
    served = accept(listener, NULL, NULL);
    NEEDED(served != INVALID_SOCKET);
    /* The server's side ends first, and keeps the port for a while. */
    closesocket(served);
    NEEDED(recv(client, &byte, 1, 0) == 0);
    closesocket(client);
    closesocket(listener);
    CALL(bind(next, (struct sockaddr *)&address, sizeof address));
    CALL(listen(next, 5));
    client = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(client, (struct sockaddr *)&address, sizeof address));
    return done();
}
