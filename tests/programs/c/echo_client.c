/* The first client of every textbook: sends lines to an echo server and prints what comes back. */
#include "transcript.h"

int main(int argc, char **argv)
{
    static const char *lines[] = {"first line\n", "a second line\n", "the last one\n"};
    struct sockaddr_in server = peer_address(argc, argv);
    WSADATA data;
    SOCKET client;
    int number;

    CALL(WSAStartup(MAKEWORD(2, 2), &data));
    client = CALL_SOCKET(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    CALL(connect(client, (struct sockaddr *)&server, sizeof server));

    for (number = 0; number < 3; number++) {
        char answer[100];
        int length = (int)strlen(lines[number]), received = 0;
        CALL(send(client, lines[number], length, 0));
        while (received < length) {
            int result = recv(client, answer + received, length - received, 0);
            NEEDED(result > 0);
            received += result;
        }
        note("received %d bytes: %.*s", received, received - 1, answer);
    }

    CALL(shutdown(client, SD_SEND));
    {
        char rest[10];
        CALL(recv(client, rest, sizeof rest, 0));
    }
    CALL(closesocket(client));
    CALL(WSACleanup());
    return done();
}
