/* The mistake: a completed send is freed each time that one of several completes. */
#include "winsock.h"

enum { SENDS = 3, LENGTH = 8192 };

int main(int argc, char **argv)
{
    start();
    if (argc > 1) {
        SOCKET connection = connected(argv[1]);
        WSAOVERLAPPED overlapped[SENDS];
        WSAEVENT events[SENDS];
        char *buffers[SENDS];
        int number, done = 0;
        for (number = 0; number < SENDS; number++) {
            WSABUF buffer = {.len = LENGTH, .buf = calloc(1, LENGTH)};
            memset(&overlapped[number], 0, sizeof overlapped[number]);
            overlapped[number].hEvent = events[number] = WSACreateEvent();
            buffers[number] = buffer.buf;
            if (WSASend(connection, &buffer, 1, NULL, 0, &overlapped[number], NULL) != 0)
                NEEDED(WSAGetLastError() == WSA_IO_PENDING);
        }
        while (done < SENDS) {
            DWORD bytes, flags;
            NEEDED(WSAWaitForMultipleEvents(SENDS, events, FALSE, WSA_INFINITE, FALSE) < SENDS);
            for (number = 0; number < SENDS; number++) {
                if (WSAGetOverlappedResult(connection, &overlapped[number], &bytes, FALSE, &flags)) {
                    if (buffers[number] == NULL)
                        abort();
                    free(buffers[number]);
                    buffers[number] = NULL;
                    done++;
                }
            }
        }
        NEEDED(closesocket(connection) == 0);
    } else {
        NEEDED(received_until_end(accepted()) == SENDS * LENGTH);
    }
    return 0;
}
