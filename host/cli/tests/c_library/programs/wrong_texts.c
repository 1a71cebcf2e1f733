/* What the calls that take text answer where it is no text: other bytes than ASCII, no end, no memory. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <string.h>

#define NOWHERE ((char *)0xFFFF0000)

static const char *names[] = {"m\xfcller.example", "\xc3\xbc.example", "\xff", "\x80", "a.\xf0\x9f", "b\x7f"};

/* Text that does not end before the memory does. */
static char *endless(void) {
    size_t page = __builtin_wasm_memory_grow(0, 1);
    return memset((char *)(page * 65536), 'x', 65536);
}

/* The codes of all calls for one text. */
static void try_all(const char *text) {
    struct addrinfo *found = NULL;
    struct sockaddr_in6 address;
    int length = sizeof address;
    unsigned char bytes[16];
    printf("%d", getaddrinfo(text, "80", NULL, &found));
    printf(" %d", getaddrinfo("127.0.0.1", text, NULL, &found));
    printf(" %d", gethostbyname(text) == NULL ? WSAGetLastError() : 0);
    printf(" %d", inet_addr(text) == INADDR_NONE);
    printf(" %d", inet_pton(AF_INET6, text, bytes));
    WSAStringToAddressA((char *)text, AF_INET6, NULL, (struct sockaddr *)&address, &length);
    printf(" %d\n", WSAGetLastError());
}

int main(void) {
    WCHAR wide[] = {'1', 0x7fffffff, 0xd800, -1, 0};
    struct sockaddr_in address;
    int length = sizeof address;
    WSADATA data;
    size_t name;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 2;
    for (name = 0; name < sizeof names / sizeof *names; name++)
        try_all(names[name]);
    try_all(endless());
    try_all(NOWHERE);
    WSAStringToAddressW(wide, AF_INET, NULL, (struct sockaddr *)&address, &length);
    printf("%d\n", WSAGetLastError());
    printf("%d %d\n", inet_pton(AF_INET, "127.0.0.1", NOWHERE),
           inet_ntop(AF_INET, NOWHERE, (char *)&address, sizeof address) == NULL);
    return 0;
}
