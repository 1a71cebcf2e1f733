/* inet_addr, inet_ntoa, inet_pton and inet_ntop. */
#include "transcript.h"

static void from_text(const char *text)
{
    unsigned long value = inet_addr(text);
    struct in_addr address;
    address.s_addr = value;
    if (value == INADDR_NONE)
        note("inet_addr(\"%s\"): INADDR_NONE", text);
    else
        note("inet_addr(\"%s\"): %s", text, inet_ntoa(address));
}

static void from_presentation(int family, const char *text)
{
    unsigned char bytes[16];
    char again[64];
    int result = inet_pton(family, text, bytes);
    if (result == 1)
        note("inet_pton(\"%s\"): %s", text, inet_ntop(family, bytes, again, sizeof again));
    else
        note("inet_pton(\"%s\"): %d", text, result);
}

int main(void)
{
    unsigned char bytes[16] = {0};
    char small[4];

    start_winsock();
    from_text("127.0.0.1");
    from_text("255.255.255.255");
    from_text("10.1");
    from_text("0x7f.1");
    from_text("0177.0.0.1");
    from_text("1.2.3.4.5");
    from_text("256.1.1.1");
    from_text("not an address");

    from_presentation(AF_INET, "192.0.2.1");
    from_presentation(AF_INET, "192.0.2");
    from_presentation(AF_INET, "192.0.2.256");
    from_presentation(AF_INET, "");
    from_presentation(AF_INET6, "::1");
    from_presentation(AF_INET6, "2001:db8:0:0:0:0:0:1");
    from_presentation(AF_INET6, "::");
    from_presentation(AF_INET6, "1:2:3:4:5:6:7:8");
    from_presentation(AF_INET6, "::ffff:192.0.2.1");
    from_presentation(AF_INET6, "1::2::3");
    from_presentation(AF_INET6, "12345::");

    CALL(inet_pton(99, "127.0.0.1", bytes));
    note("no room: %d", inet_ntop(AF_INET, bytes, small, sizeof small) == NULL);
    note("no family: %d", inet_ntop(99, bytes, small, sizeof small) == NULL);
    note_error("no family", WSAGetLastError());
    return done();
}
