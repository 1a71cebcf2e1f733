/* TransmitFile of memory alone, and what it refuses. */
#include "transcript.h"
#include <mswsock.h>

static LPFN_TRANSMITFILE transmit_file;

/* Receives until that many bytes are there. */
static void receives(SOCKET s, int wanted)
{
    char room[64];
    int there = 0, more;
    while (there < wanted && (more = recv(s, room + there, sizeof room - there, 0)) > 0)
        there += more;
    note("received \"%.*s\"", there, room);
}

int main(void)
{
    SOCKET near_end, far_end, alone;
    TRANSMIT_FILE_BUFFERS around = {"head ", 5, "tail", 4};
    OVERLAPPED overlapped;
    GUID id = WSAID_TRANSMITFILE;
    DWORD bytes = 0, flags = 0;

    start_winsock();
    alone = socket(AF_INET, SOCK_STREAM, 0);
    NEEDED(alone != INVALID_SOCKET);
    NEEDED(WSAIoctl(alone, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &transmit_file,
                    sizeof transmit_file, &bytes, NULL, NULL) == 0);
    CALL_BOOL(transmit_file(INVALID_SOCKET, NULL, 0, 0, NULL, NULL, 0));
    CALL_BOOL(transmit_file(alone, NULL, 0, 0, NULL, NULL, 0));
    CALL_BOOL(transmit_file(alone, NULL, 0, 0, NULL, &around, 0));

    stream_pair(&near_end, &far_end);
    note("head and tail");
    CALL_BOOL(transmit_file(near_end, NULL, 0, 0, NULL, &around, 0));
    receives(far_end, 9);
    note("overlapped");
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    CALL_BOOL(transmit_file(near_end, NULL, 0, 0, &overlapped, &around, 0));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(near_end, &overlapped, &bytes, FALSE, &flags));
    note("%u bytes", (unsigned)bytes);
    receives(far_end, 9);
    note("no file that is open");
    CALL_BOOL(transmit_file(near_end, (HANDLE)(ULONG_PTR)0xFFF0, 0, 0, NULL, NULL, 0));
    return done();
}
