/* Receives what it sends to a multicast group on loopback; says what it may not do. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdio.h>

/* A group that is joined by WSAJoinLeaf, which is for sockets that were made for it. */
static void join_leaf(void)
{
    const DWORD leaves = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;
    struct sockaddr_in any = {.sin_family = AF_INET}, group = {.sin_family = AF_INET};
    SOCKET leaf = WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, leaves), joined;
    SOCKET plain = WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, 0);

    group.sin_addr.s_addr = inet_addr("239.7.7.7");
    bind(leaf, (struct sockaddr *)&any, sizeof any);
    joined = WSAJoinLeaf(leaf, (struct sockaddr *)&group, sizeof group, NULL, NULL, NULL, NULL,
                         JL_BOTH);
    printf("join leaf: %d\n", joined == leaf ? 0 : WSAGetLastError());
    bind(plain, (struct sockaddr *)&any, sizeof any);
    joined = WSAJoinLeaf(plain, (struct sockaddr *)&group, sizeof group, NULL, NULL, NULL, NULL,
                         JL_BOTH);
    printf("join another: %d\n", joined == plain ? 0 : WSAGetLastError());
    WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, leaves);
    printf("a stream: %d\n", WSAGetLastError());
}

int main(void)
{
    WSADATA data;
    struct sockaddr_in any = {.sin_family = AF_INET}, to = {.sin_family = AF_INET}, from;
    struct ip_mreq request;
    struct in_addr through;
    int length = sizeof any, result;
    char byte = 0;
    SOCKET member, sender;

    WSAStartup(MAKEWORD(2, 2), &data);
    member = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (bind(member, (struct sockaddr *)&any, sizeof any) != 0)
        return 1;
    getsockname(member, (struct sockaddr *)&any, &length);
    request.imr_multiaddr.s_addr = inet_addr("239.7.7.7");
    request.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
    result = setsockopt(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&request, sizeof request);
    printf("join: %d\n", result == 0 ? 0 : WSAGetLastError());
    result = setsockopt(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&request, sizeof request);
    printf("join again: %d\n", result == 0 ? 0 : WSAGetLastError());

    sender = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    through.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, (char *)&through, sizeof through);
    to.sin_addr = request.imr_multiaddr;
    to.sin_port = any.sin_port;
    result = sendto(sender, "g", 1, 0, (struct sockaddr *)&to, sizeof to);
    printf("send: %d\n", result == 1 ? 0 : WSAGetLastError());
    if (result == 1) {
        DWORD limit = 10000;
        length = sizeof from;
        setsockopt(member, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit);
        result = recvfrom(member, &byte, 1, 0, (struct sockaddr *)&from, &length);
        printf("received %d: %c\n", result, byte);
    }
    result = setsockopt(member, IPPROTO_IP, IP_DROP_MEMBERSHIP, (char *)&request, sizeof request);
    printf("leave: %d\n", result == 0 ? 0 : WSAGetLastError());
    request.imr_multiaddr.s_addr = htonl(INADDR_LOOPBACK);
    result = setsockopt(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&request, sizeof request);
    printf("no group: %d\n", result == 0 ? 0 : WSAGetLastError());

    join_leaf();
    return 0;
}
