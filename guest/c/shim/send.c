/* WSPSend and WSPSendTo, and the calls of Winsock that stand on them. */
#include "shim.h"

#include <string.h>

/* Arrays of up to so many parts need no memory of their own. */
#define FEW 16

/* The one array of every send, and what the host knows of it; the key of a
 * dropped array would be none, so it is never dropped. */
static winsock_spi_memory_own_wsabuf_array_t array;
static uint64_t array_key;
static spi_program_list_u8_t known[FEW];
static DWORD known_count;

/* Makes the array describe the caller's buffers; FALSE where there is no memory.
 * Programs send from the same buffers again and again: then the host knows them. */
static BOOL describe(const WSABUF *buffers, DWORD count) {
    spi_program_list_u8_t few[FEW], *parts = few;
    spi_program_list_list_u8_t list;
    static BOOL made;
    DWORD position;
    if (count > FEW)
        parts = malloc(count * sizeof *parts);
    if (parts == NULL)
        return FALSE;
    for (position = 0; position < count; position++) {
        parts[position].len = buffers[position].len;
        parts[position].ptr = buffers[position].len > 0 ? (uint8_t *)buffers[position].buf : NULL;
    }
    if (parts == few && count == known_count && memcmp(few, known, count * sizeof *few) == 0)
        return TRUE;
    list.ptr = parts;
    list.len = count;
    if (made) {
        winsock_spi_memory_static_wsabuf_array_describe(array_key, &list);
    } else {
        array = winsock_spi_memory_constructor_wsabuf_array(&list);
        array_key = winsock_spi_memory_method_wsabuf_array_key(
            winsock_spi_memory_borrow_wsabuf_array(array));
        made = TRUE;
    }
    known_count = 0;
    if (parts == few) {
        memcpy(known, few, count * sizeof *few);
        known_count = count;
    } else {
        free(parts);
    }
    return TRUE;
}

/* What WSPSend and WSPSendTo are given besides the destination. */
struct sending {
    SOCKET s;
    LPWSABUF buffers;
    DWORD count;
    LPDWORD sent;
    DWORD flags;
    LPWSAOVERLAPPED overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    LPWSATHREADID thread;
    LPINT error_out;
};

/* `to_length` is looked at where `addressed` says that there is a destination. */
static int send_it(const struct sending *sending, BOOL addressed, const struct sockaddr *to,
                   int to_length) {
    struct open_socket *socket = find_socket(sending->s);
    struct overlapped_request request;
    struct operation *operation = NULL;
    winsock_spi_provider_completion_routine_t routine;
    uint64_t key = 0;
    socket_address address;
    message_flags flags;
    wsa_error error;
    uint32_t bytes;
    int code;
    BOOL sent;

    if (socket == NULL)
        return fail(sending->error_out, WSAENOTSOCK);
    if ((sending->sent == NULL && sending->overlapped == NULL) ||
        !null_or_in_memory(sending->sent, sizeof *sending->sent))
        return fail(sending->error_out, WSAEFAULT);
    code = overlapped_request(socket, sending->overlapped, sending->routine, sending->thread,
                              &request);
    if (code != 0)
        return fail(sending->error_out, code);
    if (sending->count == 0)
        return fail(sending->error_out, WSAEINVAL);
    if (!valid_buffers(sending->buffers, sending->count))
        return fail(sending->error_out, WSAEFAULT);
    /* A stream has no use for a destination, and does not look at it. */
    addressed = addressed && to != NULL && socket->type == SOCK_DGRAM;
    if (addressed) {
        code = read_address(to, to_length, &address);
        if (code != 0)
            return fail(sending->error_out, code);
    }
    if (!read_flags(sending->flags, &flags))
        return fail(sending->error_out, WSAEOPNOTSUPP);

    if (request.overlapped != NULL) {
        operation = new_operation(&request);
        if (operation == NULL)
            return fail(sending->error_out, WSAENOBUFS);
        key = winsock_spi_provider_method_overlapped_key(
            winsock_spi_provider_borrow_overlapped(operation->own));
        routine = routine_of(operation);
    }
    if (!describe(sending->buffers, sending->count)) {
        if (operation != NULL)
            drop_operation(operation);
        return fail(sending->error_out, WSAENOBUFS);
    }
    sent = winsock_spi_provider_wsp_send_to_by_key(
        socket->key, array_key, flags, addressed ? &address : NULL,
        operation == NULL ? NULL : &key,
        operation == NULL || operation->routine == NULL ? NULL : &routine, &bytes, &error);
    if (sent) {
        if (sending->sent != NULL)
            *sending->sent = bytes;
        if (operation != NULL)
            completed_at_once(operation, bytes, 0, 0);
    } else if (operation != NULL) {
        if (error == WINSOCK_SPI_TYPES_WSA_ERROR_IO_PENDING)
            accepted(operation, &socket->sends);
        else
            drop_operation(operation);
    }
    /* Perhaps for want of memory of the array's own: the next one is described anew. */
    if (!sent && error == WINSOCK_SPI_TYPES_WSA_ERROR_NO_BUFS)
        known_count = 0;
    settle();
    return sent ? 0 : fail_with(sending->error_out, error);
}

int WSPSend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
            DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine, LPWSATHREADID lpThreadId,
            LPINT lpErrno) {
    struct sending sending = {s,           lpBuffers,    dwBufferCount,       lpNumberOfBytesSent,
                              dwFlags,     lpOverlapped, lpCompletionRoutine, lpThreadId,
                              lpErrno};
    return send_it(&sending, FALSE, NULL, 0);
}

int WSPSendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
              DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
              LPWSAOVERLAPPED lpOverlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine, LPWSATHREADID lpThreadId,
              LPINT lpErrno) {
    struct sending sending = {s,           lpBuffers,    dwBufferCount,       lpNumberOfBytesSent,
                              dwFlags,     lpOverlapped, lpCompletionRoutine, lpThreadId,
                              lpErrno};
    return send_it(&sending, TRUE, lpTo, iTolen);
}

int WSASend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
            DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result = WSPSend(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, lpOverlapped,
                         lpCompletionRoutine, NULL, &code);
    WSASetLastError(code);
    return result;
}

int WSASendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
              DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
              LPWSAOVERLAPPED lpOverlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
    int code = 0;
    int result = WSPSendTo(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, lpTo, iTolen,
                           lpOverlapped, lpCompletionRoutine, NULL, &code);
    WSASetLastError(code);
    return result;
}

int sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to, int tolen) {
    WSABUF buffer = {(ULONG)len, (CHAR *)buf};
    DWORD sent = 0;
    int result = WSASendTo(s, &buffer, 1, &sent, (DWORD)flags, to, tolen, NULL, NULL);
    return result == SOCKET_ERROR ? SOCKET_ERROR : (int)sent;
}

int send(SOCKET s, const char *buf, int len, int flags) {
    return sendto(s, buf, len, flags, NULL, 0);
}
