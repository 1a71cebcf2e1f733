/* The scope of an IPv6 address survives every conversion and every call that takes or tells an address. */
#include "../case.h"

static const struct {
    const char *text;
    ULONG scope;
} scoped[] = {
    {"fe80::1%3", 3},
    {"fe80::1%4294967295", 4294967295},
    {"fe80:1111:2222:3333:4444:5555:6666:7777%4294967295", 4294967295},
    {"2001:db8::1%7", 7},
    {"ff02::1%1", 1},
    {"fe80::1", 0},
};

static const char *none[] = {"fe80::1%", "fe80::1%-1", "fe80::1%+1", "fe80::1% 1", "fe80::1%1 ",
                             "fe80::1%4294967296", "fe80::1%1%2", "fe80::1%lo"};

static void text_keeps_it(void) {
    size_t row;
    for (row = 0; row < sizeof scoped / sizeof *scoped; row++) {
        char text[80], host[80], service[8];
        struct addrinfo *found;
        struct sockaddr_in6 address, *in6;
        int length = sizeof address;
        DWORD room = sizeof host;
        strcpy(text, scoped[row].text);
        EXPECT(getaddrinfo(text, "80", NULL, &found) == 0 && found->ai_next == NULL);
        in6 = (void *)found->ai_addr;
        EXPECT(in6->sin6_scope_id == scoped[row].scope && in6->sin6_port == htons(80));
        EXPECT(getnameinfo(found->ai_addr, (socklen_t)found->ai_addrlen, host, sizeof host,
                           service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) == 0);
        EXPECT(strcmp(host, text) == 0 && strcmp(service, "80") == 0);
        /* One byte too few. */
        EXPECT(getnameinfo(found->ai_addr, (socklen_t)found->ai_addrlen, host,
                           (DWORD)strlen(text), NULL, 0, NI_NUMERICHOST) == WSAEFAULT);
        freeaddrinfo(found);
        EXPECT(WSAStringToAddressA(text, AF_INET6, NULL, (struct sockaddr *)&address, &length) == 0);
        EXPECT(address.sin6_scope_id == scoped[row].scope);
        EXPECT(WSAAddressToStringA((struct sockaddr *)&address, sizeof address, NULL, host,
                                   &room) == 0);
        EXPECT(strcmp(host, text) == 0);
    }
    for (row = 0; row < sizeof none / sizeof *none; row++) {
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found;
        struct sockaddr_in6 address;
        int length = sizeof address;
        EXPECT(getaddrinfo(none[row], "80", &hints, &found) == WSAHOST_NOT_FOUND);
        EXPECT(WSAStringToAddressA((char *)none[row], AF_INET6, NULL, (struct sockaddr *)&address,
                                   &length) == SOCKET_ERROR);
        EXPECT(inet_pton(AF_INET6, none[row], &address) == 0);
    }
}

/* A loopback address has one where the caller says so, and the system does not look at it. */
static void sockets_keep_it(void) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_scope_id = 5}, told = {0};
    struct sockaddr *name = (struct sockaddr *)&address;
    int length = sizeof told;
    char bytes[4];
    SOCKET a = spi.lpWSPSocket(AF_INET6, SOCK_DGRAM, 0, NULL, 0, 0, &error);
    SOCKET b = spi.lpWSPSocket(AF_INET6, SOCK_DGRAM, 0, NULL, 0, 0, &error);
    address.sin6_addr = in6addr_loopback;
    EXPECT(bind(b, name, sizeof address) == 0);
    EXPECT(getsockname(b, (struct sockaddr *)&told, &length) == 0);
    address.sin6_port = told.sin6_port;
    EXPECT(sendto(a, "to", 2, 0, name, sizeof address) == 2);
    EXPECT(recvfrom(b, bytes, sizeof bytes, 0, (struct sockaddr *)&told, &length) == 2);
    EXPECT(connect(a, name, sizeof address) == 0);
    EXPECT(getpeername(a, (struct sockaddr *)&told, &length) == 0);
    EXPECT(told.sin6_scope_id == 5 && memcmp(&told, &address, sizeof told) == 0);
}

int main(void) {
    start();
    text_keeps_it();
    sockets_keep_it();
    return 0;
}
