/* Sends 200 blocks to a peer with eight overlapped sends outstanding, each with an event. */
#include "transcript.h"

#define DEPTH 8
#define BLOCKS 200
#define SIZE 10000

static char blocks[DEPTH][SIZE];

int main(int argc, char **argv)
{
    struct sockaddr_in peer = peer_address(argc, argv);
    WSAOVERLAPPED overlapped[DEPTH];
    WSAEVENT events[DEPTH];
    unsigned sum = CHECKSUM_OF_NOTHING, total = 0;
    int posted, slot, length;
    char answer[100];
    SOCKET sender;

    start_winsock();
    sender = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    NEEDED(sender != INVALID_SOCKET);
    CALL(WSAConnect(sender, (struct sockaddr *)&peer, sizeof peer, NULL, NULL, NULL, NULL));
    for (slot = 0; slot < DEPTH; slot++)
        events[slot] = WSACreateEvent();

    for (posted = 0; posted < BLOCKS + DEPTH; posted++) {
        WSABUF buffer = {SIZE, NULL};
        int result;
        slot = posted % DEPTH;
        if (posted >= DEPTH) {
            /* The oldest send is the next to complete. */
            DWORD bytes = 0, flags = 0;
            NEEDED(WSAWaitForMultipleEvents(1, &events[slot], TRUE, WSA_INFINITE, FALSE) == WSA_WAIT_EVENT_0);
            NEEDED(WSAGetOverlappedResult(sender, &overlapped[slot], &bytes, FALSE, &flags));
            total += bytes;
        }
        if (posted >= BLOCKS)
            continue;
        memset(blocks[slot], posted, SIZE);
        sum = checksum(sum, blocks[slot], SIZE);
        memset(&overlapped[slot], 0, sizeof overlapped[slot]);
        overlapped[slot].hEvent = events[slot];
        buffer.buf = blocks[slot];
        result = WSASend(sender, &buffer, 1, NULL, 0, &overlapped[slot], NULL);
        NEEDED(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
    }
    note("completed %d sends, %u bytes, checksum %08x", BLOCKS, total, sum);
    CALL(shutdown(sender, SD_SEND));
    length = recv(sender, answer, sizeof answer, MSG_WAITALL);
    note("the peer received %.*s", length, answer);
    CALL(closesocket(sender));
    return done();
}
