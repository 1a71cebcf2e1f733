/* One send gathers many buffers: 1, 2, 16 and 100 of them, some empty. */
#include "transcript.h"

static char bytes[100];

static void gather(SOCKET from, SOCKET to, DWORD buffers, int every)
{
    WSABUF parts[100];
    char arrived[200];
    DWORD number, count = 0, total = 0;
    int received = 0;
    for (number = 0; number < buffers; number++) {
        parts[number].len = every && number % (DWORD)every == 0 ? 0 : 1 + number % 2;
        parts[number].buf = parts[number].len ? bytes + number % 99 : NULL;
        total += parts[number].len;
    }
    note("%u buffers of %u bytes together", (unsigned)buffers, (unsigned)total);
    CALL(WSASend(from, parts, buffers, &count, 0, NULL, NULL));
    note("count %u", (unsigned)count);
    while (received < (int)count) {
        int result = recv(to, arrived + received, sizeof arrived - (size_t)received, 0);
        NEEDED(result > 0);
        received += result;
    }
    for (number = 0, total = 0; number < buffers; total += parts[number++].len)
        if (parts[number].len)
            NEEDED(memcmp(arrived + total, parts[number].buf, parts[number].len) == 0);
    note("%d bytes arrived in order", received);
}

int main(void)
{
    SOCKET stream, peer, datagram, other;
    int number;
    start_winsock();
    for (number = 0; number < 100; number++)
        bytes[number] = (char)('0' + number % 64);

    stream_pair(&stream, &peer);
    gather(stream, peer, 1, 0);
    gather(stream, peer, 2, 0);
    gather(stream, peer, 16, 0);
    gather(stream, peer, 16, 4);
    gather(stream, peer, 100, 3);
    datagram_pair(&datagram, &other);
    gather(datagram, other, 1, 0);
    gather(datagram, other, 16, 0);
    gather(datagram, other, 100, 3);
    return done();
}
