/*
 * The part of the Windows API that Winsock programs lean on, and which can be
 * true here. There are no other threads, processes or windows.
 */
#ifndef WSP_WINDOWS_H
#define WSP_WINDOWS_H

#include <sdkddkver.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <excpt.h>
#include <windef.h>
#include <winnt.h>
#include <winerror.h>
#include <winbase.h>
#include <wincon.h>
#include <winnls.h>
#include <winuser.h>

/* As on Windows, where this header brings these along. */
#ifndef WIN32_LEAN_AND_MEAN
#include <mmsystem.h>
#include <winsock2.h>
#endif

#endif
