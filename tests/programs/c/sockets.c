/* Which sockets there are, and why others are refused. */
#include "transcript.h"

int main(void)
{
    SOCKET made;
    int type, length = sizeof type;

    start_winsock();
    made = CALL_SOCKET(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    CALL(getsockopt(made, SOL_SOCKET, SO_TYPE, (char *)&type, &length));
    note("type %d, length %d", type, length);
    CALL(closesocket(made));
    made = CALL_SOCKET(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP));
    CALL(getsockopt(made, SOL_SOCKET, SO_TYPE, (char *)&type, &length));
    note("type %d, length %d", type, length);
    CALL(closesocket(made));
    closesocket(CALL_SOCKET(socket(AF_INET, SOCK_STREAM, 0)));
    closesocket(CALL_SOCKET(socket(AF_INET, SOCK_DGRAM, 0)));
    closesocket(CALL_SOCKET(WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, 0)));
    closesocket(CALL_SOCKET(WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED)));
    closesocket(CALL_SOCKET(WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED)));

    CALL_SOCKET(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    CALL_SOCKET(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    CALL_SOCKET(socket(AF_INET, 77, 0));
    CALL_SOCKET(socket(99, SOCK_STREAM, IPPROTO_TCP));
    CALL_SOCKET(socket(AF_INET, SOCK_STREAM, 200));
    return done();
}
