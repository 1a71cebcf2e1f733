/* What the programs of these tests share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#define PORT 9000

/* Ends the program with a sentence unless something holds. */
#define NEEDED(holds)                                                                    \
    do {                                                                                 \
        if (!(holds)) {                                                                  \
            printf("line %d: %s, error %d\n", __LINE__, #holds, WSAGetLastError());      \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

static inline void start(void)
{
    WSADATA data;
    NEEDED(WSAStartup(MAKEWORD(2, 2), &data) == 0);
}

/* A connection that somebody makes to this host. */
static inline SOCKET accepted(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    SOCKET connection, listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    NEEDED(bind(listener, (struct sockaddr *)&here, sizeof here) == 0);
    NEEDED(listen(listener, 5) == 0);
    connection = accept(listener, NULL, NULL);
    NEEDED(connection != INVALID_SOCKET);
    NEEDED(closesocket(listener) == 0);
    return connection;
}

/* A connection to a host with a name. */
static inline SOCKET connected(const char *name)
{
    struct addrinfo *found, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    SOCKET connection = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    NEEDED(getaddrinfo(name, "9000", &hints, &found) == 0);
    NEEDED(connect(connection, found->ai_addr, (int)found->ai_addrlen) == 0);
    freeaddrinfo(found);
    return connection;
}

/* Sends everything, as a blocking send does. */
static inline void send_all(SOCKET socket, const char *bytes, int length)
{
    NEEDED(send(socket, bytes, length, 0) == length);
}

/* How many bytes come until the end. */
static inline int received_until_end(SOCKET socket)
{
    char bytes[1000];
    int total = 0, received;
    while ((received = recv(socket, bytes, sizeof bytes, 0)) > 0)
        total += received;
    NEEDED(received == 0);
    return total;
}
