/* The mistake: both sides send everything before they receive anything. */
#include "winsock.h"

enum { LENGTH = 32768 };

int main(int argc, char **argv)
{
    static char bytes[LENGTH];
    SOCKET connection;
    int received = 0;
    start();
    connection = argc > 1 ? connected(argv[1]) : accepted();
    send_all(connection, bytes, LENGTH);
    while (received < LENGTH) {
        int result = recv(connection, bytes, LENGTH - received, 0);
        NEEDED(result > 0);
        received += result;
    }
    NEEDED(closesocket(connection) == 0);
    return 0;
}
