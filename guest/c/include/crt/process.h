/* <process.h>: there are no threads to begin, and no processes to spawn. */
#ifndef WSP_PROCESS_H
#define WSP_PROCESS_H

#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

int _getpid(void);
int getpid(void);
void _exit(int status) __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif

#endif
