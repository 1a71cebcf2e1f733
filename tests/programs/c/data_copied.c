/* What a send has accepted is the sender's no more: it may overwrite its buffer. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    char bytes[101], arrived[100];
    WSABUF buffer = {100, NULL};
    DWORD count = 0;

    start_winsock();
    stream_pair(&stream, &peer);
    memset(bytes, 'o', sizeof bytes);
    buffer.buf = bytes;
    CALL(WSASend(stream, &buffer, 1, &count, 0, NULL, NULL));
    memset(bytes, 'n', sizeof bytes);
    CALL(recv(peer, arrived, sizeof arrived, MSG_WAITALL));
    memset(bytes, 'o', sizeof bytes);
    note("what was sent: %d", memcmp(bytes, arrived, sizeof arrived) == 0);
    return done();
}
