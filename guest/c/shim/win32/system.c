/* The process, and what the system says of itself. */
#define _GNU_SOURCE
#include "win32.h"

#include <unistd.h>

/* What Windows answers for the calling process, whichever that is. */
#define CURRENT_PROCESS ((HANDLE)(LONG_PTR)-1)

HANDLE GetCurrentProcess(void) {
    return CURRENT_PROCESS;
}

int _getpid(void) {
    return (int)GetCurrentProcessId();
}

void ExitProcess(UINT uExitCode) {
    /* Without the program's own exit handlers, but not without what it printed. */
    fflush(NULL);
    _Exit((int)uExitCode);
}

BOOL TerminateProcess(HANDLE hProcess, UINT uExitCode) {
    if (hProcess != CURRENT_PROCESS)
        return fail_as(ERROR_INVALID_HANDLE);
    _Exit((int)uExitCode);
}

UINT SetErrorMode(UINT uMode) {
    static UINT mode;
    UINT before = mode;
    mode = uMode;
    return before;
}

void GetSystemInfo(LPSYSTEM_INFO lpSystemInfo) {
    memset(lpSystemInfo, 0, sizeof *lpSystemInfo);
    lpSystemInfo->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_UNKNOWN;
    /* By pages of WebAssembly memory grows. */
    lpSystemInfo->dwPageSize = 65536;
    lpSystemInfo->dwAllocationGranularity = 65536;
    lpSystemInfo->lpMinimumApplicationAddress = (LPVOID)(ULONG_PTR)1;
    lpSystemInfo->lpMaximumApplicationAddress = (LPVOID)(ULONG_PTR)0xFFFFFFFF;
    lpSystemInfo->dwActiveProcessorMask = 1;
    lpSystemInfo->dwNumberOfProcessors = 1;
}

void GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo) {
    GetSystemInfo(lpSystemInfo);
}

/* What Windows says that was not told which later version the program knows. */
#define MAJOR_VERSION 6
#define MINOR_VERSION 2
#define BUILD 9200

BOOL GetVersionExA(LPOSVERSIONINFOA lpVersionInformation) {
    DWORD size = sizeof *lpVersionInformation;
    if (!in_memory(lpVersionInformation, size) ||
        lpVersionInformation->dwOSVersionInfoSize < size)
        return fail_as(ERROR_INSUFFICIENT_BUFFER);
    lpVersionInformation->dwMajorVersion = MAJOR_VERSION;
    lpVersionInformation->dwMinorVersion = MINOR_VERSION;
    lpVersionInformation->dwBuildNumber = BUILD;
    lpVersionInformation->dwPlatformId = VER_PLATFORM_WIN32_NT;
    lpVersionInformation->szCSDVersion[0] = '\0';
    return TRUE;
}

BOOL GetVersionExW(LPOSVERSIONINFOW lpVersionInformation) {
    DWORD size = sizeof *lpVersionInformation;
    if (!in_memory(lpVersionInformation, size) ||
        lpVersionInformation->dwOSVersionInfoSize < size)
        return fail_as(ERROR_INSUFFICIENT_BUFFER);
    lpVersionInformation->dwMajorVersion = MAJOR_VERSION;
    lpVersionInformation->dwMinorVersion = MINOR_VERSION;
    lpVersionInformation->dwBuildNumber = BUILD;
    lpVersionInformation->dwPlatformId = VER_PLATFORM_WIN32_NT;
    lpVersionInformation->szCSDVersion[0] = 0;
    return TRUE;
}

DWORD GetVersion(void) {
    return (DWORD)BUILD << 16 | MINOR_VERSION << 8 | MAJOR_VERSION;
}

BOOL GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize) {
    char name[256];
    size_t length;
    if (!in_memory(nSize, sizeof *nSize))
        return fail_as(ERROR_INVALID_PARAMETER);
    /* As gethostname says, without an error of a Winsock that was not started. */
    snprintf(name, sizeof name, "%s",
             getenv("COMPUTERNAME") == NULL ? "localhost" : getenv("COMPUTERNAME"));
    length = strlen(name);
    if (*nSize <= length) {
        *nSize = (DWORD)length + 1;
        return fail_as(ERROR_BUFFER_OVERFLOW);
    }
    if (!in_memory(lpBuffer, length + 1))
        return fail_as(ERROR_INVALID_PARAMETER);
    memcpy(lpBuffer, name, length + 1);
    *nSize = (DWORD)length;
    return TRUE;
}

BOOL GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize) {
    char name[256];
    DWORD room = sizeof name, position;
    if (!in_memory(nSize, sizeof *nSize))
        return fail_as(ERROR_INVALID_PARAMETER);
    if (!GetComputerNameA(name, &room))
        return FALSE;
    if (*nSize <= room) {
        *nSize = room + 1;
        return fail_as(ERROR_BUFFER_OVERFLOW);
    }
    if (!in_memory(lpBuffer, (room + 1) * sizeof *lpBuffer))
        return fail_as(ERROR_INVALID_PARAMETER);
    for (position = 0; position <= room; position++)
        lpBuffer[position] = (unsigned char)name[position];
    *nSize = room;
    return TRUE;
}

BOOL IsDebuggerPresent(void) {
    return FALSE;
}

void DebugBreak(void) {
    __builtin_trap();
}

void OutputDebugStringA(LPCSTR lpOutputString) {
    if (text_in_memory(lpOutputString))
        fputs(lpOutputString, stderr);
}

void OutputDebugStringW(LPCWSTR lpOutputString) {
    char *text = narrowed(lpOutputString);
    OutputDebugStringA(text);
    free(text);
}
