/* Checks of debug builds, which this is not. */
#ifndef WSP_CRTDBG_H
#define WSP_CRTDBG_H

#include <assert.h>

#define _ASSERT(condition) ((void)0)
#define _ASSERTE(condition) ((void)0)
#define _RPT0(kind, text) ((void)0)
#define _RPT1(kind, text, one) ((void)0)
#define _CrtSetDbgFlag(flags) (0)
#define _CrtSetReportMode(kind, mode) (0)
#define _CrtSetReportFile(kind, file) ((void *)0)
#define _CrtSetBreakAlloc(number) (0)
#define _CRTDBG_MODE_FILE 0x1
#define _CRTDBG_MODE_DEBUG 0x2
#define _CRTDBG_FILE_STDOUT ((void *)-4)
#define _CRTDBG_FILE_STDERR ((void *)-5)
#define _CrtDumpMemoryLeaks() (0)
#define _CrtCheckMemory() (1)
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_REPORT_FLAG (-1)
#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2

#endif
