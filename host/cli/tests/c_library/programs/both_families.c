/* A server of both families, on a port that the system chooses, for one client of IPv4. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdio.h>

int main(void)
{
    WSADATA data;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, peer;
    struct sockaddr_in server = {.sin_family = AF_INET};
    char text[INET6_ADDRSTRLEN];
    int length = sizeof any, off = 0, result;
    SOCKET listener, client, accepted;

    WSAStartup(MAKEWORD(2, 2), &data);
    listener = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof off);
    result = bind(listener, (struct sockaddr *)&any, sizeof any);
    printf("bind: %d\n", result == 0 ? 0 : WSAGetLastError());
    result = listen(listener, 1);
    printf("listen: %d\n", result == 0 ? 0 : WSAGetLastError());
    if (result != 0)
        return 0;
    getsockname(listener, (struct sockaddr *)&any, &length);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.sin_port = any.sin6_port;
    client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    result = connect(client, (struct sockaddr *)&server, sizeof server);
    printf("connect: %d\n", result == 0 ? 0 : WSAGetLastError());
    length = sizeof peer;
    accepted = accept(listener, (struct sockaddr *)&peer, &length);
    printf("accepted %s\n", accepted == INVALID_SOCKET
                                ? "nobody"
                                : inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof text));
    closesocket(client);
    client = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    off = 0;
    setsockopt(client, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof off);
    sprintf(text, "%d", ntohs(server.sin_port));
    result = WSAConnectByNameA(client, "127.0.0.1", text, NULL, NULL, NULL, NULL, NULL, NULL);
    printf("connect by name: %d\n", result ? 0 : WSAGetLastError());
    off = 1;
    result = setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof off);
    printf("too late: %d\n", result == 0 ? 0 : WSAGetLastError());
    return 0;
}
