/* SIO_ADDRESS_LIST_QUERY and SIO_GET_INTERFACE_LIST: what is told of sizes, and when. */
#include "transcript.h"

#include <ws2tcpip.h>

static int calls;
static DWORD told_error, told_bytes;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped;
    (void)flags;
    calls++;
    told_error = error;
    told_bytes = bytes;
}

static void addresses(SOCKET s)
{
    union {
        SOCKET_ADDRESS_LIST list;
        char bytes[4096];
    } room;
    WSAOVERLAPPED overlapped;
    DWORD length = 77, whole;
    int row;

    CALL(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, NULL, 0, &length, NULL, NULL));
    whole = length;
    note("a length: %d", whole >= offsetof(SOCKET_ADDRESS_LIST, Address) && whole < sizeof room);
    CALL(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &room, sizeof room, &length, NULL, NULL));
    note("that length: %d", length == whole);
    for (row = 0; row < room.list.iAddressCount; row++)
        NEEDED(room.list.Address[row].lpSockaddr->sa_family == AF_INET);
    CALL(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &room, 1, &length, NULL, NULL));
    note("length %u", (unsigned)length);
    CALL(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &room, sizeof room, NULL, NULL, NULL));

    memset(&overlapped, 0, sizeof overlapped);
    length = 77;
    CALL(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &room, 1, &length, &overlapped, NULL));
    note("length %u", (unsigned)length);
    CALL(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &room, sizeof room, &length, &overlapped, routine));
    note("that length: %d", length == whole);
    CALL_WAIT(SleepEx(0, TRUE));
    note("calls %d, %u bytes", calls, (unsigned)told_bytes);
    note_error("error", (int)told_error);
}

static void interfaces(SOCKET s)
{
    INTERFACE_INFO list[64];
    WSAOVERLAPPED overlapped;
    DWORD length = 77, whole, row;
    int loopbacks = 0;

    CALL(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list, &length, NULL, NULL));
    whole = length;
    note("whole ones: %d", whole > 0 && whole % sizeof *list == 0);
    for (row = 0; row < whole / sizeof *list; row++) {
        NEEDED(list[row].iiAddress.AddressIn.sin_family == AF_INET && list[row].iiNetmask.AddressIn.sin_addr.s_addr != 0);
        if (list[row].iiFlags & IFF_LOOPBACK) {
            loopbacks++;
            note("%s, up: %d", inet_ntoa(list[row].iiAddress.AddressIn.sin_addr), (list[row].iiFlags & IFF_UP) != 0);
            note("%s", inet_ntoa(list[row].iiNetmask.AddressIn.sin_addr));
            note("%s", inet_ntoa(list[row].iiBroadcastAddress.AddressIn.sin_addr));
        }
    }
    note("loopback: %d", loopbacks);
    CALL(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof *list - 1, &length, NULL, NULL));
    note("length %u", (unsigned)length);

    memset(&overlapped, 0, sizeof overlapped);
    length = 77;
    calls = 0;
    CALL(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list, &length, &overlapped, routine));
    note("length %u", (unsigned)length);
    CALL_WAIT(SleepEx(1000, TRUE));
    note("calls %d, that length: %d", calls, told_bytes == whole);
    note_error("error", (int)told_error);
    CALL(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof *list - 1, &length, &overlapped, routine));
    CALL_WAIT(SleepEx(1000, TRUE));
    note("calls %d, %u bytes", calls, (unsigned)told_bytes);
    note_error("error", (int)told_error);
}

int main(void)
{
    SOCKET s;

    start_winsock();
    s = socket(AF_INET, SOCK_STREAM, 0);
    addresses(s);
    note("interfaces");
    interfaces(s);
    return done();
}
