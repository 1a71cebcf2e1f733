/* Answers a datagram from the address that it came to, and asks what programs ask of hosts. */
#include "../case.h"

#include <mswsock.h>
#include <string.h>

int main(void)
{
    struct pair pair;
    char data[8], control[WSA_CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct sockaddr_in peer;
    WSABUF buffer = {sizeof data, data};
    WSAMSG message = {(struct sockaddr *)&peer, sizeof peer, &buffer, 1, {sizeof control, control}, 0};
    struct {
        INT count;
        SOCKET_ADDRESS addresses[2];
    } list = {2, {{(struct sockaddr *)&peer, 1}, {(struct sockaddr *)&peer, 2}}};
    struct in_pktinfo *info;
    int on = 1;
    DWORD bytes = 0;
    ULONG backlog = 0;

    start();
    pair = datagram_pair();
    EXPECT(setsockopt(pair.b, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on) == 0);
    EXPECT(send(pair.a, "asked", 5, 0) == 5);
    EXPECT(WSARecvMsg(pair.b, &message, &bytes, NULL, NULL) == 0 && bytes == 5);
    buffer.len = 5;
    /* The control data of the question will do for the answer. */
    EXPECT(WSASendMsg(pair.b, &message, 0, &bytes, NULL, NULL) == 0 && bytes == 5);
    expect_received(pair.a, "asked", 5);
    info = (struct in_pktinfo *)(void *)WSA_CMSG_DATA(WSA_CMSG_FIRSTHDR(&message));
    info->ipi_addr.s_addr = inet_addr("192.0.2.1");
    EXPECT(WSASendMsg(pair.b, &message, 0, &bytes, NULL, NULL) == SOCKET_ERROR);
    EXPECT(WSAGetLastError() == WSAEOPNOTSUPP);
    expect_nothing(pair);

    EXPECT(WSAIoctl(pair.a, SIO_ADDRESS_LIST_SORT, &list, sizeof list, &list, sizeof list, &bytes,
                    NULL, NULL) == 0);
    EXPECT(bytes == sizeof list && list.count == 2 && list.addresses[1].iSockaddrLength == 2);
    EXPECT(WSAIoctl(pair.a, SIO_ADDRESS_LIST_SORT, &list, sizeof list - 1, &list, sizeof list,
                    &bytes, NULL, NULL) == SOCKET_ERROR);
    EXPECT(WSAGetLastError() == WSAEINVAL);
    pair = stream_pair(WSA_FLAG_OVERLAPPED);
    EXPECT(idealsendbacklogquery(pair.a, &backlog) == 0 && backlog == 65536);
    printf("done\n");
    return 0;
}
