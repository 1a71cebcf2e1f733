/*
 * Prints what a program called and what it was answered, so that two runs
 * can be compared line by line: no addresses, ports, handles or times, and
 * nothing whose value a system may choose.
 *
 * CALL and its companions print the call as it is written in the source.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A call whose result is a count, or 0, or SOCKET_ERROR. */
#define CALL(call) transcript_result(#call, (int)(call))
/* A call whose result is a BOOL. */
#define CALL_BOOL(call) transcript_bool(#call, (call) != FALSE)
/* A call whose result is a SOCKET. */
#define CALL_SOCKET(call) transcript_socket(#call, (call))
/* A call that waits for events, or sleeps. */
#define CALL_WAIT(call) transcript_wait(#call, (DWORD)(call))
/* A call that may finish at once or stay pending, as the system likes. */
#define CALL_OVERLAPPED(call) transcript_overlapped(#call, (int)(call))
/* What only prepares the case: it prints nothing, and ends the program if it fails. */
#define NEEDED(condition) transcript_needed(#condition, (condition) != 0)

static inline const char *error_name(int error)
{
#define NAMED(name)                                                           \
    case name:                                                                \
        return #name
    switch (error) {
    case 0:
        return "NO_ERROR";
        NAMED(WSA_INVALID_HANDLE);
        NAMED(WSA_NOT_ENOUGH_MEMORY);
        NAMED(WSA_INVALID_PARAMETER);
        NAMED(ERROR_NOT_FOUND);
        NAMED(WSA_OPERATION_ABORTED);
        NAMED(WSA_IO_INCOMPLETE);
        NAMED(WSA_IO_PENDING);
        NAMED(WSAEINTR);
        NAMED(WSAEBADF);
        NAMED(WSAEACCES);
        NAMED(WSAEFAULT);
        NAMED(WSAEINVAL);
        NAMED(WSAEMFILE);
        NAMED(WSAEWOULDBLOCK);
        NAMED(WSAEINPROGRESS);
        NAMED(WSAEALREADY);
        NAMED(WSAENOTSOCK);
        NAMED(WSAEDESTADDRREQ);
        NAMED(WSAEMSGSIZE);
        NAMED(WSAEPROTOTYPE);
        NAMED(WSAENOPROTOOPT);
        NAMED(WSAEPROTONOSUPPORT);
        NAMED(WSAESOCKTNOSUPPORT);
        NAMED(WSAEOPNOTSUPP);
        NAMED(WSAEAFNOSUPPORT);
        NAMED(WSAEADDRINUSE);
        NAMED(WSAEADDRNOTAVAIL);
        NAMED(WSAENETDOWN);
        NAMED(WSAENETUNREACH);
        NAMED(WSAENETRESET);
        NAMED(WSAECONNABORTED);
        NAMED(WSAECONNRESET);
        NAMED(WSAENOBUFS);
        NAMED(WSAEISCONN);
        NAMED(WSAENOTCONN);
        NAMED(WSAESHUTDOWN);
        NAMED(WSAETIMEDOUT);
        NAMED(WSAECONNREFUSED);
        NAMED(WSAEHOSTUNREACH);
        NAMED(WSASYSNOTREADY);
        NAMED(WSAVERNOTSUPPORTED);
        NAMED(WSANOTINITIALISED);
        NAMED(WSAEDISCON);
        NAMED(WSASYSCALLFAILURE);
        NAMED(WSAHOST_NOT_FOUND);
        NAMED(WSATRY_AGAIN);
        NAMED(WSATYPE_NOT_FOUND);
    default:
        return "an error";
    }
#undef NAMED
}

/* A line of the program's own. */
static inline void note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

static inline void note_error(const char *what, int error)
{
    note("%s: %s (%d)", what, error_name(error), error);
}

static inline int transcript_result(const char *call, int result)
{
    int error = WSAGetLastError();
    if (result == SOCKET_ERROR)
        note("%s -> SOCKET_ERROR, %s (%d)", call, error_name(error), error);
    else
        note("%s -> %d", call, result);
    WSASetLastError(error);
    return result;
}

static inline BOOL transcript_bool(const char *call, BOOL result)
{
    int error = WSAGetLastError();
    if (result)
        note("%s -> TRUE", call);
    else
        note("%s -> FALSE, %s (%d)", call, error_name(error), error);
    WSASetLastError(error);
    return result;
}

static inline SOCKET transcript_socket(const char *call, SOCKET result)
{
    int error = WSAGetLastError();
    if (result == INVALID_SOCKET)
        note("%s -> INVALID_SOCKET, %s (%d)", call, error_name(error), error);
    else
        note("%s -> a socket", call);
    WSASetLastError(error);
    return result;
}

static inline DWORD transcript_wait(const char *call, DWORD result)
{
    int error = WSAGetLastError();
    if (result == WSA_WAIT_FAILED)
        note("%s -> WSA_WAIT_FAILED, %s (%d)", call, error_name(error), error);
    else if (result == WSA_WAIT_TIMEOUT)
        note("%s -> WSA_WAIT_TIMEOUT", call);
    else if (result == WSA_WAIT_IO_COMPLETION)
        note("%s -> WSA_WAIT_IO_COMPLETION", call);
    else
        note("%s -> %u", call, (unsigned)result);
    WSASetLastError(error);
    return result;
}

static inline int transcript_overlapped(const char *call, int result)
{
    int error = WSAGetLastError();
    if (result == 0 || error == WSA_IO_PENDING)
        note("%s -> accepted", call);
    else
        note("%s -> SOCKET_ERROR, %s (%d)", call, error_name(error), error);
    WSASetLastError(error);
    return result;
}

static inline void transcript_needed(const char *condition, int holds)
{
    int error = WSAGetLastError();
    if (holds)
        return;
    note("cannot go on: %s, %s (%d)", condition, error_name(error), error);
    exit(1);
}

