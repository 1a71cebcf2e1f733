/* Prints how an attempt to connect to an address ends. */
#include "winsock.h"

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    SOCKET connection;
    start();
    NEEDED(argc == 2);
    connection = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    address.sin_addr.s_addr = inet_addr(argv[1]);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        printf("error %d\n", WSAGetLastError());
    else
        printf("connected\n");
    return 0;
}
