/* WSAAddressToString and WSAStringToAddress. */
#include "transcript.h"

static void to_text(struct sockaddr *address, int size)
{
    char text[100];
    DWORD length = sizeof text;
    if (CALL(WSAAddressToStringA(address, (DWORD)size, NULL, text, &length)) == 0)
        note("\"%s\", length %u", text, (unsigned)length);
}

static void to_address(int family, char *text)
{
    struct sockaddr_storage address;
    int length = sizeof address;
    memset(&address, 0, sizeof address);
    note("\"%s\"", text);
    if (CALL(WSAStringToAddressA(text, family, NULL, (struct sockaddr *)&address, &length)) != 0)
        return;
    note("family %d, port %u, length %d", address.ss_family,
         ntohs(((struct sockaddr_in *)&address)->sin_port), length);
    to_text((struct sockaddr *)&address, length);
}

int main(void)
{
    struct sockaddr_in address;
    char small[5];
    DWORD length = sizeof small;
    int size;

    start_winsock();
    to_address(AF_INET, "127.0.0.1");
    to_address(AF_INET, "127.0.0.1:80");
    to_address(AF_INET, "127.0.0.1:65535");
    to_address(AF_INET, "127.0.0.1:65536");
    to_address(AF_INET, "127.0.0.1:");
    to_address(AF_INET, "somewhere");
    to_address(AF_INET, "");
    to_address(AF_INET6, "::1");
    to_address(AF_INET6, "[::1]:80");
    to_address(AF_INET6, "2001:db8::5");
    to_address(AF_INET6, "127.0.0.1");
    to_address(99, "127.0.0.1");

    note("too little room");
    address = loopback(4000);
    CALL(WSAAddressToStringA((struct sockaddr *)&address, sizeof address, NULL, small, &length));
    note("length %u", (unsigned)length);
    size = 4;
    CALL(WSAStringToAddressA("127.0.0.1", AF_INET, NULL, (struct sockaddr *)&address, &size));
    note("length %d", size);
    note("too short an address");
    to_text((struct sockaddr *)&address, 4);
    return done();
}
