/* What is left of Winsock 1.1, in which one thread shared itself among blocking calls. */
#include "shim.h"

/* There is no other thread that could ask while a call blocks, and no hook. */
BOOL WSAIsBlocking(void) {
    return FALSE;
}

int WSACancelBlockingCall(void) {
    return keep_error(SOCKET_ERROR, !started()             ? WSANOTINITIALISED
                                    : started_as_winsock1() ? WSAEINVAL
                                                            : WSAEOPNOTSUPP);
}
