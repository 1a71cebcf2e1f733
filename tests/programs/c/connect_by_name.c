/* WSAConnectByName. */
#include "transcript.h"

int main(void)
{
    SOCKET listener, s, t;
    struct sockaddr_in address, local, remote;
    DWORD local_length = sizeof local, remote_length = sizeof remote;
    char port[8];

    start_winsock();
    listener = listening_socket();
    address = local_address(listener);
    sprintf(port, "%u", ntohs(address.sin_port));

    s = socket(AF_INET, SOCK_STREAM, 0);
    CALL_BOOL(WSAConnectByNameA(s, "127.0.0.1", port, &local_length, (struct sockaddr *)&local, &remote_length,
                                (struct sockaddr *)&remote, NULL, NULL));
    note("remote: %d, lengths %d %d", memcmp(&remote, &address, 8) == 0, local_length == sizeof local,
         remote_length == sizeof remote);
    t = accept(listener, NULL, NULL);
    CALL(send(s, "x", 1, 0));
    drain(t, 1, NULL);
    closesocket(s);
    closesocket(t);

    note("refused");
    s = socket(AF_INET, SOCK_STREAM, 0);
    CALL_BOOL(WSAConnectByNameA(s, NULL, port, NULL, NULL, NULL, NULL, NULL, NULL));
    CALL_BOOL(WSAConnectByNameA(s, "127.0.0.1", NULL, NULL, NULL, NULL, NULL, NULL, NULL));
    CALL_BOOL(WSAConnectByNameA(s, "127.0.0.1", "no-such-service", NULL, NULL, NULL, NULL, NULL, NULL));
    CALL_BOOL(WSAConnectByNameA(s, "127.0.0.1", port, NULL, NULL, NULL, NULL, NULL, (LPWSAOVERLAPPED)port));
    closesocket(s);
    return done();
}
