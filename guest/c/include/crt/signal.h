/* <signal.h> with what Microsoft's has besides. Only raise delivers a signal. */
#ifndef WSP_SIGNAL_H
#define WSP_SIGNAL_H

#include_next <signal.h>

/* A number that no other signal has. */
#define SIGBREAK 64

#endif
