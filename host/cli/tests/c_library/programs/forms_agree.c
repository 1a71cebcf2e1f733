/*
 * Sends and receives in every form: plain, overlapped with an event, with a
 * routine, each done at once and after it was pending. All of them tell the
 * same, also beside an error.
 */
#include "../case.h"

#include <mswsock.h>

#define STREAM_BYTES (2 * 1024 * 1024)

enum call { SEND, SEND_TO, RECEIVE, RECEIVE_FROM };
enum form { PLAIN, WITH_EVENT, WITH_ROUTINE };

struct row {
    const char *name;
    enum call call;
    int type;
    /* Of the datagram, and of the room or the gather, whose parts are two. */
    DWORD sent;
    DWORD length;
    /* What every form tells. */
    int code;
    DWORD bytes;
    DWORD flags;
};

static const struct row rows[] = {
    {"send on a stream", SEND, SOCK_STREAM, 0, 5, 0, 5, 0},
    {"send of nothing on a stream", SEND, SOCK_STREAM, 0, 0, 0, 0, 0},
    {"sendto on a stream", SEND_TO, SOCK_STREAM, 0, 5, 0, 5, 0},
    {"send of a datagram", SEND, SOCK_DGRAM, 0, 5, 0, 5, 0},
    {"sendto of a datagram", SEND_TO, SOCK_DGRAM, 0, 5, 0, 5, 0},
    {"sendto of an empty datagram", SEND_TO, SOCK_DGRAM, 0, 0, 0, 0, 0},
    {"recv from a stream", RECEIVE, SOCK_STREAM, 5, 9, 0, 5, 0},
    {"recv of a part of a stream", RECEIVE, SOCK_STREAM, 5, 3, 0, 3, 0},
    {"recvfrom a stream", RECEIVE_FROM, SOCK_STREAM, 5, 9, 0, 5, 0},
    {"recv of a datagram", RECEIVE, SOCK_DGRAM, 5, 9, 0, 5, 0},
    {"recvfrom of a datagram", RECEIVE_FROM, SOCK_DGRAM, 5, 5, 0, 5, 0},
    {"recvfrom of an empty datagram", RECEIVE_FROM, SOCK_DGRAM, 0, 4, 0, 0, 0},
    {"recv of a datagram that does not fit", RECEIVE, SOCK_DGRAM, 5, 3, WSAEMSGSIZE, 3, MSG_PARTIAL},
    {"recvfrom of a datagram that does not fit", RECEIVE_FROM, SOCK_DGRAM, 5, 3, WSAEMSGSIZE, 3,
     MSG_PARTIAL},
    {"recvfrom of a datagram into no room", RECEIVE_FROM, SOCK_DGRAM, 5, 0, WSAEMSGSIZE, 0,
     MSG_PARTIAL},
};

static const char text[] = "abcdefghi";

static int calls;
static DWORD called_error, called_bytes, called_flags;
static WSAOVERLAPPED *called_with;

static void CALLBACK routine(DWORD failure, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags) {
    calls++;
    called_error = failure;
    called_bytes = bytes;
    called_flags = flags;
    called_with = overlapped;
}

static struct sockaddr_in name_of(SOCKET s) {
    struct sockaddr_in address;
    int length = sizeof address;
    EXPECT(spi.lpWSPGetSockName(s, (struct sockaddr *)&address, &length, &error) == 0);
    return address;
}

/* One call and what it wrote. */
struct told {
    char bytes[16];
    WSABUF parts[2];
    DWORD count;
    DWORD flags;
    struct sockaddr_in6 from;
    int from_length;
    WSAOVERLAPPED overlapped;
};

