/* A datagram that does not fit: what is told beside WSAEMSGSIZE, in every form of the receive. */
#include "transcript.h"

static SOCKET datagram, other;
static struct sockaddr_in from;
static int length, calls;
static char bytes[4];
static WSABUF room = {4, bytes};

static void CALLBACK routine(DWORD error, DWORD count, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    calls++;
    note("routine: %u bytes, flags %#x", (unsigned)count, (unsigned)flags);
    note_error("routine", (int)error);
}

static void fresh(void)
{
    memset(&from, 0, sizeof from);
    memset(bytes, '-', sizeof bytes);
    length = sizeof from;
    NEEDED(send(datagram, "0123456789", 10, 0) == 10);
}

static void told(DWORD count, DWORD flags)
{
    note("%u bytes, flags %#x, %.4s, from the sender: %d, length %d", (unsigned)count, (unsigned)flags, bytes,
         from.sin_port == local_address(datagram).sin_port, length);
}

int main(void)
{
    WSAOVERLAPPED overlapped;
    DWORD count, flags;

    start_winsock();
    datagram_pair(&datagram, &other);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();

    note("recvfrom");
    fresh();
    CALL(recvfrom(other, bytes, 4, 0, (struct sockaddr *)&from, &length));
    told(4, 0);

    note("WSARecvFrom");
    fresh();
    count = flags = 0;
    CALL(WSARecvFrom(other, &room, 1, &count, &flags, (struct sockaddr *)&from, &length, NULL, NULL));
    told(count, flags);

    note("overlapped, at once");
    fresh();
    until_readable(other);
    count = flags = 0;
    CALL(WSARecvFrom(other, &room, 1, &count, &flags, (struct sockaddr *)&from, &length, &overlapped, NULL));
    told(count, flags);
    count = flags = 0;
    CALL_BOOL(WSAGetOverlappedResult(other, &overlapped, &count, FALSE, &flags));
    told(count, flags);

    note("overlapped, pending");
    count = flags = 0;
    CALL(WSARecvFrom(other, &room, 1, NULL, &flags, (struct sockaddr *)&from, &length, &overlapped, NULL));
    fresh();
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(other, &overlapped, &count, FALSE, &flags));
    told(count, flags);

    note("with a routine, pending");
    flags = 0;
    CALL(WSARecvFrom(other, &room, 1, NULL, &flags, (struct sockaddr *)&from, &length, &overlapped, routine));
    fresh();
    CALL_WAIT(SleepEx(10000, TRUE));
    told(4, 0);
    note("calls %d", calls);
    return done();
}
