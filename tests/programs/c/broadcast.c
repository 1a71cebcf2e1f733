/* Broadcasts need SO_BROADCAST. */
#include "transcript.h"

int main(void)
{
    SOCKET datagram = INVALID_SOCKET;
    struct sockaddr_in address;

    start_winsock();
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = INADDR_BROADCAST;
    address.sin_port = htons(9);
    datagram = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(sendto(datagram, "a", 1, 0, (struct sockaddr *)&address, sizeof address));
    return done();
}
