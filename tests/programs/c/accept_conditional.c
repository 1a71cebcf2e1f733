/* WSAAccept with a condition function. */
#include "transcript.h"

static int CALLBACK condition(LPWSABUF caller, LPWSABUF caller_data, LPQOS sqos, LPQOS gqos,
                              LPWSABUF callee, LPWSABUF callee_data, GROUP *group, DWORD_PTR word)
{
    struct sockaddr_in *address = (struct sockaddr_in *)caller->buf;
    (void)caller_data;
    (void)sqos;
    (void)gqos;
    (void)callee;
    (void)callee_data;
    (void)group;
    note("asked with %u: family %d, from %s", (unsigned)word, address->sin_family, inet_ntoa(address->sin_addr));
    return (int)word;
}

int main(void)
{
    SOCKET listener, client, accepted;
    char byte;

    start_winsock();
    listener = listening_socket();
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, listener);
    accepted = CALL_SOCKET(WSAAccept(listener, NULL, NULL, condition, CF_ACCEPT));
    CALL(send(accepted, "a", 1, 0));
    CALL(recv(client, &byte, 1, 0));
    closesocket(client);

    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, listener);
    CALL_SOCKET(WSAAccept(listener, NULL, NULL, condition, CF_REJECT));
    closesocket(client);

    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, listener);
    CALL_SOCKET(WSAAccept(listener, NULL, NULL, condition, CF_DEFER));
    CALL_SOCKET(WSAAccept(listener, NULL, NULL, NULL, 0));
    return done();
}