/* The last line of a program that came through. */
static inline int done(void)
{
    note("done");
    return 0;
}

static inline void start_winsock(void)
{
    WSADATA data;
    NEEDED(WSAStartup(MAKEWORD(2, 2), &data) == 0);
}

/* The address that the program was given as ADDRESS:PORT. */
static inline struct sockaddr_in peer_address(int argc, char **argv)
{
    struct sockaddr_in address;
    char host[64];
    const char *colon = argc > 1 ? strrchr(argv[1], ':') : NULL;
    if (colon == NULL || (size_t)(colon - argv[1]) >= sizeof host) {
        fprintf(stderr, "usage: %s ADDRESS:PORT\n", argv[0]);
        exit(2);
    }
    memcpy(host, argv[1], (size_t)(colon - argv[1]));
    host[colon - argv[1]] = '\0';
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = inet_addr(host);
    address.sin_port = htons((u_short)atoi(colon + 1));
    return address;
}

static inline struct sockaddr_in loopback(u_short port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

static inline struct sockaddr_in local_address(SOCKET socket)
{
    struct sockaddr_in address;
    int length = sizeof address;
    NEEDED(getsockname(socket, (struct sockaddr *)&address, &length) == 0);
    return address;
}

/* A socket of this type on a port of loopback that the system chooses. */
static inline SOCKET bound_socket(int type)
{
    struct sockaddr_in address = loopback(0);
    SOCKET bound = socket(AF_INET, type, 0);
    NEEDED(bound != INVALID_SOCKET);
    NEEDED(bind(bound, (struct sockaddr *)&address, sizeof address) == 0);
    return bound;
}

static inline SOCKET listening_socket(void)
{
    SOCKET listener = bound_socket(SOCK_STREAM);
    NEEDED(listen(listener, 5) == 0);
    return listener;
}

static inline void connect_to(SOCKET from, SOCKET to)
{
    struct sockaddr_in address = local_address(to);
    NEEDED(connect(from, (struct sockaddr *)&address, sizeof address) == 0);
}

/* Connects `near_end`, made before, with an end that a listener accepts. */
static inline SOCKET accepted_from(SOCKET near_end)
{
    SOCKET far_end, listener = listening_socket();
    connect_to(near_end, listener);
    far_end = accept(listener, NULL, NULL);
    NEEDED(far_end != INVALID_SOCKET);
    closesocket(listener);
    return far_end;
}

/* Two connected stream sockets. */
static inline void stream_pair(SOCKET *near_end, SOCKET *far_end)
{
    *near_end = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    NEEDED(*near_end != INVALID_SOCKET);
    *far_end = accepted_from(*near_end);
}

/* Two datagram sockets; the near one is connected to the far one. */
static inline void datagram_pair(SOCKET *near_end, SOCKET *far_end)
{
    *near_end = bound_socket(SOCK_DGRAM);
    *far_end = bound_socket(SOCK_DGRAM);
    connect_to(*near_end, *far_end);
}

static inline void set_nonblocking(SOCKET socket, u_long nonblocking)
{
    NEEDED(ioctlsocket(socket, FIONBIO, &nonblocking) == 0);
}

/* Waits, at most 10 s, until the socket is readable. */
static inline void until_readable(SOCKET socket)
{
    fd_set readable;
    struct timeval limit = {10, 0};
    FD_ZERO(&readable);
    FD_SET(socket, &readable);
    NEEDED(select(0, &readable, NULL, NULL, &limit) == 1);
}

static inline int is_readable(SOCKET socket)
{
    fd_set readable;
    struct timeval now = {0, 0};
    FD_ZERO(&readable);
    FD_SET(socket, &readable);
    return select(0, &readable, NULL, NULL, &now) == 1;
}

/* A sum that notices lost, added and swapped bytes. */
static inline unsigned checksum(unsigned sum, const char *bytes, int length)
{
    int position;
    for (position = 0; position < length; position++)
        sum = (sum ^ (unsigned char)bytes[position]) * 16777619u;
    return sum;
}
#define CHECKSUM_OF_NOTHING 2166136261u

/* Receives exactly so many bytes, and adds them to a sum if one is given. */
static inline void drain(SOCKET socket, int count, unsigned *sum)
{
    static char bytes[65536];
    while (count > 0) {
        int wanted = count < (int)sizeof bytes ? count : (int)sizeof bytes;
        int received = recv(socket, bytes, wanted, 0);
        NEEDED(received > 0);
        if (sum != NULL)
            *sum = checksum(*sum, bytes, received);
        count -= received;
    }
}

/*
 * Sends until the stream has no more room and the peer, which does not read,
 * can take no more; says how many bytes that took. The socket is nonblocking
 * then.
 */
static inline int stall(SOCKET socket)
{
    static char bytes[65536];
    int total = 0, quiet = 0;
    set_nonblocking(socket, 1);
    /* The system goes on moving bytes for a while: it has to be full twice. */
    while (quiet < 2) {
        fd_set writable;
        struct timeval moment = {0, 100000};
        int sent = send(socket, bytes, sizeof bytes, 0);
        if (sent != SOCKET_ERROR) {
            total += sent;
            quiet = 0;
            continue;
        }
        NEEDED(WSAGetLastError() == WSAEWOULDBLOCK);
        FD_ZERO(&writable);
        FD_SET(socket, &writable);
        if (select(0, NULL, &writable, NULL, &moment) == 0)
            quiet++;
    }
    return total;
}

/* Bytes for sends that a stalled stream cannot take. */
static inline char *mebibyte(char value)
{
    static char bytes[1048576];
    memset(bytes, value, sizeof bytes);
    return bytes;
}

#endif
