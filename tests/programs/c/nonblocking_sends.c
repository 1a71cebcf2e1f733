/*
 * Nonblocking sends until there is no room: how much that takes is the
 * system's choice, that no byte of it is lost or repeated is not.
 */
#include "transcript.h"

#define PIECE 100003

static char piece[PIECE];

int main(void)
{
    SOCKET stream, peer;
    unsigned sent_sum = CHECKSUM_OF_NOTHING, received_sum = CHECKSUM_OF_NOTHING;
    int round, total = 0;

    start_winsock();
    stream_pair(&stream, &peer);
    set_nonblocking(stream, 1);
    for (round = 0; round < 3; round++) {
        int sent, in_this_round = 0, position;
        for (;;) {
            for (position = 0; position < PIECE; position++)
                piece[position] = (char)((total + in_this_round + position) / 97);
            sent = send(stream, piece, PIECE, 0);
            if (sent == SOCKET_ERROR)
                break;
            NEEDED(sent > 0 && sent <= PIECE);
            sent_sum = checksum(sent_sum, piece, sent);
            in_this_round += sent;
        }
        note_error("no room", WSAGetLastError());
        note("something was sent: %d", in_this_round > 0);
        drain(peer, in_this_round, &received_sum);
        note("all of it arrived: %d", received_sum == sent_sum);
        total += in_this_round;
        {
            fd_set writable;
            FD_ZERO(&writable);
            FD_SET(stream, &writable);
            CALL(select(0, NULL, &writable, NULL, NULL));
        }
    }
    CALL(closesocket(stream));
    CALL(recv(peer, piece, 1, 0));
    return done();
}
