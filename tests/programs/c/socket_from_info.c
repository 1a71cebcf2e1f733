/* What WSASocket makes of its arguments, and of a structure that says more. */
#include "transcript.h"

static void show(SOCKET made)
{
    WSAPROTOCOL_INFOA info;
    int length = sizeof info;
    if (made == INVALID_SOCKET)
        return;
    NEEDED(getsockopt(made, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info, &length) == 0);
    note("family %d, type %d, protocol %d", info.iAddressFamily, info.iSocketType, info.iProtocol);
    closesocket(made);
}

int main(void)
{
    static const int wanted[][3] = {
        {0xdead, SOCK_STREAM, IPPROTO_TCP}, {-1, SOCK_STREAM, IPPROTO_TCP},
        {AF_INET, 0xdead, IPPROTO_TCP},     {AF_INET, SOCK_STREAM, 0xdead},
        {0xdead, 0xdead, IPPROTO_TCP},      {AF_INET, 0xdead, 0xdead},
        {AF_INET, 0xdead, 0},               {AF_INET, 0, IPPROTO_UDP},
        {AF_INET, 0, 0xdead},               {AF_INET, 0, 0},
        {AF_INET, SOCK_STREAM, IPPROTO_UDP}, {AF_INET, SOCK_DGRAM, IPPROTO_TCP},
        {AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP}, {AF_UNSPEC, SOCK_STREAM, 0xdead},
        {AF_UNSPEC, 0xdead, IPPROTO_UDP},   {AF_UNSPEC, SOCK_STREAM, 0},
        {AF_UNSPEC, SOCK_DGRAM, 0},         {AF_UNSPEC, 0xdead, 0},
        {AF_UNSPEC, 0, IPPROTO_UDP},        {AF_UNSPEC, 0, 0xdead},
        {AF_UNSPEC, 0, 0},
    };
    WSAPROTOCOL_INFOA info;
    int length = sizeof info;
    SOCKET datagram;
    size_t row;

    start_winsock();
    for (row = 0; row < sizeof wanted / sizeof *wanted; row++) {
        const int *w = wanted[row];
        note("family %d, type %d, protocol %d", w[0], w[1], w[2]);
        show(CALL_SOCKET(WSASocketA(w[0], w[1], w[2], NULL, 0, 0)));
    }
    datagram = socket(AF_INET, SOCK_DGRAM, 0);
    note("from a structure");
    NEEDED(getsockopt(datagram, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info, &length) == 0);
    show(CALL_SOCKET(WSASocketA(0, 0, 0, &info, 0, 0)));
    show(CALL_SOCKET(WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0)));
    show(CALL_SOCKET(WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, &info, 0, 0)));
    info.iAddressFamily = info.iSocketType = info.iProtocol = -1;
    show(CALL_SOCKET(WSASocketA(0, 0, IPPROTO_UDP, &info, 0, 0)));
    info.iAddressFamily = info.iSocketType = info.iProtocol = 0;
    show(CALL_SOCKET(WSASocketA(0, 0, IPPROTO_UDP, &info, 0, 0)));
    return done();
}
