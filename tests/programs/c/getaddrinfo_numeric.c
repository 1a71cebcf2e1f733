/* getaddrinfo without a name service. */
#include "transcript.h"

static void look_up(const char *host, const char *service, int family, int type, int flags)
{
    struct addrinfo hints, *found = NULL, *next;
    int error;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = family;
    hints.ai_socktype = type;
    hints.ai_flags = flags;
    error = getaddrinfo(host, service, &hints, &found);
    note("%s, %s: %s (%d)", host ? host : "none", service ? service : "none", error_name(error), error);
    for (next = found; next != NULL; next = next->ai_next) {
        char text[64];
        void *bytes = next->ai_family == AF_INET
                          ? (void *)&((struct sockaddr_in *)next->ai_addr)->sin_addr
                          : (void *)&((struct sockaddr_in6 *)next->ai_addr)->sin6_addr;
        note("family %d, type %d, length %d, %s, port %u", next->ai_family, next->ai_socktype,
             (int)next->ai_addrlen, inet_ntop(next->ai_family, bytes, text, sizeof text),
             ntohs(((struct sockaddr_in *)next->ai_addr)->sin_port));
    }
    if (found != NULL)
        freeaddrinfo(found);
}

int main(void)
{
    start_winsock();
    look_up("127.0.0.1", "4000", AF_INET, SOCK_STREAM, 0);
    look_up("127.0.0.1", "4000", AF_UNSPEC, SOCK_DGRAM, AI_NUMERICHOST);
    look_up("192.0.2.7", NULL, AF_INET, SOCK_STREAM, AI_NUMERICHOST);
    look_up("::1", "80", AF_INET6, SOCK_STREAM, AI_NUMERICHOST);
    look_up(NULL, "80", AF_INET, SOCK_STREAM, 0);
    look_up(NULL, "80", AF_INET, SOCK_STREAM, AI_PASSIVE);
    look_up("not.a.number", "80", AF_INET, SOCK_STREAM, AI_NUMERICHOST);
    look_up(NULL, NULL, AF_INET, SOCK_STREAM, 0);
    look_up("127.0.0.1", "80", AF_INET6, SOCK_STREAM, AI_NUMERICHOST);
    look_up("127.0.0.1", "80", 99, SOCK_STREAM, AI_NUMERICHOST);
    return done();
}
