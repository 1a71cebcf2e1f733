/* CloseHandle, of whatever it is. */
#include "shim.h"

BOOL CloseHandle(HANDLE hObject) {
    if (find_socket((SOCKET)hObject) != NULL)
        return closesocket((SOCKET)hObject) == 0;
    if (find_file(hObject) != NULL)
        return close_file(hObject);
    if (find_port(hObject) != NULL) {
        close_port(hObject);
        return TRUE;
    }
    if (close_object(hObject))
        return TRUE;
    return WSACloseEvent(hObject);
}
