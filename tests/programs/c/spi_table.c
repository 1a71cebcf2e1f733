/*
 * The service provider interface itself: WSPStartup fills the table of
 * procedures. Windows loads providers from DLLs, so only we can run this.
 */
#include "transcript.h"
#include <ws2spi.h>

int main(void)
{
    WSPDATA data;
    WSAPROTOCOL_INFOW protocol;
    WSPUPCALLTABLE upcalls;
    WSPPROC_TABLE table;
    FARPROC *slots = (FARPROC *)&table;
    int error = 0, filled = 0;
    size_t slot;

    memset(&data, 0, sizeof data);
    memset(&protocol, 0, sizeof protocol);
    memset(&upcalls, 0, sizeof upcalls);
    memset(&table, 0, sizeof table);

    note_error("without a table", WSPStartup(MAKEWORD(2, 2), &data, &protocol, upcalls, NULL));
    note_error("without data", WSPStartup(MAKEWORD(2, 2), NULL, &protocol, upcalls, &table));
    note_error("a version too low", WSPStartup(MAKEWORD(1, 0), &data, &protocol, upcalls, &table));
    note_error("2.2", WSPStartup(MAKEWORD(2, 2), &data, &protocol, upcalls, &table));
    note("version %d.%d, highest %d.%d", LOBYTE(data.wVersion), HIBYTE(data.wVersion),
         LOBYTE(data.wHighVersion), HIBYTE(data.wHighVersion));
    for (slot = 0; slot < sizeof table / sizeof *slots; slot++)
        filled += slots[slot] != NULL;
    note("%d of %d slots are filled", filled, (int)(sizeof table / sizeof *slots));
    note("WSPSend is the 24th: %d", memcmp(&table.lpWSPSend, &slots[23], sizeof *slots) == 0);

    note("slots that the base provider of Windows CE refuses");
    {
        SOCKET stream = table.lpWSPSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED, &error);
        WSABUF buffer = {1, "a"};
        NEEDED(stream != INVALID_SOCKET);
        note("WSPSendDisconnect %d", table.lpWSPSendDisconnect(stream, &buffer, &error));
        note_error("WSPSendDisconnect", error);
        note("WSPRecvDisconnect %d", table.lpWSPRecvDisconnect(stream, &buffer, &error));
        note_error("WSPRecvDisconnect", error);
        note("WSPCloseSocket %d", table.lpWSPCloseSocket(stream, &error));
        note("again %d", table.lpWSPCloseSocket(stream, &error));
        note_error("again", error);
    }
    note("WSPCleanup %d", table.lpWSPCleanup(&error));
    return done();
}
