/* The layouts and values that Winsock documents; a program that compiles has them. */
#include <mswsock.h>
#include <ws2spi.h>
#include <ws2tcpip.h>

/* With the C library's headers on both sides of Winsock's. */
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define IS(condition) _Static_assert(condition, #condition)
#define AT(type, field, offset) IS(offsetof(type, field) == (offset))

IS(sizeof(DWORD) == 4 && sizeof(WORD) == 2 && sizeof(BYTE) == 1 && sizeof(BOOL) == 4);
IS(sizeof(SOCKET) == sizeof(void *) && (SOCKET)-1 > 0 && INVALID_SOCKET == (SOCKET)-1);
IS(sizeof(ULONG_PTR) == sizeof(void *) && sizeof(u_long) == 4 && sizeof(u_short) == 2);

AT(WSABUF, len, 0);
AT(WSABUF, buf, 4);
AT(WSAOVERLAPPED, Internal, 0);
AT(WSAOVERLAPPED, InternalHigh, 4);
AT(WSAOVERLAPPED, Offset, 8);
AT(WSAOVERLAPPED, OffsetHigh, 12);
AT(WSAOVERLAPPED, hEvent, 16);
IS(sizeof(WSAOVERLAPPED) == 20);
AT(WSATHREADID, Reserved, 4);
AT(struct sockaddr_in, sin_port, 2);
AT(struct sockaddr_in, sin_addr, 4);
IS(sizeof(struct sockaddr) == 16 && sizeof(struct sockaddr_in) == 16);
AT(struct sockaddr_in6, sin6_addr, 8);
AT(struct sockaddr_in6, sin6_scope_id, 24);
IS(sizeof(struct sockaddr_in6) == 28);
IS(sizeof(sockaddr_gen) == 24 && sizeof(INTERFACE_INFO) == 76);
AT(INTERFACE_INFO, iiNetmask, 52);
IS(sizeof(struct sockaddr_storage) == 128);
IS(sizeof(struct timeval) == 8);
IS(sizeof(struct linger) == 4);
AT(fd_set, fd_array, 4);
IS(sizeof(fd_set) == 4 + 64 * sizeof(SOCKET));
AT(WSANETWORKEVENTS, iErrorCode, 4);
IS(sizeof(WSANETWORKEVENTS) == 44);
AT(WSAPROTOCOL_INFOA, ProviderId, 20);
AT(WSAPROTOCOL_INFOA, ProtocolChain, 40);
AT(WSAPROTOCOL_INFOA, iVersion, 72);
AT(WSAPROTOCOL_INFOA, dwMessageSize, 108);
AT(WSAPROTOCOL_INFOA, szProtocol, 116);
IS(sizeof(WSAPROTOCOL_INFOA) == 372);
IS(sizeof(WSPPROC_TABLE) == 30 * sizeof(void *));
AT(WSPPROC_TABLE, lpWSPSend, 23 * sizeof(void *));
IS(sizeof(WSPUPCALLTABLE) == 15 * sizeof(void *));

IS(WSA_WAIT_IO_COMPLETION == 192 && WSA_WAIT_TIMEOUT == 258);
IS(STATUS_PENDING == 0x103);
IS(FIONBIO == (long)0x8004667E && FIONREAD == 0x4004667F);
IS(SO_EXCLUSIVEADDRUSE == ~0x0004 && SO_DONTLINGER == ~0x0080);
IS(FD_ALL_EVENTS == 0x3FF && FD_CLOSE == 0x20);

int main(void) {
    return 0;
}
