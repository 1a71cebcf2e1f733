/*
 * Accepts one connection with select, and answers each message that it gets in
 * capitals; then does the same with datagrams, until one is empty. It prints
 * the ports that it listens on.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what) {
    printf("%s: %d\n", what, WSAGetLastError());
    exit(1);
}

static SOCKET open_port(int type) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof address;
    SOCKET s = socket(AF_INET, type, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s == INVALID_SOCKET || bind(s, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(s, (struct sockaddr *)&address, &length) != 0)
        fail("bind");
    if (type == SOCK_STREAM && listen(s, SOMAXCONN) != 0)
        fail("listen");
    printf("%d\n", ntohs(address.sin_port));
    return s;
}

static void capitals(char *bytes, int length) {
    for (; length > 0; length--, bytes++)
        *bytes = (char)toupper((unsigned char)*bytes);
}

int main(void) {
    SOCKET listener, datagrams, connection = INVALID_SOCKET;
    char bytes[1000];
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 2;
    listener = open_port(SOCK_STREAM);
    datagrams = open_port(SOCK_DGRAM);
    fflush(stdout);
    for (;;) {
        fd_set readable, exceptional;
        FD_ZERO(&readable);
        FD_ZERO(&exceptional);
        FD_SET(datagrams, &readable);
        FD_SET(connection == INVALID_SOCKET ? listener : connection, &readable);
        if (connection != INVALID_SOCKET)
            FD_SET(connection, &exceptional);
        if (select(0, &readable, NULL, &exceptional, NULL) < 1)
            fail("select");
        if (FD_ISSET(listener, &readable)) {
            struct sockaddr_in peer;
            int length = sizeof peer;
            connection = accept(listener, (struct sockaddr *)&peer, &length);
            if (connection == INVALID_SOCKET || length != sizeof peer)
                fail("accept");
            printf("a connection from %s\n", inet_ntoa(peer.sin_addr));
        } else if (FD_ISSET(connection, &exceptional)) {
            char urgent;
            if (recv(connection, &urgent, 1, MSG_OOB) != 1)
                fail("recv of urgent data");
            printf("urgent: %c\n", urgent);
        } else if (FD_ISSET(connection, &readable)) {
            int length = recv(connection, bytes, sizeof bytes, 0);
            if (length < 0)
                fail("recv");
            if (length == 0) {
                printf("the connection ended\n");
                closesocket(connection);
                connection = INVALID_SOCKET;
            } else {
                capitals(bytes, length);
                if (send(connection, bytes, length, 0) != length)
                    fail("send");
            }
        } else {
            struct sockaddr_in peer;
            int peer_length = sizeof peer;
            int length = recvfrom(datagrams, bytes, sizeof bytes, 0, (struct sockaddr *)&peer,
                                  &peer_length);
            if (length < 0)
                fail("recvfrom");
            if (length == 0)
                break;
            capitals(bytes, length);
            if (sendto(datagrams, bytes, length, 0, (struct sockaddr *)&peer, peer_length) !=
                length)
                fail("sendto");
        }
        fflush(stdout);
    }
    printf("the end\n");
    return WSACleanup();
}
