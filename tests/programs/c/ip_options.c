/* Options of IP and TCP, and ioctls that set and ask them. */
#include "transcript.h"
#include <mstcpip.h>

static void set_and_get(const char *what, SOCKET socket, int level, int name, DWORD value)
{
    DWORD found = 0;
    int length = sizeof found;
    int set = setsockopt(socket, level, name, (char *)&value, sizeof value);
    int error = set == 0 ? 0 : WSAGetLastError();
    if (set != 0 || getsockopt(socket, level, name, (char *)&found, &length) != 0)
        note("%s: SOCKET_ERROR, %s", what, error_name(error != 0 ? error : WSAGetLastError()));
    else
        note("%s: %u", what, (unsigned)found);
}

int main(void)
{
    SOCKET datagrams, six, near_end, far_end;
    struct tcp_keepalive keep_alive = {1, 60000, 1000};
    u_long at_mark = 0;
    DWORD bytes = 0;
    char byte = 0;

    start_winsock();
    datagrams = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    set_and_get("IP_TTL", datagrams, IPPROTO_IP, IP_TTL, 17);
    set_and_get("IP_MULTICAST_TTL", datagrams, IPPROTO_IP, IP_MULTICAST_TTL, 3);
    set_and_get("IP_MULTICAST_LOOP", datagrams, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    set_and_get("IP_DONTFRAGMENT", datagrams, IPPROTO_IP, IP_DONTFRAGMENT, 1);
    closesocket(datagrams);

    six = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
    NEEDED(six != INVALID_SOCKET);
    set_and_get("IPV6_UNICAST_HOPS", six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 18);
    set_and_get("IPV6_MULTICAST_HOPS", six, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 4);
    set_and_get("IPV6_V6ONLY on", six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set_and_get("IPV6_V6ONLY off", six, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    closesocket(six);

    stream_pair(&near_end, &far_end);
    CALL(WSAIoctl(near_end, SIO_KEEPALIVE_VALS, &keep_alive, sizeof keep_alive, NULL, 0, &bytes, NULL, NULL));
    CALL(ioctlsocket(far_end, SIOCATMARK, &at_mark));
    note("at the mark: %lu", at_mark);
    NEEDED(send(near_end, "!", 1, MSG_OOB) == 1);
    {
        fd_set urgent;
        struct timeval limit = {10, 0};
        FD_ZERO(&urgent);
        FD_SET(far_end, &urgent);
        NEEDED(select(0, NULL, NULL, &urgent, &limit) == 1);
    }
    CALL(ioctlsocket(far_end, SIOCATMARK, &at_mark));
    note("at the mark: %lu", at_mark);
    NEEDED(recv(far_end, &byte, 1, MSG_OOB) == 1);
    closesocket(near_end);
    closesocket(far_end);
    CALL(WSACleanup());
    return done();
}
