/* Intrinsics that are not of one processor. The interlocked ones are in windows.h too. */
#ifndef WSP_INTRIN_H
#define WSP_INTRIN_H

#include <wsp/interlocked.h>

#include <stdlib.h>

#define __debugbreak() __builtin_trap()
#define __nop() ((void)0)
#define _ReadWriteBarrier() __asm__ volatile("" ::: "memory")
#define _ReadBarrier() _ReadWriteBarrier()
#define _WriteBarrier() _ReadWriteBarrier()

#endif
