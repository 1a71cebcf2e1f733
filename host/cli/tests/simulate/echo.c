/* With a name: sends to that host, and expects it back. Without: echoes one connection. */
#include "winsock.h"

int main(int argc, char **argv)
{
    start();
    if (argc > 1) {
        static char bytes[20000], back[20000];
        SOCKET connection = connected(argv[1]);
        int sent = 0, received = 0, number;
        for (number = 0; number < (int)sizeof bytes; number++)
            bytes[number] = (char)rand();
        while (received < (int)sizeof bytes) {
            int result;
            if (sent < (int)sizeof bytes) {
                send_all(connection, bytes + sent, 1000);
                sent += 1000;
            }
            result = recv(connection, back + received, sent - received, 0);
            NEEDED(result > 0);
            received += result;
        }
        NEEDED(memcmp(bytes, back, sizeof bytes) == 0);
        printf("%d bytes came back by %lu\n", received, (unsigned long)GetTickCount());
        NEEDED(closesocket(connection) == 0);
    } else {
        SOCKET connection = accepted();
        char bytes[512];
        int received, total = 0;
        while ((received = recv(connection, bytes, sizeof bytes, 0)) > 0) {
            send_all(connection, bytes, received);
            total += received;
        }
        NEEDED(received == 0);
        printf("echoed %d bytes\n", total);
        NEEDED(closesocket(connection) == 0);
    }
    return 0;
}