static int call(const struct row *row, enum form form, struct pair pair, struct told *told) {
    LPWSAOVERLAPPED overlapped = form == PLAIN ? NULL : &told->overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE then = form == WITH_ROUTINE ? routine : NULL;
    struct sockaddr_in to = name_of(pair.b);
    struct sockaddr *from = (struct sockaddr *)&told->from;
    BOOL sends = row->call == SEND || row->call == SEND_TO;
    memset(told, 0, sizeof *told);
    told->count = MARK;
    told->from_length = sizeof told->from;
    told->overlapped.hEvent = form == WITH_EVENT ? WSACreateEvent() : (HANDLE)MARK;
    told->parts[0] = part(sends ? text : told->bytes, min(row->length, 2UL));
    told->parts[1] = part((sends ? text : told->bytes) + 2, row->length - told->parts[0].len);
    calls = 0;
    switch (row->call) {
    case SEND:
        return spi.lpWSPSend(pair.a, told->parts, 2, &told->count, 0, overlapped, then, NULL, &error);
    case SEND_TO:
        return spi.lpWSPSendTo(pair.a, told->parts, 2, &told->count, 0, (struct sockaddr *)&to,
                               sizeof to, overlapped, then, NULL, &error);
    case RECEIVE:
        return spi.lpWSPRecv(pair.b, told->parts, 2, &told->count, &told->flags, overlapped, then,
                             NULL, &error);
    default:
        return spi.lpWSPRecvFrom(pair.b, told->parts, 2, &told->count, &told->flags, from,
                                 &told->from_length, overlapped, then, NULL, &error);
    }
}

/* What was received, and of whom. */
static void expect_message(const struct row *row, struct pair pair, struct told *told) {
    struct sockaddr_in sender = name_of(pair.a), *from = (void *)&told->from;
    if (row->call != RECEIVE && row->call != RECEIVE_FROM)
        return;
    EXPECT(memcmp(told->bytes, text, row->bytes) == 0 && told->bytes[row->bytes] == 0);
    if (row->call == RECEIVE_FROM && row->type == SOCK_DGRAM) {
        EXPECT(told->from_length == sizeof sender && from->sin_family == AF_INET);
        EXPECT(from->sin_port == sender.sin_port);
        EXPECT(from->sin_addr.s_addr == sender.sin_addr.s_addr);
    } else {
        EXPECT(told->from_length == sizeof told->from && from->sin_family == 0);
    }
}

/* What the structure, and whoever is asked about it, say. */
static void expect_structure(const struct row *row, SOCKET s, struct told *told) {
    DWORD count = MARK, flags = MARK;
    BOOL ok;
    error = 0;
    ok = spi.lpWSPGetOverlappedResult(s, &told->overlapped, &count, FALSE, &flags, &error);
    EXPECT(ok == (row->code == 0) && (ok || error == row->code));
    EXPECT(count == row->bytes && flags == row->flags);
    EXPECT(told->overlapped.Internal != 0x103 && told->overlapped.InternalHigh == row->bytes);
    EXPECT(told->overlapped.Offset == row->flags);
    EXPECT(told->overlapped.OffsetHigh == (DWORD)row->code);
}

static void expect_indicated(const struct row *row, enum form form, struct told *told) {
    if (form == WITH_EVENT) {
        EXPECT(WaitForSingleObject(told->overlapped.hEvent, 60000) == WAIT_OBJECT_0);
        return;
    }
    EXPECT(told->overlapped.hEvent == (HANDLE)MARK);
    EXPECT(SleepEx(60000, TRUE) == WSA_WAIT_IO_COMPLETION && calls == 1);
    EXPECT(called_error == (DWORD)row->code && called_with == &told->overlapped);
    EXPECT(called_bytes == row->bytes && called_flags == row->flags);
}

static void send_to_peer(struct pair pair, const struct row *row) {
    WSABUF buffer = part(text, row->sent);
    DWORD count;
    EXPECT(spi.lpWSPSend(pair.a, &buffer, 1, &count, 0, NULL, NULL, NULL, &error) == 0);
}

