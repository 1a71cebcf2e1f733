/* Debuggers. */
#ifndef WSP_DEBUGAPI_H
#define WSP_DEBUGAPI_H

#include <winnt.h>

#ifdef __cplusplus
extern "C" {
#endif

BOOL WINAPI IsDebuggerPresent(void);
/* A trap. */
void WINAPI DebugBreak(void) __attribute__((__noreturn__));
/* To standard error. */
void WINAPI OutputDebugStringA(LPCSTR lpOutputString);
void WINAPI OutputDebugStringW(LPCWSTR lpOutputString);

#ifdef UNICODE
#define OutputDebugString OutputDebugStringW
#else
#define OutputDebugString OutputDebugStringA
#endif

#ifdef __cplusplus
}
#endif

#endif
