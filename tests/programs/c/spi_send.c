/*
 * WSPSend and its companions through the table of WSPStartup, as a layered
 * provider calls them. Windows loads providers from DLLs, so only we can run this.
 */
#include "transcript.h"
#include <ws2spi.h>

static WSPPROC_TABLE spi;
static int error;
static int calls;

/* A call whose error is in `error`. */
#define SPI(call) show(#call, (error = 0, (int)(call)))

static int show(const char *call, int result)
{
    if (result == SOCKET_ERROR)
        note("%s -> SOCKET_ERROR, %s (%d)", call, error_name(error), error);
    else
        note("%s -> %d", call, result);
    return result;
}

static void CALLBACK routine(DWORD failure, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    calls++;
    note("routine: error %u, %u bytes, flags %u", (unsigned)failure, (unsigned)count, (unsigned)flags);
}

static SOCKET new_socket(void)
{
    SOCKET made = spi.lpWSPSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED, &error);
    NEEDED(made != INVALID_SOCKET);
    return made;
}

int main(void)
{
    WSPDATA data;
    WSAPROTOCOL_INFOW protocol;
    WSPUPCALLTABLE upcalls;
    WSATHREADID thread;
    WSABUF parts[3] = {{7, "Winsock"}, {0, NULL}, {1, "!"}}, missing = {1, NULL};
    WSAOVERLAPPED overlapped;
    struct sockaddr_in address = loopback(0);
    SOCKET listener, stream, peer;
    DWORD count = 0xDEAD, flags = 0;
    char bytes[20];
    WSABUF buffer = {sizeof bytes, NULL};
    int length = sizeof address;

    buffer.buf = bytes;
    memset(&protocol, 0, sizeof protocol);
    memset(&upcalls, 0, sizeof upcalls);
    memset(&thread, 0, sizeof thread);
    memset(&overlapped, 0, sizeof overlapped);
    NEEDED(WSPStartup(MAKEWORD(2, 2), &data, &protocol, upcalls, &spi) == 0);

    note("a pair");
    listener = new_socket();
    SPI(spi.lpWSPBind(listener, (struct sockaddr *)&address, sizeof address, &error));
    SPI(spi.lpWSPListen(listener, 1, &error));
    SPI(spi.lpWSPGetSockName(listener, (struct sockaddr *)&address, &length, &error));
    stream = new_socket();
    SPI(spi.lpWSPConnect(stream, (struct sockaddr *)&address, sizeof address, NULL, NULL, NULL, NULL, &error));
    peer = spi.lpWSPAccept(listener, NULL, NULL, NULL, 0, &error);
    NEEDED(peer != INVALID_SOCKET);

    note("arguments");
    SPI(spi.lpWSPSend(INVALID_SOCKET, parts, 3, NULL, 0, NULL, NULL, NULL, &error));
    SPI(spi.lpWSPSend(stream, parts, 3, NULL, 0, NULL, NULL, NULL, &error));
    SPI(spi.lpWSPSend(stream, NULL, 3, &count, 0, NULL, NULL, NULL, &error));
    SPI(spi.lpWSPSend(stream, &missing, 1, &count, 0, NULL, NULL, NULL, &error));
    SPI(spi.lpWSPSend(stream, parts, 3, &count, 0x4000, NULL, NULL, NULL, &error));
    SPI(spi.lpWSPSend(listener, parts, 3, &count, 0, NULL, NULL, NULL, &error));
    note("count untouched: %d", count == 0xDEAD);
    error = 4711;
    note("without a place for the error: %d, untouched: %d",
         spi.lpWSPSend(INVALID_SOCKET, parts, 3, &count, 0, NULL, NULL, NULL, NULL), error == 4711);

    note("synchronous");
    SPI(spi.lpWSPSend(stream, parts, 3, &count, 0, NULL, NULL, &thread, &error));
    note("count %u", (unsigned)count);
    SPI(spi.lpWSPRecv(peer, &buffer, 1, &count, &flags, NULL, NULL, NULL, &error));
    note("%u bytes: %.*s", (unsigned)count, (int)count, bytes);

    note("with an event");
    overlapped.hEvent = WSACreateEvent();
    SPI(spi.lpWSPSend(stream, parts, 3, &count, 0, &overlapped, NULL, &thread, &error));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    note("WSPGetOverlappedResult %d",
         spi.lpWSPGetOverlappedResult(stream, &overlapped, &count, FALSE, &flags, &error));
    note("%u bytes, flags %u", (unsigned)count, (unsigned)flags);

    note("with a routine");
    SPI(spi.lpWSPSend(stream, parts, 3, &count, 0, &overlapped, routine, &thread, &error));
    note("calls %d", calls);
    CALL_WAIT(SleepEx(10000, TRUE));
    note("calls %d", calls);

    note("the end");
    SPI(spi.lpWSPShutdown(stream, SD_SEND, &error));
    SPI(spi.lpWSPSend(stream, parts, 3, &count, 0, NULL, NULL, NULL, &error));
    SPI(spi.lpWSPCloseSocket(stream, &error));
    SPI(spi.lpWSPSend(stream, parts, 3, &count, 0, NULL, NULL, NULL, &error));
    SPI(spi.lpWSPCloseSocket(peer, &error));
    SPI(spi.lpWSPCloseSocket(listener, &error));
    SPI(spi.lpWSPCleanup(&error));
    return done();
}