static void until_readable(SOCKET s) {
    struct timeval limit = {60, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    EXPECT(select(0, &set, NULL, NULL, &limit) == 1);
}

static BOOL is_receive(const struct row *row) {
    return row->call == RECEIVE || row->call == RECEIVE_FROM;
}

/* The call finds everything there. */
static void at_once(const struct row *row, enum form form) {
    struct pair pair = row->type == SOCK_STREAM ? stream_pair(WSA_FLAG_OVERLAPPED) : datagram_pair();
    SOCKET s = is_receive(row) ? pair.b : pair.a;
    struct told told;
    int result;
    if (is_receive(row)) {
        send_to_peer(pair, row);
        until_readable(s);
    }
    error = 0;
    result = call(row, form, pair, &told);
    EXPECT(result == (row->code == 0 ? 0 : SOCKET_ERROR) && error == row->code);
    EXPECT(told.count == row->bytes && told.flags == row->flags);
    expect_message(row, pair, &told);
    if (form != PLAIN) {
        expect_structure(row, s, &told);
        /* Of an error that was found at once nobody is told but the caller. */
        if (row->code == 0)
            expect_indicated(row, form, &told);
        else
            EXPECT(SleepEx(0, TRUE) == 0 && calls == 0);
        expect_structure(row, s, &told);
    }
    EXPECT(spi.lpWSPCloseSocket(pair.a, &error) == 0);
    EXPECT(spi.lpWSPCloseSocket(pair.b, &error) == 0);
}

/* The call is pending first. Datagrams find room always. */
static void later(const struct row *row, enum form form) {
    struct pair pair = row->type == SOCK_STREAM ? stream_pair(WSA_FLAG_OVERLAPPED) : datagram_pair();
    SOCKET s = is_receive(row) ? pair.b : pair.a;
    WSAOVERLAPPED first = {0};
    static char many[STREAM_BYTES];
    WSABUF buffer = part(many, sizeof many);
    struct told told;
    DWORD before = 0;
    if (!is_receive(row)) {
        if (row->type == SOCK_DGRAM || row->length == 0)
            return;
        before = stall(pair);
        EXPECT_ERROR(spi.lpWSPSend(s, &buffer, 1, NULL, 0, &first, NULL, NULL, &error),
                     WSA_IO_PENDING);
    }
    error = 0;
    EXPECT(call(row, form, pair, &told) == SOCKET_ERROR && error == WSA_IO_PENDING);
    EXPECT(told.count == MARK && told.flags == 0 && told.overlapped.Internal == 0x103);
    if (is_receive(row)) {
        send_to_peer(pair, row);
    } else {
        drain(pair, before + STREAM_BYTES);
        expect_received(pair.b, text, (int)row->bytes);
    }
    expect_indicated(row, form, &told);
    expect_structure(row, s, &told);
    expect_message(row, pair, &told);
    /* The call is over: its outputs are not written any more. */
    EXPECT(told.count == MARK && told.flags == 0);
    EXPECT(spi.lpWSPCloseSocket(pair.a, &error) == 0);
    EXPECT(spi.lpWSPCloseSocket(pair.b, &error) == 0);
}

/* The calls of Winsock 1.1 tell the sender beside the error, too. */
static void the_older_calls_tell_it_too(void) {
    struct pair pair = datagram_pair();
    struct sockaddr_in sender = name_of(pair.a), from = {0};
    int length = sizeof from, flags = 0;
    char bytes[4] = "";
    send_to_peer(pair, &rows[12]);
    EXPECT(recvfrom(pair.b, bytes, 3, 0, (struct sockaddr *)&from, &length) == SOCKET_ERROR);
    EXPECT(WSAGetLastError() == WSAEMSGSIZE && memcmp(bytes, "abc", 4) == 0);
    EXPECT(length == sizeof from && from.sin_port == sender.sin_port);
    send_to_peer(pair, &rows[12]);
    EXPECT(recvfrom(pair.b, bytes, 1, MSG_PEEK, (struct sockaddr *)&from, &length) == SOCKET_ERROR);
    EXPECT(WSAGetLastError() == WSAEMSGSIZE && from.sin_port == sender.sin_port);
    EXPECT(WSARecvEx(pair.b, bytes, 3, &flags) == 3 && flags == MSG_PARTIAL);
}

int main(void) {
    size_t row;
    start();
    for (row = 0; row < sizeof rows / sizeof *rows; row++) {
        enum form form;
        printf("%s\n", rows[row].name);
        for (form = PLAIN; form <= WITH_ROUTINE; form++)
            at_once(&rows[row], form);
        for (form = WITH_EVENT; form <= WITH_ROUTINE; form++)
            later(&rows[row], form);
    }
    the_older_calls_tell_it_too();
    return 0;
}
