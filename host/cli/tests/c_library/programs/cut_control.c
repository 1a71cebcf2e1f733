/* A message whose control data do not fit is indicated like one that is pending, once, by event or routine. */
#include "../case.h"

#include <mswsock.h>

static DWORD calls, told;

static void CALLBACK routine(DWORD code, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags) {
    (void)bytes;
    (void)overlapped;
    (void)flags;
    calls++;
    told = code;
}

static LPFN_WSARECVMSG receive_function(SOCKET s) {
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG function = NULL;
    DWORD count;
    EXPECT(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                    sizeof function, &count, NULL, NULL) == 0);
    return function;
}

int main(void) {
    struct sockaddr_in name = {.sin_family = AF_INET};
    WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    char bytes[4], control[1];
    WSABUF room = part(bytes, sizeof bytes);
    WSAMSG message = {.lpBuffers = &room, .dwBufferCount = 1, .Control = {sizeof control, control}};
    DWORD on = 1, count = 0, flags = 0;
    LPFN_WSARECVMSG receive;
    struct pair pair;
    int length = sizeof name, round;

    start();
    pair.a = new_socket(SOCK_DGRAM, WSA_FLAG_OVERLAPPED);
    pair.b = new_socket(SOCK_DGRAM, WSA_FLAG_OVERLAPPED);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(bind(pair.b, (struct sockaddr *)&name, sizeof name) == 0);
    EXPECT(getsockname(pair.b, (struct sockaddr *)&name, &length) == 0);
    EXPECT(setsockopt(pair.b, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on) == 0);
    EXPECT(connect(pair.a, (struct sockaddr *)&name, sizeof name) == 0);
    receive = receive_function(pair.b);

    /* At once, and later; memory that is gone would be used again by one of many. */
    for (round = 0; round < 50; round++) {
        BOOL later = round % 2 != 0;
        EXPECT(later || send(pair.a, "abcd", 4, 0) == 4);
        message.Control.len = sizeof control;
        message.dwFlags = 0;
        EXPECT(receive(pair.b, &message, NULL, &overlapped, routine) == SOCKET_ERROR);
        EXPECT(WSAGetLastError() == WSA_IO_PENDING);
        EXPECT(!later || send(pair.a, "abcd", 4, 0) == 4);
        EXPECT(SleepEx(10000, TRUE) == WAIT_IO_COMPLETION);
        EXPECT(calls == (DWORD)round + 1 && told == WSAEMSGSIZE);
        EXPECT((message.dwFlags & MSG_CTRUNC) != 0 && overlapped.InternalHigh == 4);
    }
    EXPECT(send(pair.a, "abcd", 4, 0) == 4);
    message.Control.len = sizeof control;
    message.dwFlags = 0;
    EXPECT(receive(pair.b, &message, NULL, &overlapped, NULL) == SOCKET_ERROR);
    EXPECT(WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE) == WSA_WAIT_EVENT_0);
    EXPECT(!WSAGetOverlappedResult(pair.b, &overlapped, &count, FALSE, &flags));
    EXPECT(WSAGetLastError() == WSAEMSGSIZE && count == 4);
    return 0;
}
