/*
 * 1,000 overlapped sends of mixed sizes, eight outstanding; every completion
 * routine posts the next one from inside itself. Byte n of the stream is a
 * function of n, so that the peer can tell what is out of order.
 */
#include <winsock2.h>

#include <stdio.h>
#include <stdlib.h>

#define SENDS 1000
#define DEPTH 8
#define LARGEST 40000

static struct request {
    WSAOVERLAPPED overlapped;
    DWORD size;
    char bytes[LARGEST];
} requests[DEPTH];

static SOCKET s;
static int posted, completed, outstanding;
static unsigned long position;

static void CALLBACK sent(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags);

static void fail(const char *what) {
    printf("%s: %d\n", what, WSAGetLastError());
    exit(1);
}

static void post(struct request *request) {
    WSABUF parts[2];
    DWORD byte;
    request->size = (DWORD)(posted * 7919 % LARGEST);
    for (byte = 0; byte < request->size; byte++, position++)
        request->bytes[byte] = (char)(position * 31 + position / 251);
    parts[0].len = request->size / 3;
    parts[0].buf = request->bytes;
    parts[1].len = request->size - parts[0].len;
    parts[1].buf = request->bytes + parts[0].len;
    memset(&request->overlapped, 0, sizeof request->overlapped);
    posted++;
    outstanding++;
    if (WSASend(s, parts, 2, NULL, 0, &request->overlapped, sent) == SOCKET_ERROR &&
        WSAGetLastError() != WSA_IO_PENDING)
        fail("WSASend");
}

static void CALLBACK sent(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags) {
    struct request *request = (struct request *)overlapped;
    if (error != 0 || flags != 0 || bytes != request->size || overlapped->Internal == STATUS_PENDING)
        fail("a send was not completed as it was posted");
    completed++;
    outstanding--;
    if (posted < SENDS)
        post(request);
}

int main(int argc, char **argv) {
    struct sockaddr_in peer = {.sin_family = AF_INET};
    WSADATA data;
    int request;
    if (argc != 2 || WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 2;
    peer.sin_port = htons((u_short)atoi(argv[1]));
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s = WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (s == INVALID_SOCKET || connect(s, (struct sockaddr *)&peer, sizeof peer) != 0)
        fail("connect");
    for (request = 0; request < DEPTH; request++)
        post(&requests[request]);
    while (outstanding > 0)
        if (SleepEx(INFINITE, TRUE) != WAIT_IO_COMPLETION)
            fail("SleepEx");
    printf("posted %d, completed %d, outstanding %d, %lu bytes\n", posted, completed, outstanding,
           position);
    /* Nothing is left to be cancelled, or to be run. */
    printf("cancelled: %d, %lu; waited: %lu\n", CancelIoEx((HANDLE)s, NULL), GetLastError(),
           SleepEx(0, TRUE));
    closesocket(s);
    return WSACleanup();
}
