/* Completion ports of one thread: what operations leave there, and what is refused. */
#include "transcript.h"
#include <mswsock.h>

static HANDLE port;
static OVERLAPPED one, another;
static char room[16];

/* Takes a packet, without a wait for more than what is on its way. */
static void take(const char *what, DWORD milliseconds)
{
    DWORD bytes = 77;
    ULONG_PTR key = 77;
    OVERLAPPED *overlapped = &another;
    BOOL taken;
    SetLastError(0);
    taken = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, milliseconds);
    note("%s -> %s, last error %u: %u bytes, key %u, %s", what, taken ? "TRUE" : "FALSE",
         (unsigned)GetLastError(), (unsigned)bytes, (unsigned)key,
         overlapped == NULL ? "no structure" : overlapped == &one ? "one" : "another");
}

static void associate(const char *what, HANDLE file, HANDLE to, ULONG_PTR key)
{
    HANDLE made;
    SetLastError(0);
    made = CreateIoCompletionPort(file, to, key, 0);
    note("%s -> %s, last error %u", what, made == NULL ? "NULL" : made == to ? "the port" : "a port",
         (unsigned)GetLastError());
}

static int receive(SOCKET s, OVERLAPPED *overlapped)
{
    WSABUF buffer = {sizeof room, room};
    DWORD flags = 0;
    return WSARecv(s, &buffer, 1, NULL, &flags, overlapped, NULL);
}

static void CALLBACK never(DWORD error, DWORD bytes, OVERLAPPED *overlapped, DWORD flags)
{
    (void)error, (void)bytes, (void)overlapped, (void)flags;
    note("a routine runs");
}

static void reset(SOCKET s)
{
    struct linger at_once = {1, 0};
    NEEDED(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once) == 0);
    NEEDED(closesocket(s) == 0);
}

int main(void)
{
    SOCKET near_end, far_end, plain;
    WSABUF buffer = {sizeof room, room};
    DWORD flags = 0, bytes = 0;
    OVERLAPPED_ENTRY entries[4];
    ULONG removed = 0;

    start_winsock();
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    NEEDED(port != NULL);
    take("an empty port", 0);
    take("an empty port, with a time-out", 1);

    note("what is associated");
    stream_pair(&near_end, &far_end);
    associate("a second port without a file", INVALID_HANDLE_VALUE, port, 0);
    associate("a socket", (HANDLE)near_end, port, 5);
    associate("the same socket again", (HANDLE)near_end, port, 6);
    plain = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);
    NEEDED(plain != INVALID_SOCKET);
    associate("a nonoverlapped socket", (HANDLE)plain, port, 7);

    note("posted");
    NEEDED(PostQueuedCompletionStatus(port, 3, 9, &another));
    NEEDED(PostQueuedCompletionStatus(port, 4, 10, NULL));
    take("the first", 0);
    take("the second", 0);

    note("ended at once");
    NEEDED(send(far_end, "abc", 3, 0) == 3);
    until_readable(near_end);
    memset(&one, 0, sizeof one);
    CALL(receive(near_end, &one));
    take("the receive", 0);
    take("once", 0);

    note("pending");
    CALL(receive(near_end, &one));
    take("nothing yet", 0);
    NEEDED(send(far_end, "defg", 4, 0) == 4);
    take("what was waited for", 10000);
    memset(&another, 0, sizeof another);
    CALL(receive(near_end, &one));
    CALL(receive(near_end, &another));
    NEEDED(CancelIoEx((HANDLE)near_end, &another));
    take("the cancelled one", 10000);
    NEEDED(send(far_end, "h", 1, 0) == 1);
    take("the other", 10000);

    note("without a packet");
    one.hEvent = (HANDLE)((ULONG_PTR)WSACreateEvent() | 1);
    CALL(receive(near_end, &one));
    NEEDED(send(far_end, "i", 1, 0) == 1);
    CALL_WAIT(WSAWaitForMultipleEvents(1, &one.hEvent, TRUE, 10000, FALSE));
    take("nothing", 0);
    one.hEvent = NULL;
    CALL(WSARecv(near_end, &buffer, 1, &bytes, &flags, &one, never));
    CALL_BOOL(SetFileCompletionNotificationModes((HANDLE)near_end,
                                                 FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    NEEDED(send(far_end, "jk", 2, 0) == 2);
    until_readable(near_end);
    CALL(receive(near_end, &one));
    take("ended at once, and skipped", 0);
    CALL(receive(near_end, &one));
    NEEDED(send(far_end, "l", 1, 0) == 1);
    take("ended later", 10000);

    note("several");
    NEEDED(PostQueuedCompletionStatus(port, 1, 1, &one));
    NEEDED(PostQueuedCompletionStatus(port, 2, 2, &another));
    CALL_BOOL(GetQueuedCompletionStatusEx(port, entries, 4, &removed, 0, FALSE));
    note("%u entries: keys %u and %u", (unsigned)removed, (unsigned)entries[0].lpCompletionKey,
         (unsigned)entries[1].lpCompletionKey);
    CALL_BOOL(GetQueuedCompletionStatusEx(port, entries, 4, &removed, 0, FALSE));

    note("failed");
    CALL(receive(near_end, &one));
    reset(far_end);
    take("the receive", 10000);
    NEEDED(closesocket(near_end) == 0);

    note("closed");
    stream_pair(&near_end, &far_end);
    associate("another socket", (HANDLE)near_end, port, 8);
    memset(&one, 0, sizeof one);
    CALL(receive(near_end, &one));
    NEEDED(closesocket(far_end) == 0);
    take("the peer's end", 10000);
    NEEDED(closesocket(near_end) == 0);
    take("nothing", 0);

    note("a port of its own");
    stream_pair(&near_end, &far_end);
    NEEDED(CloseHandle(port));
    take("a closed port", 0);
    associate("a socket", (HANDLE)near_end, NULL, 11);
    associate("what is no socket", (HANDLE)(ULONG_PTR)0xFFF0, NULL, 11);
    return done();
}
