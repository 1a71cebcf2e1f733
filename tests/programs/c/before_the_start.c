/* Before WSAStartup, and after the last WSACleanup, every call says so, whatever it is given. */
#include "transcript.h"

static void all(SOCKET gone)
{
    struct addrinfo *found = NULL;
    struct sockaddr_in address = loopback(80);
    char text[64];
    int length = sizeof address;

    WSASetLastError(0);
    CALL_SOCKET(socket(AF_INET, SOCK_STREAM, 0));
    CALL_SOCKET(WSASocketA(0, 0, 0, NULL, 0, 0));
    CALL(gethostname(text, sizeof text));
    note_error("getaddrinfo", getaddrinfo("127.0.0.1", "80", NULL, &found));
    note_error("getnameinfo", getnameinfo((struct sockaddr *)&address, sizeof address, text, sizeof text, NULL, 0, 0));
    note("gethostbyname: %d", gethostbyname("localhost") != NULL);
    note_error("its error", WSAGetLastError());
    note("getservbyname: %d", getservbyname("http", NULL) != NULL);
    note_error("its error", WSAGetLastError());
    note("getprotobyname: %d", getprotobyname("tcp") != NULL);
    note_error("its error", WSAGetLastError());
    CALL(bind(gone, (struct sockaddr *)&address, sizeof address));
    CALL(send(gone, "x", 1, 0));
    CALL(recv(gone, text, 1, 0));
    CALL(getsockname(gone, (struct sockaddr *)&address, &length));
    CALL(closesocket(gone));
    CALL(WSACleanup());
}

int main(void)
{
    SOCKET left;
    note("before");
    all(INVALID_SOCKET);
    start_winsock();
    left = socket(AF_INET, SOCK_STREAM, 0);
    NEEDED(WSACleanup() == 0);
    note("after");
    all(left);
    return done();
}
