/*
 * The name of the computer. The host's is not disclosed; one may be set in the
 * environment, where Windows has it too.
 */
#include "shim.h"

const char *own_name(void) {
    const char *given = getenv("COMPUTERNAME");
    return given == NULL ? "localhost" : given;
}

int gethostname(char *name, size_t namelen) {
    const char *own = own_name();
    int code = 0;
    if (!started())
        code = WSANOTINITIALISED;
    else if (namelen <= strlen(own) || !in_memory(name, strlen(own) + 1))
        code = WSAEFAULT;
    else
        strcpy(name, own);
    keep_code(code);
    return code == 0 ? 0 : SOCKET_ERROR;
}

int GetHostNameW(PWSTR name, int namelen) {
    const char *own = own_name();
    size_t length = strlen(own) + 1, position;
    int code = 0;
    if (!started())
        code = WSANOTINITIALISED;
    else if (namelen < 0 || (size_t)namelen < length || !in_memory(name, length * sizeof *name))
        code = WSAEFAULT;
    for (position = 0; code == 0 && position < length; position++)
        name[position] = (unsigned char)own[position];
    keep_code(code);
    return code == 0 ? 0 : SOCKET_ERROR;
}
