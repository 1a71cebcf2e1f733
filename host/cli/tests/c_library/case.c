#include "case.h"

int error;
WSPPROC_TABLE spi;

void start(void) {
    WSPUPCALLTABLE upcalls = {0};
    WSPDATA data;
    EXPECT(WSPStartup(MAKEWORD(2, 2), &data, NULL, upcalls, &spi) == 0);
}

SOCKET new_socket(int type, DWORD flags) {
    SOCKET s = spi.lpWSPSocket(AF_INET, type, 0, NULL, 0, flags, &error);
    EXPECT(s != INVALID_SOCKET);
    return s;
}

static struct sockaddr_in bound(SOCKET s) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(spi.lpWSPBind(s, (struct sockaddr *)&address, sizeof address, &error) == 0);
    EXPECT(spi.lpWSPGetSockName(s, (struct sockaddr *)&address, &length, &error) == 0);
    return address;
}

static void connect_to(SOCKET s, struct sockaddr_in address) {
    EXPECT(spi.lpWSPConnect(s, (struct sockaddr *)&address, sizeof address, NULL, NULL, NULL,
                            NULL, &error) == 0);
}

struct pair stream_pair(DWORD flags) {
    SOCKET listener = new_socket(SOCK_STREAM, flags);
    struct sockaddr_in address = bound(listener);
    struct pair pair;
    int small = 16384;
    /* Little room, so that it is soon used up. */
    EXPECT(spi.lpWSPSetSockOpt(listener, SOL_SOCKET, SO_RCVBUF, (char *)&small, sizeof small,
                               &error) == 0);
    EXPECT(spi.lpWSPListen(listener, 1, &error) == 0);
    pair.a = new_socket(SOCK_STREAM, flags);
    EXPECT(spi.lpWSPSetSockOpt(pair.a, SOL_SOCKET, SO_SNDBUF, (char *)&small, sizeof small,
                               &error) == 0);
    connect_to(pair.a, address);
    pair.b = spi.lpWSPAccept(listener, NULL, NULL, NULL, 0, &error);
    EXPECT(pair.b != INVALID_SOCKET);
    EXPECT(spi.lpWSPCloseSocket(listener, &error) == 0);
    return pair;
}

struct pair datagram_pair(void) {
    struct pair pair;
    pair.a = new_socket(SOCK_DGRAM, WSA_FLAG_OVERLAPPED);
    pair.b = new_socket(SOCK_DGRAM, WSA_FLAG_OVERLAPPED);
    connect_to(pair.a, bound(pair.b));
    return pair;
}

WSABUF part(const void *bytes, DWORD length) {
    WSABUF buffer = {length, (CHAR *)bytes};
    return buffer;
}

int nonblocking(SOCKET s, u_long on) {
    DWORD returned;
    return spi.lpWSPIoctl(s, FIONBIO, &on, sizeof on, NULL, 0, &returned, NULL, NULL, NULL,
                          &error);
}

DWORD stall(struct pair pair) {
    static char bytes[65536];
    WSABUF buffer = part(bytes, sizeof bytes);
    DWORD total = 0, count;
    EXPECT(nonblocking(pair.a, 1) == 0);
    while (spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, NULL, NULL, &error) == 0)
        total += count;
    EXPECT(error == WSAEWOULDBLOCK);
    EXPECT(nonblocking(pair.a, 0) == 0);
    return total;
}

void drain(struct pair pair, DWORD count) {
    static char bytes[65536];
    while (count > 0) {
        WSABUF buffer = part(bytes, min(count, (DWORD)sizeof bytes));
        DWORD received, flags = 0;
        EXPECT(spi.lpWSPRecv(pair.b, &buffer, 1, &received, &flags, NULL, NULL, NULL, &error) == 0);
        EXPECT(received > 0);
        count -= received;
    }
}

void expect_received(SOCKET s, const char *bytes, int length) {
    char received[64];
    WSABUF buffer = part(received, sizeof received);
    DWORD count, flags = 0;
    EXPECT(spi.lpWSPRecv(s, &buffer, 1, &count, &flags, NULL, NULL, NULL, &error) == 0);
    EXPECT((int)count == length && memcmp(received, bytes, count) == 0);
}

void expect_nothing(struct pair pair) {
    WSABUF buffer = part("sentinel", 8);
    DWORD count;
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, NULL, NULL, &error) == 0);
    expect_received(pair.b, "sentinel", 8);
}

BOOL ends(SOCKET s, WSAOVERLAPPED *overlapped, DWORD *count) {
    DWORD flags;
    while (!spi.lpWSPGetOverlappedResult(s, overlapped, count, FALSE, &flags, &error)) {
        if (error != WSA_IO_INCOMPLETE)
            return FALSE;
        SleepEx(1, FALSE);
    }
    return flags == 0;
}

void post(struct pending *pending, WSAEVENT event, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
    static char bytes[PENDING_BYTES];
    pending->pair = stream_pair(WSA_FLAG_OVERLAPPED);
    pending->before = stall(pending->pair);
    memset(&pending->overlapped, 0, sizeof pending->overlapped);
    pending->overlapped.hEvent = event;
    pending->buffer = part(bytes, sizeof bytes);
    pending->count = MARK;
    EXPECT_ERROR(spi.lpWSPSend(pending->pair.a, &pending->buffer, 1, &pending->count, 0,
                               &pending->overlapped, routine, NULL, &error),
                 WSA_IO_PENDING);
}
