/* A client of an echo server: an overlapped send of a mebibyte in four buffers, with an event,
 * while what comes back is received. Build it with `wsp cc --portable`, and see
 * docs/portable.md for the hosts that run it. Arguments: HOST PORT, or TARGET_HOST and TARGET_PORT
 * in the environment, which is all that some hosts give. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS 4
#define PART (256 * 1024)

static char sent[PARTS * PART], received[PARTS * PART];

static int failed(const char *what)
{
    fprintf(stderr, "%s failed: %d\n", what, WSAGetLastError());
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    WSADATA data;
    WSABUF buffers[PARTS];
    WSAOVERLAPPED overlapped = {0};
    struct addrinfo hints = {0}, *server;
    const char *host = argc > 2 ? argv[1] : getenv("TARGET_HOST");
    const char *port = argc > 2 ? argv[2] : getenv("TARGET_PORT");
    DWORD count = 0, flags = 0;
    size_t arrived = 0;
    SOCKET s;
    int i;

    if (host == NULL || port == NULL) {
        fprintf(stderr, "usage: echo_client HOST PORT\n");
        return EXIT_FAILURE;
    }
    for (i = 0; i < PARTS * PART; i++)
        sent[i] = (char)(i % 251);
    for (i = 0; i < PARTS; i++) {
        buffers[i].buf = sent + i * PART;
        buffers[i].len = PART;
    }

    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return failed("WSAStartup");
    s = WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (s == INVALID_SOCKET)
        return failed("WSASocket");
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &server) != 0)
        return failed("getaddrinfo");
    if (connect(s, server->ai_addr, (int)server->ai_addrlen) != 0)
        return failed("connect");
    freeaddrinfo(server);

    overlapped.hEvent = WSACreateEvent();
    if (WSASend(s, buffers, PARTS, &count, 0, &overlapped, NULL) != 0 && WSAGetLastError() != WSA_IO_PENDING)
        return failed("WSASend");
    while (arrived < sizeof received) {
        int result = recv(s, received + arrived, (int)(sizeof received - arrived), 0);
        if (result <= 0)
            return failed("recv");
        arrived += (size_t)result;
    }
    if (WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, WSA_INFINITE, FALSE) != WSA_WAIT_EVENT_0)
        return failed("WSAWaitForMultipleEvents");
    if (!WSAGetOverlappedResult(s, &overlapped, &count, FALSE, &flags))
        return failed("WSAGetOverlappedResult");

    WSACloseEvent(overlapped.hEvent);
    closesocket(s);
    WSACleanup();
    printf("sent %lu bytes, received %lu, %s\n", (unsigned long)count, (unsigned long)arrived,
           memcmp(sent, received, sizeof sent) == 0 ? "the same" : "not the same");
    return 0;
}
