/* Sockets and events are small multiples of four, and a closed one is not the next one. */
#include "transcript.h"

static SOCKET made(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    NEEDED(s != INVALID_SOCKET);
    return s;
}

int main(void)
{
    SOCKET first, largest = 0;
    WSAEVENT event;
    int round, fours = 1, reused = 0;

    start_winsock();
    first = made();
    event = WSACreateEvent();
    note("small: %d %d, fours: %d %d", first < 4096, (ULONG_PTR)event < 4096, first % 4 == 0, (ULONG_PTR)event % 4 == 0);
    for (round = 0; round < 1000; round++) {
        SOCKET s = made();
        fours = fours && s % 4 == 0;
        largest = s > largest ? s : largest;
        reused += s == first || s == (SOCKET)event;
        closesocket(s);
    }
    note("a thousand, one after the other: fours %d, small %d, given twice %d", fours, largest < 4096, reused);
    closesocket(first);
    CALL(closesocket(first));
    return done();
}
