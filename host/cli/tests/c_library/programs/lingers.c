/* closesocket of a socket that lingers keeps its own thread waiting, and no other one. */
#include "../case.h"

#include <windows.h>

static struct pair pair;

static DWORD WINAPI closes(LPVOID parameter) {
    (void)parameter;
    return closesocket(pair.a) == 0 ? 0 : (DWORD)WSAGetLastError();
}

/* A thread that closes a socket whose peer has much to receive; how much. */
static DWORD begin(u_short seconds, HANDLE *thread) {
    struct linger linger = {1, seconds};
    DWORD unread;
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    unread = stall(pair);
    EXPECT(nonblocking(pair.a, 0) == 0);
    EXPECT(setsockopt(pair.a, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    *thread = CreateThread(NULL, 0, closes, NULL, 0, NULL);
    EXPECT(*thread != NULL);
    return unread;
}

static DWORD code_of(HANDLE thread) {
    DWORD code = MARK;
    EXPECT(WaitForSingleObject(thread, 60000) == WAIT_OBJECT_0);
    EXPECT(GetExitCodeThread(thread, &code));
    return code;
}

int main(void) {
    static char bytes[65536];
    HANDLE thread;
    DWORD unread, total = 0;
    int ticks = 0, some;
    start();
    begin(1, &thread);
    while (WaitForSingleObject(thread, 10) == WAIT_TIMEOUT)
        ticks++;
    EXPECT(ticks > 1 && code_of(thread) == 0);
    /* What was not received in time is not received at all. */
    while ((some = recv(pair.b, bytes, sizeof bytes, 0)) > 0)
        ;
    EXPECT(some == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET);

    unread = begin(60, &thread);
    EXPECT(WaitForSingleObject(thread, 10) == WAIT_TIMEOUT);
    while ((some = recv(pair.b, bytes, sizeof bytes, 0)) > 0)
        total += (DWORD)some;
    EXPECT(some == 0 && total >= unread && code_of(thread) == 0);
    return 0;
}
