/* WSAConnectByList, which Wine has not: the first address refuses. */
#include "transcript.h"

int main(void)
{
    SOCKET listener, s, t;
    struct sockaddr_in address, refused;
    struct {
        INT count;
        SOCKET_ADDRESS addresses[2];
    } list;
    struct timeval ten = {10, 0};

    start_winsock();
    listener = listening_socket();
    address = local_address(listener);
    s = bound_socket(SOCK_STREAM);
    refused = local_address(s);
    closesocket(s);

    list.count = 2;
    list.addresses[0].lpSockaddr = (struct sockaddr *)&refused;
    list.addresses[0].iSockaddrLength = sizeof refused;
    list.addresses[1].lpSockaddr = (struct sockaddr *)&address;
    list.addresses[1].iSockaddrLength = sizeof address;
    s = socket(AF_INET, SOCK_STREAM, 0);
    CALL_BOOL(WSAConnectByList(s, (SOCKET_ADDRESS_LIST *)&list, NULL, NULL, NULL, NULL, &ten, NULL));
    t = accept(listener, NULL, NULL);
    CALL(send(t, "y", 1, 0));
    /* It is blocking still. */
    drain(s, 1, NULL);
    return done();
}
