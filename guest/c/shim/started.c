/* Whether the program has started Winsock, and as which. */
#include "shim.h"

/* Starts that have not been cleaned up. */
static unsigned starts;
/* The version that the latest WSAStartup got. */
static WORD version;

BOOL started(void) {
    return starts > 0;
}

BOOL started_as_winsock1(void) {
    return started() && LOBYTE(version) == 1;
}

void one_more_start(void) {
    starts++;
}

unsigned one_start_less(void) {
    return --starts;
}

void start_as(WORD got) {
    version = got;
}
