/* Transmits a file to a peer, in every way in which that is done. */
#include <winsock2.h>
#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define EXPECT(condition)                                                                \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            printf("line %d: %s; last error %d\n", __LINE__, #condition, WSAGetLastError()); \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

static SOCKET s;
static HANDLE file;

static SOCKET connected(const char *port)
{
    struct sockaddr_in peer = {.sin_family = AF_INET};
    SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer.sin_port = htons((u_short)atoi(port));
    EXPECT(connect(made, (struct sockaddr *)&peer, sizeof peer) == 0);
    return made;
}

static void expect_refused(BOOL sent, int code)
{
    EXPECT(!sent && WSAGetLastError() == code);
}

static void transmits_parts(void)
{
    TRANSMIT_FILE_BUFFERS around = {"<", 1, ">", 1};
    TRANSMIT_PACKETS_ELEMENT packets[3];
    u_long on = 1;

    EXPECT(TransmitFile(s, file, 0, 0, NULL, &around, 0));
    SetFilePointer(file, 10, NULL, FILE_BEGIN);
    EXPECT(TransmitFile(s, file, 5, 2, NULL, NULL, 0));
    memset(packets, 0, sizeof packets);
    packets[0].dwElFlags = TP_ELEMENT_MEMORY;
    packets[0].pBuffer = "memory";
    packets[0].cLength = 6;
    packets[1].dwElFlags = TP_ELEMENT_FILE;
    packets[1].hFile = file;
    packets[1].nFileOffset.QuadPart = 3;
    packets[1].cLength = 4;
    packets[2].dwElFlags = TP_ELEMENT_FILE;
    packets[2].hFile = file;
    packets[2].nFileOffset.QuadPart = -1;
    packets[2].cLength = 2;
    EXPECT(TransmitPackets(s, packets, 3, 0, NULL, 0));
    /* A nonblocking socket waits too: there is no count to say how far it came. */
    EXPECT(ioctlsocket(s, FIONBIO, &on) == 0);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    EXPECT(TransmitFile(s, file, 0, 0, NULL, NULL, 0));
    packets[0].dwElFlags = 0;
    expect_refused(TransmitPackets(s, packets, 1, 0, NULL, 0), WSAEINVAL);
}

static void transmits_overlapped(void)
{
    OVERLAPPED overlapped = {.Offset = 20}, *ended = NULL;
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 5, 0);
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    EXPECT(port != NULL);
    /* It is pending, whatever is skipped of what ends at once. */
    EXPECT(SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    expect_refused(TransmitFile(s, file, 7, 0, &overlapped, NULL, 0), ERROR_IO_PENDING);
    EXPECT(GetQueuedCompletionStatus(port, &bytes, &key, &ended, 10000));
    EXPECT(bytes == 7 && key == 5 && ended == &overlapped);
    /* The chunks of a call without a structure are nobody else's operations. */
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    EXPECT(TransmitFile(s, file, 4, 0, NULL, NULL, 0));
    EXPECT(!GetQueuedCompletionStatus(port, &bytes, &key, &ended, 0));
    memset(&overlapped, 0, sizeof overlapped);
    expect_refused(TransmitFile(s, file, 0, 0, &overlapped, NULL, TF_REUSE_SOCKET),
                   WSAEOPNOTSUPP);
}

static void is_refused(const char *path)
{
    SOCKET datagram = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    HANDLE only_written = CreateFileA(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    EXPECT(only_written != INVALID_HANDLE_VALUE);
    expect_refused(TransmitFile(datagram, file, 0, 0, NULL, NULL, 0), WSAENOTCONN);
    expect_refused(TransmitFile(s, only_written, 0, 0, NULL, NULL, 0), ERROR_ACCESS_DENIED);
    expect_refused(TransmitFile(s, file, 0, 0, NULL, NULL, 0x8000), WSAEINVAL);
    expect_refused(TransmitFile(s, file, 0, 0, NULL, (void *)0xFFFF0000, 0), WSAEFAULT);
}

int main(int count, char **arguments)
{
    WSADATA data;
    EXPECT(count == 3 && WSAStartup(MAKEWORD(2, 2), &data) == 0);
    file = CreateFileA(arguments[2], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    EXPECT(file != INVALID_HANDLE_VALUE);
    s = connected(arguments[1]);
    transmits_parts();
    is_refused(arguments[2]);
    transmits_overlapped();
    EXPECT(TransmitFile(s, NULL, 0, 0, NULL, NULL, TF_DISCONNECT | TF_REUSE_SOCKET));
    printf("done\n");
    return 0;
}
