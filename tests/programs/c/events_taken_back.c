/* What is recorded is forgotten when the call that reacts has left nothing: the first receive after FD_READ finds data. */
#include "transcript.h"

int main(void)
{
    SOCKET near_end, far_end;
    WSAEVENT event;
    WSANETWORKEVENTS found;
    char bytes[8];
    int round, told = 0, empty = 0;

    start_winsock();
    event = WSACreateEvent();
    stream_pair(&near_end, &far_end);
    NEEDED(WSAEventSelect(far_end, event, FD_READ) == 0);
    for (round = 0; round < 100; round++) {
        NEEDED(send(near_end, "abcdef", 6, 0) == 6);
        NEEDED(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE) == WSA_WAIT_EVENT_0);
        NEEDED(WSAEnumNetworkEvents(far_end, event, &found) == 0);
        if (found.lNetworkEvents & FD_READ) {
            told++;
            empty += recv(far_end, bytes, 2, 0) == SOCKET_ERROR;
        }
        /* In parts, of which every one but the last leaves something to be recorded. */
        while (recv(far_end, bytes, 2, 0) > 0)
            ;
    }
    NEEDED(WSAEnumNetworkEvents(far_end, event, &found) == 0);
    note("told: %d, of nothing: %d, left: %lx", told == 100, empty, (unsigned long)found.lNetworkEvents);
    return done();
}
