/* The wide and extended forms: GetAddrInfoW, GetNameInfoW, GetHostNameW, GetAddrInfoExW. */
#include "transcript.h"

#include <wchar.h>

#ifdef __MINGW32__
/* Its headers have not this one. */
INT WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED);
#endif

int main(void)
{
    ADDRINFOW hints, *found = NULL;
    ADDRINFOEXW *more = NULL;
    struct sockaddr_in address = loopback(80);
    WCHAR host[NI_MAXHOST], service[NI_MAXSERV], own[256];
    char narrow[256];
    OVERLAPPED overlapped;
    WSAEVENT event;
    int position;

    start_winsock();
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_flags = AI_CANONNAME;
    note_error("GetAddrInfoW", GetAddrInfoW(L"127.0.0.1", L"80", &hints, &found));
    NEEDED(found != NULL);
    note("flags %d, family %d, port %u", (found->ai_flags & AI_NUMERICHOST) != 0, found->ai_family,
         ntohs(((struct sockaddr_in *)found->ai_addr)->sin_port));
    FreeAddrInfoW(found);
    note_error("GetAddrInfoW of nothing", GetAddrInfoW(NULL, NULL, NULL, &found));
    hints.ai_flags = AI_NUMERICHOST;
    note_error("GetAddrInfoW of a name", GetAddrInfoW(L"localhost", NULL, &hints, &found));

    note_error("GetNameInfoW", GetNameInfoW((struct sockaddr *)&address, sizeof address, host, NI_MAXHOST, service, NI_MAXSERV,
                                            NI_NUMERICHOST));
    note("%d %d", wcscmp(host, L"127.0.0.1"), wcscmp(service, L"http"));

    CALL(GetHostNameW(own, 256));
    NEEDED(gethostname(narrow, sizeof narrow) == 0);
    for (position = 0; narrow[position] != 0 && own[position] == (unsigned char)narrow[position]; position++)
        ;
    note("the same: %d", own[position] == 0 && narrow[position] == 0);
    CALL(GetHostNameW(own, (int)wcslen(own)));
    CALL(GetHostNameW(NULL, 256));

    note_error("GetAddrInfoExW", GetAddrInfoExW(L"localhost", NULL, NS_DNS, NULL, NULL, &more, NULL, NULL, NULL, NULL));
    NEEDED(more != NULL);
    note("blob %d, provider %d", more->ai_blob != NULL, more->ai_provider != NULL);
    FreeAddrInfoExW(more);
    note_error("of nothing", GetAddrInfoExW(NULL, NULL, NS_DNS, NULL, NULL, &more, NULL, NULL, NULL, NULL));
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = event = WSACreateEvent();
    note_error("overlapped", GetAddrInfoExW(L"localhost", NULL, NS_DNS, NULL, NULL, &more, NULL, &overlapped, NULL, NULL));
    CALL_WAIT(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE));
    note_error("its result", GetAddrInfoExOverlappedResult(&overlapped));
    NEEDED(more != NULL);
    FreeAddrInfoExW(more);
    note_error("no structure", GetAddrInfoExOverlappedResult(NULL));
    return done();
}
