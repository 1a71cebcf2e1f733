/* Three overlapped sends pending at a time: each has its own result, and the bytes keep the order. */
#include "transcript.h"

#define SENDS 3

int main(void)
{
    static const unsigned sizes[SENDS] = {700000, 800000, 900000};
    static char bytes[SENDS][900000];
    SOCKET stream, peer;
    WSAOVERLAPPED overlapped[SENDS];
    WSAEVENT events[SENDS];
    unsigned expected = CHECKSUM_OF_NOTHING, arrived = CHECKSUM_OF_NOTHING;
    int number, filled;

    start_winsock();
    stream_pair(&stream, &peer);
    filled = stall(stream);
    for (number = 0; number < SENDS; number++) {
        WSABUF buffer;
        buffer.len = sizes[number];
        buffer.buf = bytes[number];
        memset(bytes[number], 'a' + number, sizes[number]);
        expected = checksum(expected, bytes[number], (int)sizes[number]);
        memset(&overlapped[number], 0, sizeof overlapped[number]);
        overlapped[number].hEvent = events[number] = WSACreateEvent();
        CALL(WSASend(stream, &buffer, 1, NULL, 0, &overlapped[number], NULL));
    }
    CALL_WAIT(WSAWaitForMultipleEvents(SENDS, events, FALSE, 0, FALSE));

    drain(peer, filled, NULL);
    drain(peer, 700000 + 800000 + 900000, &arrived);
    CALL_WAIT(WSAWaitForMultipleEvents(SENDS, events, TRUE, 10000, FALSE));
    note("in the order of posting: %d", arrived == expected);
    for (number = 0; number < SENDS; number++) {
        DWORD count = 0, flags = 0;
        CALL_BOOL(WSAGetOverlappedResult(stream, &overlapped[number], &count, FALSE, &flags));
        note("%u bytes", (unsigned)count);
    }
    return done();
}
