/* WSASendMsg and WSARecvMsg, without control data. */
#include "transcript.h"
#include <mswsock.h>

static void *extension(SOCKET socket, GUID id)
{
    void *function = NULL;
    DWORD bytes = 0;
    NEEDED(WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                    sizeof function, &bytes, NULL, NULL) == 0);
    return function;
}

int main(void)
{
    GUID of_send = WSAID_WSASENDMSG, of_receive = WSAID_WSARECVMSG;
    LPFN_WSASENDMSG send_message;
    LPFN_WSARECVMSG receive_message;
    SOCKET near_end, far_end, stream, peer;
    struct sockaddr_in address, from;
    char hello[] = "hello ", world[] = "world", first[8], second[64];
    WSABUF parts[2], rooms[2];
    WSAOVERLAPPED overlapped;
    WSAMSG message, received;
    DWORD bytes = 0, flags = 0;

    start_winsock();
    near_end = bound_socket(SOCK_DGRAM);
    far_end = bound_socket(SOCK_DGRAM);
    address = local_address(far_end);
    send_message = (LPFN_WSASENDMSG)extension(near_end, of_send);
    receive_message = (LPFN_WSARECVMSG)extension(near_end, of_receive);

    memset(&message, 0, sizeof message);
    parts[0].buf = hello;
    parts[0].len = sizeof hello - 1;
    parts[1].buf = world;
    parts[1].len = sizeof world - 1;
    message.name = (struct sockaddr *)&address;
    message.namelen = sizeof address;
    message.lpBuffers = parts;
    message.dwBufferCount = 2;
    CALL(send_message(near_end, &message, 0, &bytes, NULL, NULL));
    note("%u bytes", (unsigned)bytes);

    memset(&received, 0, sizeof received);
    memset(&from, 0, sizeof from);
    memset(second, 0, sizeof second);
    rooms[0].buf = first;
    rooms[0].len = sizeof first;
    rooms[1].buf = second;
    rooms[1].len = sizeof second;
    received.name = (struct sockaddr *)&from;
    received.namelen = sizeof from;
    received.lpBuffers = rooms;
    received.dwBufferCount = 2;
    CALL(receive_message(far_end, &received, &bytes, NULL, NULL));
    note("%u bytes: %.8s%s, from the sender: %d", (unsigned)bytes, first, second,
         from.sin_port == local_address(near_end).sin_port);

    note("overlapped");
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = WSACreateEvent();
    CALL_OVERLAPPED(receive_message(far_end, &received, NULL, &overlapped, NULL));
    CALL(send_message(near_end, &message, 0, &bytes, NULL, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &overlapped.hEvent, TRUE, 10000, FALSE));
    CALL_BOOL(WSAGetOverlappedResult(far_end, &overlapped, &bytes, FALSE, &flags));
    note("%u bytes", (unsigned)bytes);

    note("refused");
    CALL(send_message(INVALID_SOCKET, &message, 0, &bytes, NULL, NULL));
    CALL(send_message(near_end, NULL, 0, &bytes, NULL, NULL));
    CALL(send_message(near_end, &message, 0, NULL, NULL, NULL));
    stream_pair(&stream, &peer);
    CALL(send_message(stream, &message, 0, &bytes, NULL, NULL));
    closesocket(stream);
    closesocket(peer);
    closesocket(near_end);
    closesocket(far_end);
    CALL(WSACleanup());
    return done();
}
