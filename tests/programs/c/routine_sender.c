/*
 * 1,000 overlapped sends of mixed sizes with completion routines. Eight are
 * posted at first; every routine posts the next from inside itself.
 */
#include "transcript.h"

#define DEPTH 8
#define SENDS 1000
#define LARGEST 50000

struct request {
    WSAOVERLAPPED overlapped;
    DWORD size;
    char bytes[LARGEST];
};

static SOCKET sender;
static struct request requests[DEPTH];
static int posted, completed;
static unsigned bytes_posted, bytes_completed, sum = CHECKSUM_OF_NOTHING;

static void CALLBACK sent(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags);

static void post(struct request *request)
{
    WSABUF parts[3];
    DWORD third;
    int result;
    request->size = (DWORD)(1 + posted * 7919 % LARGEST);
    memset(request->bytes, posted, request->size);
    sum = checksum(sum, request->bytes, (int)request->size);
    bytes_posted += request->size;
    third = request->size / 3;
    parts[0].len = third;
    parts[0].buf = request->bytes;
    parts[1].len = third;
    parts[1].buf = request->bytes + third;
    parts[2].len = request->size - 2 * third;
    parts[2].buf = request->bytes + 2 * third;
    memset(&request->overlapped, 0, sizeof request->overlapped);
    posted++;
    result = WSASend(sender, parts, 3, NULL, 0, &request->overlapped, sent);
    NEEDED(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
}

static void CALLBACK sent(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    struct request *request = (struct request *)overlapped;
    NEEDED(error == 0 && flags == 0 && count == request->size);
    completed++;
    bytes_completed += count;
    if (posted < SENDS)
        post(request);
}

int main(int argc, char **argv)
{
    struct sockaddr_in peer = peer_address(argc, argv);
    char answer[100];
    int slot, length;

    start_winsock();
    sender = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    NEEDED(sender != INVALID_SOCKET);
    CALL(connect(sender, (struct sockaddr *)&peer, sizeof peer));
    for (slot = 0; slot < DEPTH; slot++)
        post(&requests[slot]);
    while (completed < SENDS)
        NEEDED(SleepEx(10000, TRUE) == WAIT_IO_COMPLETION);

    note("posted %d, completed %d", posted, completed);
    note("bytes posted %u, completed %u, checksum %08x", bytes_posted, bytes_completed, sum);
    CALL_WAIT(SleepEx(0, TRUE));
    CALL(shutdown(sender, SD_SEND));
    length = recv(sender, answer, sizeof answer, MSG_WAITALL);
    note("the peer received %.*s", length, answer);
    CALL(closesocket(sender));
    CALL(WSACleanup());
    return done();
}
