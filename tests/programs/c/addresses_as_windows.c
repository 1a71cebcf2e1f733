/* What is an address in a text: inet_addr, inet_pton, InetPton, WSAStringToAddress, inet_ntop. */
#include "transcript.h"

static void four(const char *text)
{
    struct in_addr in = {{{0xab, 0xab, 0xab, 0xab}}};
    WCHAR wide[64];
    size_t position;
    int result = inet_pton(AF_INET, text, &in);
    note("\"%s\": inet_addr %08x, inet_pton %d", text, (unsigned)ntohl(inet_addr(text)), result);
    note("  left %08x", (unsigned)ntohl(in.s_addr));
    for (position = 0; position <= strlen(text); position++)
        wide[position] = (unsigned char)text[position];
    CALL(InetPtonW(AF_INET, wide, &in));
}

static void six(const char *text)
{
    union {
        struct in6_addr in6;
        UCHAR bytes[16];
    } read;
    char hex[33];
    int position, result;
    memset(&read, 0xab, sizeof read);
    result = inet_pton(AF_INET6, text, &read);
    for (position = 0; position < 16; position++)
        sprintf(hex + 2 * position, "%02x", read.bytes[position]);
    note("\"%s\": inet_pton %d, left %s", text, result, hex);
}

static void with_port(const char *text)
{
    char copy[64];
    struct sockaddr_in in;
    int length = sizeof in + 10;
    strcpy(copy, text);
    memset(&in, 0xab, sizeof in);
    note("\"%s\"", text);
    CALL(WSAStringToAddressA(copy, AF_INET, NULL, (struct sockaddr *)&in, &length));
    note("  family %d, address %08x, port %u, length %d", in.sin_family, (unsigned)ntohl(in.sin_addr.s_addr),
         ntohs(in.sin_port), length);
}

int main(void)
{
    static const char *fours[] = {"", " ", "  ", "\t", "1.2.3.4", "127.127.127.256", "a", "1.2.3.0xaA", "1.1.1.0x",
                                  "1.2.3.010", "1.2.3.00", "1.2.3.0a", "1.1.1.08", "1.1.1.-2", "1", "1.2", "1.2.3",
                                  "203569230", "3.4.5.6.7", " 3.4.5.6", "3.4.5.6 ", "3.4.5.6  7", "3 .4.5.6",
                                  "1.2.3\t", "0x00010203", "1234BEEF", "017700000001", "::1"};
    static const char *sixes[] = {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::1:2:3:4:5:6:7",
                                  "1::001.2.3.4", "1::0001.2.3.4", "1::1.2.256.4", "1::1.2", "1::1.2.3.4::1", "1::1a.2.3.4",
                                  "1.2.3.4", "1:2:1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "1:2:3", "1:2:", "1::5:", "1::2::3",
                                  "1:2:::", ":1", ":", "::01234", "12345::", "1:2:3:4:0x5:6:7:8", "::0x88", "::0x80000000",
                                  "::%16", "[::]", "1:2:3:4:5:6:7:8:9", "2001:0000:1234: 0"};
    static const char *ports[] = {"1.2.3.4", "1.2.3.4:80", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:0xAbCd", "1.2.3.4:010",
                                  "1.2.3.4:08", "1.2.3.4:", "1.2", "1:1", "0x00010203:10", "0777", "1.1.1.0x100", "1000.2",
                                  "255.255.255.256", "1.2.3.4 ", "[1.2.3.4]", "2001::1", ""};
    struct in6_addr in6 = {{{0}}};
    struct in_addr in = {{{1, 2, 3, 4}}};
    char text[64];
    WCHAR wide[64];
    size_t row;

    start_winsock();
    for (row = 0; row < sizeof fours / sizeof *fours; row++)
        four(fours[row]);
    for (row = 0; row < sizeof sixes / sizeof *sixes; row++)
        six(sixes[row]);
    for (row = 0; row < sizeof ports / sizeof *ports; row++)
        with_port(ports[row]);
    note("written");
    in6.s6_addr[12] = 204;
    in6.s6_addr[15] = 116;
    note("%s", inet_ntop(AF_INET6, &in6, text, sizeof text));
    in6.s6_addr[12] = 0;
    note("%s", inet_ntop(AF_INET6, &in6, text, sizeof text));
    note("%d", InetNtopW(AF_INET, &in, wide, 64) == wide && wide[0] == '1' && wide[7] == 0);
    WSASetLastError(0);
    note("%d", inet_ntop(AF_INET, &in, NULL, 16) != NULL);
    note("code %x", (unsigned)WSAGetLastError());
    note("%d", inet_ntop(AF_INET, &in, text, 7) != NULL);
    note("%d", inet_ntop(AF_UNSPEC, &in, text, 16) != NULL);
    note_error("code", WSAGetLastError());
    CALL(inet_pton(AF_UNSPEC, NULL, &in));
    CALL(inet_pton(AF_UNSPEC, "1.2.3.4", &in));
    return done();
}
