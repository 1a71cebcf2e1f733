/* Urgent data within the stream, with SO_OOBINLINE at the receiver. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, peer;
    int on = 1;
    char bytes[10];

    start_winsock();
    stream_pair(&stream, &peer);
    CALL(setsockopt(peer, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof on));
    CALL(send(stream, "ab", 2, 0));
    CALL(send(stream, "X", 1, MSG_OOB));
    CALL(send(stream, "cd", 2, 0));
    CALL(shutdown(stream, SD_SEND));
    memset(bytes, 0, sizeof bytes);
    {
        int received = 0, result;
        while ((result = recv(peer, bytes + received, (int)sizeof bytes - received, 0)) > 0)
            received += result;
        note("%d bytes: %s, then %d", received, bytes, result);
    }
    CALL(recv(peer, bytes, 1, MSG_OOB));
    return done();
}
