/* What the cases share: expectations, and pairs of sockets. */
#ifndef CASE_H
#define CASE_H

#include <ws2spi.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <stdlib.h>

/* An address that lies beyond every memory. */
#define NOWHERE ((void *)0xFFFF0000)

#define MARK 0xDEAD

/* Ends the program with what was expected, if it is not so. */
#define EXPECT(condition)                                                      \
    do {                                                                       \
        if (!(condition)) {                                                    \
            printf("line %d: %s; error %d, last error %d\n", __LINE__, #condition, error, \
                   WSAGetLastError());                                         \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

/* The call fails with that code. */
#define EXPECT_ERROR(call, code)                                               \
    do {                                                                       \
        error = 0;                                                             \
        EXPECT((call) == SOCKET_ERROR);                                        \
        EXPECT(error == (code));                                               \
    } while (0)

/* Where the calls of the interface put their error. */
extern int error;
extern WSPPROC_TABLE spi;

struct pair {
    SOCKET a;
    SOCKET b;
};

void start(void);
struct pair stream_pair(DWORD flags);
struct pair datagram_pair(void);
SOCKET new_socket(int type, DWORD flags);
/* One part. */
WSABUF part(const void *bytes, DWORD length);
int nonblocking(SOCKET s, u_long on);
/* Fills the room of a pair's way to b; how many bytes that took. There may be a
   little more later, when the peer's system has taken what it can. */
DWORD stall(struct pair pair);
/* Receives that much at b. */
void drain(struct pair pair, DWORD count);
void expect_received(SOCKET s, const char *bytes, int length);
/* Nothing has arrived: what is sent now is the first that is received. */
void expect_nothing(struct pair pair);

/* Polls until the operation has ended; whether it succeeded. */
BOOL ends(SOCKET s, WSAOVERLAPPED *overlapped, DWORD *count);

/* A send that cannot finish until b drains. */
struct pending {
    struct pair pair;
    DWORD before;
    WSAOVERLAPPED overlapped;
    WSABUF buffer;
    DWORD count;
};
#define PENDING_BYTES (4 * 1024 * 1024)
void post(struct pending *pending, WSAEVENT event, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

#endif
