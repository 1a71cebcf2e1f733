/* What the echo servers share: each prints its port, and ends when `clients` have been served. */
#ifndef SERVER_H
#define SERVER_H

#include <winsock2.h>
#include <windows.h>
#include <process.h>

#include <stdio.h>
#include <stdlib.h>

static inline SOCKET listens(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof address;
    WSADATA data;
    SOCKET listener;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        exit(1);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        exit(1);
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Sends back whatever comes, until the client ends. */
static inline void echo(SOCKET client) {
    char bytes[8192];
    int received;
    while ((received = recv(client, bytes, sizeof bytes, 0)) > 0)
        if (send(client, bytes, received, 0) != received)
            break;
    shutdown(client, SD_SEND);
    closesocket(client);
}

#endif
