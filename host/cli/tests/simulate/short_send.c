/* The mistake: what a nonblocking send did not take is not sent. */
#include "winsock.h"

enum { LENGTH = 16384 };

int main(int argc, char **argv)
{
    start();
    if (argc > 1) {
        static char bytes[LENGTH];
        u_long on = 1;
        SOCKET connection = connected(argv[1]);
        NEEDED(ioctlsocket(connection, FIONBIO, &on) == 0);
        NEEDED(send(connection, bytes, LENGTH, 0) > 0);
        NEEDED(closesocket(connection) == 0);
    } else {
        int received = received_until_end(accepted());
        printf("received %d bytes\n", received);
        return received == LENGTH ? 0 : 1;
    }
    return 0;
}
