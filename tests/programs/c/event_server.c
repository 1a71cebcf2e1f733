/* An echo server driven by network events: WSAEventSelect and WSAEnumNetworkEvents. */
#include "transcript.h"

#define CLIENTS 3

static SOCKET sockets[CLIENTS + 1];
static WSAEVENT events[CLIENTS + 1];
static int echoed[CLIENTS + 1];
static int used, closed;

static void add(SOCKET socket, long mask)
{
    sockets[used] = socket;
    events[used] = WSACreateEvent();
    NEEDED(events[used] != WSA_INVALID_EVENT);
    NEEDED(WSAEventSelect(socket, events[used], mask) == 0);
    used++;
}

static void echo(int number)
{
    char bytes[256];
    int received;
    while ((received = recv(sockets[number], bytes, sizeof bytes, 0)) > 0) {
        NEEDED(send(sockets[number], bytes, received, 0) == received);
        echoed[number] += received;
    }
}

int main(void)
{
    start_winsock();
    add(listening_socket(), FD_ACCEPT | FD_CLOSE);
    fprintf(stderr, "listening on port %u\n", ntohs(local_address(sockets[0]).sin_port));

    while (closed < CLIENTS) {
        WSANETWORKEVENTS found;
        DWORD result = WSAWaitForMultipleEvents((DWORD)used, events, FALSE, WSA_INFINITE, FALSE);
        int number = (int)(result - WSA_WAIT_EVENT_0);
        NEEDED(number >= 0 && number < used);
        NEEDED(WSAEnumNetworkEvents(sockets[number], events[number], &found) == 0);
        if (found.lNetworkEvents & FD_ACCEPT) {
            SOCKET connection = accept(sockets[0], NULL, NULL);
            NEEDED(connection != INVALID_SOCKET);
            note("FD_ACCEPT: client %d, %s", used, error_name(found.iErrorCode[FD_ACCEPT_BIT]));
            add(connection, FD_READ | FD_WRITE | FD_CLOSE);
        }
        if (found.lNetworkEvents & FD_READ)
            echo(number);
        if (found.lNetworkEvents & FD_WRITE)
            note("FD_WRITE: client %d, %s", number, error_name(found.iErrorCode[FD_WRITE_BIT]));
        if (found.lNetworkEvents & FD_CLOSE) {
            echo(number);
            note("FD_CLOSE: client %d after %d bytes, %s", number, echoed[number],
                 error_name(found.iErrorCode[FD_CLOSE_BIT]));
            NEEDED(closesocket(sockets[number]) == 0);
            /* An event that nobody sets keeps the numbers of the others. */
            NEEDED(WSAResetEvent(events[number]));
            closed++;
        }
    }
    CALL(closesocket(sockets[0]));
    while (used > 0)
        NEEDED(WSACloseEvent(events[--used]));
    CALL(WSACleanup());
    return done();
}
