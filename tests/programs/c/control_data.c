/* WSARecvMsg with control data: where a datagram was sent to, and its hop limit. */
#include "transcript.h"
#include <mswsock.h>

static LPFN_WSARECVMSG receive_message;
static char control[128], bytes[64];
/* Whether somebody wants to know who sent it. */
static int named = 1;

static void tell(SOCKET from, SOCKET to, const struct sockaddr *address, int length, ULONG room)
{
    SOCKADDR_STORAGE source;
    WSABUF buffer;
    WSAMSG message;
    WSACMSGHDR *header;
    DWORD received = 0;
    memset(&message, 0, sizeof message);
    buffer.buf = bytes;
    buffer.len = sizeof bytes;
    if (named) {
        message.name = (struct sockaddr *)&source;
        message.namelen = sizeof source;
    }
    message.lpBuffers = &buffer;
    message.dwBufferCount = 1;
    message.Control.buf = control;
    message.Control.len = room;
    NEEDED(sendto(from, "hello", 5, 0, address, length) == 5);
    CALL(receive_message(to, &message, &received, NULL, NULL));
    note("%u bytes%s", (unsigned)received, message.dwFlags & MSG_CTRUNC ? " MSG_CTRUNC" : "");
    if (message.dwFlags & MSG_CTRUNC)
        return;
    for (header = WSA_CMSG_FIRSTHDR(&message); header != NULL;
         header = WSA_CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo *info = (struct in_pktinfo *)WSA_CMSG_DATA(header);
            note("IP_PKTINFO: %s", inet_ntoa(info->ipi_addr));
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo *info = (struct in6_pktinfo *)WSA_CMSG_DATA(header);
            note("IPV6_PKTINFO: loopback %d", IN6_IS_ADDR_LOOPBACK(&info->ipi6_addr) != 0);
        } else {
            note("level %d, type %d: %d", header->cmsg_level, header->cmsg_type,
                 *(int *)WSA_CMSG_DATA(header));
        }
    }
}

int main(void)
{
    GUID id = WSAID_WSARECVMSG;
    SOCKET from, to;
    struct sockaddr_in address;
    struct sockaddr_in6 address6;
    DWORD on = 1, off = 0, count = 0;
    int hops = 33, length = sizeof address6;

    start_winsock();
    from = bound_socket(SOCK_DGRAM);
    to = bound_socket(SOCK_DGRAM);
    address = local_address(to);
    NEEDED(WSAIoctl(to, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &receive_message,
                    sizeof receive_message, &count, NULL, NULL) == 0);
    note("IPv4");
    tell(from, to, (struct sockaddr *)&address, sizeof address, sizeof control);
    CALL(setsockopt(to, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on));
    tell(from, to, (struct sockaddr *)&address, sizeof address, sizeof control);
    tell(from, to, (struct sockaddr *)&address, sizeof address, 1);
    CALL(setsockopt(to, IPPROTO_IP, IP_PKTINFO, (char *)&off, sizeof off));
    CALL(setsockopt(from, IPPROTO_IP, IP_TTL, (char *)&hops, sizeof hops));
    CALL(setsockopt(to, IPPROTO_IP, IP_RECVTTL, (char *)&on, sizeof on));
    tell(from, to, (struct sockaddr *)&address, sizeof address, sizeof control);
    closesocket(from);
    closesocket(to);

    note("IPv6");
    from = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
    to = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
    memset(&address6, 0, sizeof address6);
    address6.sin6_family = AF_INET6;
    address6.sin6_addr = in6addr_loopback;
    NEEDED(bind(to, (struct sockaddr *)&address6, sizeof address6) == 0);
    NEEDED(getsockname(to, (struct sockaddr *)&address6, &length) == 0);
    CALL(setsockopt(to, IPPROTO_IPV6, IPV6_PKTINFO, (char *)&on, sizeof on));
    tell(from, to, (struct sockaddr *)&address6, sizeof address6, sizeof control);
    CALL(setsockopt(to, IPPROTO_IPV6, IPV6_PKTINFO, (char *)&off, sizeof off));
    CALL(setsockopt(from, IPPROTO_IPV6, IPV6_UNICAST_HOPS, (char *)&hops, sizeof hops));
    CALL(setsockopt(to, IPPROTO_IPV6, IPV6_HOPLIMIT, (char *)&on, sizeof on));
    named = 0;
    tell(from, to, (struct sockaddr *)&address6, sizeof address6, sizeof control);
    closesocket(from);
    closesocket(to);
    CALL(WSACleanup());
    return done();
}
