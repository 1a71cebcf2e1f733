/* Services and protocols by name and number. */
#include "transcript.h"

static void service(const struct servent *found)
{
    char **alias;
    if (found == NULL) {
        note_error("none", WSAGetLastError());
        return;
    }
    note("%s %u %s", found->s_name, ntohs((u_short)found->s_port), found->s_proto);
    for (alias = found->s_aliases; *alias != NULL; alias++)
        note("  also %s", *alias);
}

static void protocol(const struct protoent *found)
{
    if (found == NULL)
        note_error("none", WSAGetLastError());
    else
        note("%s %d, also %s", found->p_name, found->p_proto, found->p_aliases[0]);
}

int main(void)
{
    int number, length, count;
    DWORD room = 0;
    int only[] = {0xdead, IPPROTO_UDP, 0};
    WSAPROTOCOL_INFOA *infos = NULL;

    start_winsock();
    service(getservbyname("http", NULL));
    service(getservbyname("http", "tcp"));
    service(getservbyname("smtp", "tcp"));
    service(getservbyname("mail", NULL));
    service(getservbyname("domain", "udp"));
    service(getservbyname("domain", "tcp"));
    service(getservbyname("telnet", "tcp"));
    service(getservbyname("telnet", "udp"));
    service(getservbyname("xyzzy", NULL));
    service(getservbyname("http", "xyz"));
    service(getservbyport(htons(21), "tcp"));
    service(getservbyport(htons(53), NULL));
    service(getservbyport(htons(9), "udp"));
    service(getservbyport(htons(64999), NULL));
    protocol(getprotobyname("tcp"));
    protocol(getprotobyname("UDP"));
    protocol(getprotobyname("xyzzy"));
    for (number = -1; number < 68; number++)
        if (getprotobynumber(number) != NULL)
            protocol(getprotobynumber(number));

    note("protocols");
    CALL(WSAEnumProtocolsA(only, NULL, &room));
    NEEDED(room >= sizeof *infos && (infos = malloc(room)) != NULL);
    length = (int)(room / sizeof *infos);
    count = WSAEnumProtocolsA(only, infos, &room);
    note("as many as there was room for: %d", count == length);
    for (number = 0; number < count; number++) {
        NEEDED(infos[number].iProtocol == IPPROTO_UDP && infos[number].iSocketType == SOCK_DGRAM);
        /* Windows says so of IPv6 too, which has none. */
        note("services %x", (unsigned)infos[number].dwServiceFlags1 | XP1_SUPPORT_BROADCAST);
    }
    return done();
}
