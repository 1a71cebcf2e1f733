/* The scope of an IPv6 address, through every conversion. */
#include "transcript.h"

static void convert(char *text)
{
    struct addrinfo hints, *found = NULL;
    struct sockaddr_in6 address;
    char host[100], service[20];
    DWORD room = sizeof host;
    int length = sizeof address, error;
    memset(&hints, 0, sizeof hints);
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_family = AF_INET6;
    hints.ai_socktype = SOCK_STREAM;
    error = getaddrinfo(text, "80", &hints, &found);
    note("getaddrinfo(\"%s\"): %s (%d)", text, error_name(error), error);
    if (error == 0) {
        memcpy(&address, found->ai_addr, sizeof address);
        note("scope %lu, port %u", (unsigned long)address.sin6_scope_id, ntohs(address.sin6_port));
        error = getnameinfo(found->ai_addr, (socklen_t)found->ai_addrlen, host, sizeof host, service,
                            sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
        note("getnameinfo: %d, %s, %s", error, host, service);
        CALL(WSAAddressToStringA((struct sockaddr *)&address, sizeof address, NULL, host, &room));
        note("%s", host);
        freeaddrinfo(found);
    }
    memset(&address, 0, sizeof address);
    if (CALL(WSAStringToAddressA(text, AF_INET6, NULL, (struct sockaddr *)&address, &length)) == 0)
        note("scope %lu", (unsigned long)address.sin6_scope_id);
}

int main(void)
{
    start_winsock();
    convert("fe80::1%4000000");
    convert("fe80::1%4294967295");
    convert("fe80:1111:2222:3333:4444:5555:255.255.255.255%4294967295");
    convert("fe80::1");
    convert("2001:db8::1%4000000");
    convert("fe80::1%");
    convert("fe80::1%-1");
    convert("fe80::1%+1");
    convert("fe80::1% 1");
    convert("fe80::1%4294967296");
    convert("fe80::1%1%2");
    return done();
}
