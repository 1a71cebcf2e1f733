/* GetOverlappedResult: what kernel32 says of an overlapped receive. */
#include "transcript.h"

int main(void)
{
    SOCKET near_end, far_end;
    WSAOVERLAPPED overlapped;
    WSAEVENT event;
    char bytes[8];
    WSABUF room = {sizeof bytes, bytes};
    DWORD flags = 0, count = 0;

    start_winsock();
    event = WSACreateEvent();
    stream_pair(&near_end, &far_end);
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = event;
    overlapped.InternalHigh = 1234;
    CALL_OVERLAPPED(WSARecv(near_end, &room, 1, NULL, &flags, &overlapped, NULL));
    note("not written yet: %d", overlapped.InternalHigh == 1234);
    CALL_BOOL(GetOverlappedResult((HANDLE)near_end, &overlapped, &count, FALSE));
    CALL(send(far_end, "abc", 3, 0));
    CALL_BOOL(GetOverlappedResult((HANDLE)near_end, &overlapped, &count, TRUE));
    note("%u bytes", (unsigned)count);

    note("without an event");
    memset(&overlapped, 0, sizeof overlapped);
    CALL_OVERLAPPED(WSARecv(near_end, &room, 1, NULL, &flags, &overlapped, NULL));
    CALL(send(far_end, "defg", 4, 0));
    CALL_BOOL(GetOverlappedResult((HANDLE)near_end, &overlapped, &count, TRUE));
    note("%u bytes", (unsigned)count);

    note("aborted");
    overlapped.hEvent = event;
    CALL_OVERLAPPED(WSARecv(near_end, &room, 1, NULL, &flags, &overlapped, NULL));
    CALL_BOOL(GetOverlappedResultEx((HANDLE)near_end, &overlapped, &count, 0, FALSE));
    CALL_BOOL(GetOverlappedResultEx((HANDLE)near_end, &overlapped, &count, 1, FALSE));
    CALL_BOOL(CancelIoEx((HANDLE)near_end, &overlapped));
    CALL_BOOL(GetOverlappedResult((HANDLE)near_end, &overlapped, &count, TRUE));

    note("reset");
    CALL_OVERLAPPED(WSARecv(near_end, &room, 1, NULL, &flags, &overlapped, NULL));
    {
        struct linger at_once = {1, 0};
        NEEDED(setsockopt(far_end, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once) == 0);
        closesocket(far_end);
    }
    CALL_BOOL(GetOverlappedResult((HANDLE)near_end, &overlapped, &count, TRUE));
    return done();
}
