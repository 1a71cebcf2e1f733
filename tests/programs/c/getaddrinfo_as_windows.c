/* getaddrinfo: hints, numbers in every form, names of services, and what the answer says. */
#include "transcript.h"

static void show(int code, const struct addrinfo *found)
{
    if (code != 0) {
        note_error("  refused", code);
        return;
    }
    note("  flags %x, family %d, type %d, protocol %d, port %u", (unsigned)found->ai_flags, found->ai_family,
         found->ai_socktype, found->ai_protocol, ntohs(((struct sockaddr_in *)found->ai_addr)->sin_port));
}

static void ask(const char *node, const char *service, int family, int type, int protocol, int flags)
{
    struct addrinfo hints, *found = NULL;
    int code;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = family;
    hints.ai_socktype = type;
    hints.ai_protocol = protocol;
    hints.ai_flags = flags;
    note("\"%s\" \"%s\" %d %d %d %x", node == NULL ? "(null)" : node, service == NULL ? "(null)" : service, family, type,
         protocol, (unsigned)flags);
    code = getaddrinfo(node, service, &hints, &found);
    show(code, found);
    if (found != NULL)
        freeaddrinfo(found);
}

int main(void)
{
    static const char *nodes[] = {"7.8.9.10", "1.2.3.0x4", "1.2.3.010", "1.2.3.4:80", "1.1.1.256", "0.0.0.0.0"};
    static const char *sixes[] = {"::1", "[::1]", "[beef::cafe]:10239", "[::1", "::1]"};
    static const char *services[] = {"", "0", "80", "010", "65535", "65536", "http", "smtp", "mail", "domain",
                                     "no-such-service", "28a", "28 ", "a28", ":0", "0x1a", " 123", "+5", "-1", "4294967296"};
    struct addrinfo *found;
    struct sockaddr_in six;
    char host[NI_MAXHOST], service[NI_MAXSERV];
    size_t row;

    start_winsock();
    for (row = 0; row < sizeof nodes / sizeof *nodes; row++)
        ask(nodes[row], NULL, AF_INET, 0, 0, AI_NUMERICHOST);
    for (row = 0; row < sizeof sixes / sizeof *sixes; row++)
        ask(sixes[row], NULL, AF_INET6, 0, 0, AI_NUMERICHOST);
    for (row = 0; row < sizeof services / sizeof *services; row++)
        ask("127.0.0.1", services[row], AF_INET, SOCK_STREAM, 0, 0);
    ask(NULL, "http", AF_INET, 0, 0, 0);
    ask(NULL, "domain", AF_INET, 0, 0, 0);
    ask(NULL, "domain", AF_INET, SOCK_DGRAM, 0, 0);
    ask("localhost", NULL, AF_INET, SOCK_STREAM, IPPROTO_UDP, 0);
    ask("localhost", NULL, AF_INET, 0, IPPROTO_TCP, 0);
    ask("localhost", NULL, AF_INET, SOCK_DGRAM, 999, 0);
    ask("localhost", NULL, AF_INET, 999, IPPROTO_TCP, 0);
    ask("localhost", "80", AF_INET, 0, 0, AI_NUMERICHOST);
    note_error("nothing", getaddrinfo(NULL, NULL, NULL, &found));

    note("and back");
    six = loopback(80);
    note_error("numbers", getnameinfo((struct sockaddr *)&six, sizeof six, host, sizeof host, service, sizeof service,
                                      NI_NUMERICHOST | NI_NUMERICSERV));
    note("%s %s", host, service);
    note_error("the service", getnameinfo((struct sockaddr *)&six, sizeof six, NULL, 0, service, sizeof service, 0));
    note("%s", service);
    six.sin_port = htons(514);
    note_error("a datagram service", getnameinfo((struct sockaddr *)&six, sizeof six, NULL, 0, service, sizeof service, NI_DGRAM));
    note("%s", service);
    note_error("too short", getnameinfo((struct sockaddr *)&six, sizeof six - 1, host, sizeof host, NULL, 0, 0));
    return done();
}
