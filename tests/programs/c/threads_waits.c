/* Every kind of wait for a socket at once, each in a thread of its own. */
#include "transcript.h"

enum { BY_RECV, BY_SELECT, BY_POLL, BY_EVENT, BY_RESULT, BY_TIME_OUT, WAYS };

static SOCKET near_ends[WAYS], far_ends[WAYS];
static HANDLE ready;

static int receive(SOCKET s)
{
    char bytes[8] = "";
    int received = recv(s, bytes, sizeof bytes, 0);
    return received == 4 && memcmp(bytes, "ping", 4) == 0;
}

static DWORD WINAPI waits(LPVOID parameter)
{
    int way = (int)(ULONG_PTR)parameter;
    SOCKET s = far_ends[way];
    int turn;
    for (turn = 0; turn < 20; turn++) {
        SetEvent(ready);
        switch (way) {
        case BY_RECV:
            break;
        case BY_SELECT: {
            fd_set readable;
            FD_ZERO(&readable);
            FD_SET(s, &readable);
            if (select(0, &readable, NULL, NULL, NULL) != 1)
                return 1;
            break;
        }
        case BY_POLL: {
            WSAPOLLFD poll = {s, POLLRDNORM, 0};
            if (WSAPoll(&poll, 1, 10000) != 1)
                return 2;
            break;
        }
        case BY_EVENT: {
            WSANETWORKEVENTS events = {0};
            HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
            u_long blocking = 0;
            if (WSAEventSelect(s, event, FD_READ) != 0 ||
                WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE) != WAIT_OBJECT_0 ||
                WSAEnumNetworkEvents(s, event, &events) != 0 || events.lNetworkEvents != FD_READ ||
                WSAEventSelect(s, NULL, 0) != 0 || ioctlsocket(s, FIONBIO, &blocking) != 0)
                return 3;
            CloseHandle(event);
            break;
        }
        case BY_RESULT: {
            char bytes[8];
            WSABUF buffer = {sizeof bytes, bytes};
            OVERLAPPED overlapped = {0};
            DWORD received = 0, flags = 0;
            overlapped.hEvent = WSACreateEvent();
            if (WSARecv(s, &buffer, 1, NULL, &flags, &overlapped, NULL) != 0 &&
                WSAGetLastError() != WSA_IO_PENDING)
                return 4;
            if (!WSAGetOverlappedResult(s, &overlapped, &received, TRUE, &flags) || received != 4)
                return 5;
            WSACloseEvent(overlapped.hEvent);
            if (send(s, "pong", 4, 0) != 4)
                return 6;
            continue;
        }
        case BY_TIME_OUT: {
            DWORD limit = 5;
            char byte;
            int outs = 0;
            if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit) != 0)
                return 7;
            while (recv(s, &byte, 1, MSG_PEEK) != 1)
                outs += WSAGetLastError() == WSAETIMEDOUT;
            if (outs < 0)
                return 8;
            break;
        }
        }
        if (!receive(s) || send(s, "pong", 4, 0) != 4)
            return 9;
    }
    return 0;
}

/* Connects to the program's own listener, which accepts only afterwards. */
static DWORD WINAPI connects(LPVOID parameter)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    char bytes[4];
    int length = 0, part;
    if (connect(s, (struct sockaddr *)parameter, sizeof(struct sockaddr_in)) != 0)
        return 1;
    for (; length < 4; length += part)
        if ((part = recv(s, bytes + length, 4 - length, 0)) <= 0)
            return 2;
    if (memcmp(bytes, "self", 4) != 0)
        return 3;
    closesocket(s);
    return 0;
}

int main(void)
{
    HANDLE threads[WAYS], thread;
    struct sockaddr_in address;
    SOCKET listener, accepted;
    DWORD code, codes = 0;
    char bytes[8];
    int way, turn, pongs = 0;

    start_winsock();
    ready = CreateEvent(NULL, FALSE, FALSE, NULL);
    for (way = 0; way < WAYS; way++) {
        stream_pair(&near_ends[way], &far_ends[way]);
        threads[way] = CreateThread(NULL, 0, waits, (LPVOID)(ULONG_PTR)way, 0, NULL);
    }
    for (turn = 0; turn < 20; turn++) {
        for (way = WAYS - 1; way >= 0; way--)
            NEEDED(send(near_ends[way], "ping", 4, 0) == 4);
        for (way = 0; way < WAYS; way++)
            pongs += recv(near_ends[way], bytes, sizeof bytes, 0) == 4;
    }
    CALL_WAIT(WaitForMultipleObjects(WAYS, threads, TRUE, 20000));
    for (way = 0; way < WAYS; way++) {
        NEEDED(GetExitCodeThread(threads[way], &code));
        codes += code;
    }
    note("pongs: %d, codes: %u", pongs, (unsigned)codes);

    listener = listening_socket();
    address = local_address(listener);
    thread = CreateThread(NULL, 0, connects, &address, 0, NULL);
    accepted = accept(listener, NULL, NULL);
    NEEDED(send(accepted, "se", 2, 0) == 2);
    CALL_WAIT(WaitForSingleObject(thread, 20));
    NEEDED(send(accepted, "lf", 2, 0) == 2);
    CALL_WAIT(WaitForSingleObject(thread, 10000));
    NEEDED(GetExitCodeThread(thread, &code));
    note("the program itself: %u", (unsigned)code);

    /* One that nobody listens for. */
    closesocket(listener);
    CALL(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address));
    return done();
}
