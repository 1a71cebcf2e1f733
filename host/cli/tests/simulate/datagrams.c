/* With an address: sends numbered datagrams there. Without: prints which ones come within a second. */
#include "winsock.h"

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    SOCKET socket_;
    start();
    socket_ = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (argc > 1) {
        char number;
        address.sin_addr.s_addr = inet_addr(argv[1]);
        for (number = 'a'; number <= 'z'; number++)
            NEEDED(sendto(socket_, &number, 1, 0, (struct sockaddr *)&address, sizeof address) == 1);
    } else {
        DWORD timeout = 1000;
        char number;
        NEEDED(bind(socket_, (struct sockaddr *)&address, sizeof address) == 0);
        NEEDED(setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout) == 0);
        while (recv(socket_, &number, 1, 0) == 1)
            putchar(number);
        NEEDED(WSAGetLastError() == WSAETIMEDOUT);
        putchar('\n');
    }
    return 0;
}
