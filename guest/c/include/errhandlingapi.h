/* The last error, which is the one that WSAGetLastError returns. */
#ifndef WSP_ERRHANDLINGAPI_H
#define WSP_ERRHANDLINGAPI_H

#include <winnt.h>

#ifdef __cplusplus
extern "C" {
#endif

DWORD WINAPI GetLastError(void);
void WINAPI SetLastError(DWORD dwErrCode);

#define SEM_FAILCRITICALERRORS 0x0001
#define SEM_NOGPFAULTERRORBOX 0x0002
#define SEM_NOOPENFILEERRORBOX 0x8000
/* There are no boxes: the mode is remembered and told. */
UINT WINAPI SetErrorMode(UINT uMode);

#ifdef __cplusplus
}
#endif

#endif
