/* Prints what getaddrinfo makes of a name and a service, and what getnameinfo makes of that. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>

int main(int argc, char **argv) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *next;
    WSADATA data;
    int code;
    if (argc != 3 || WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 2;
    code = getaddrinfo(argv[1], argv[2], &hints, &found);
    if (code != 0) {
        printf("%d\n", code);
        return 1;
    }
    for (next = found; next != NULL; next = next->ai_next) {
        char host[NI_MAXHOST], service[NI_MAXSERV];
        if (getnameinfo(next->ai_addr, (socklen_t)next->ai_addrlen, host, sizeof host, service,
                        sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
            return 1;
        printf("%s %s\n", host, service);
    }
    freeaddrinfo(found);
    return 0;
}
