/* <process.h>: threads to begin, and no processes to spawn. */
#ifndef WSP_PROCESS_H
#define WSP_PROCESS_H

#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

int _getpid(void);
int getpid(void);
uintptr_t _beginthread(void(__cdecl *start_address)(void *), unsigned stack_size, void *arglist);
uintptr_t _beginthreadex(void *security, unsigned stack_size,
                         unsigned(__stdcall *start_address)(void *), void *arglist,
                         unsigned initflag, unsigned *thrdaddr);
void _endthread(void) __attribute__((__noreturn__));
void _endthreadex(unsigned retval) __attribute__((__noreturn__));
void _exit(int status) __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif

#endif
