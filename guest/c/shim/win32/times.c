/* Times: as <time.h> has them, and as the system does. There is no other zone than UTC. */
#define _GNU_SOURCE
#include "win32.h"

#include <errno.h>
#include <mmsystem.h>
#include <sys/timeb.h>
#include <time.h>

/* Between 1601, where FILETIME begins, and 1970, in units of 100 ns. */
#define EPOCH 116444736000000000LL
#define UNITS_PER_SECOND 10000000LL
#define UNITS_PER_MILLISECOND 10000LL

static errno_t to_parts(struct tm *to, const time_t *time,
                        struct tm *(*convert)(const time_t *restrict, struct tm *restrict)) {
    if (to == NULL || time == NULL || *time < 0) {
        if (to != NULL)
            memset(to, 0xFF, sizeof *to);
        return EINVAL;
    }
    return convert(time, to) == NULL ? EINVAL : 0;
}

errno_t localtime_s(struct tm *to, const time_t *time) {
    return to_parts(to, time, localtime_r);
}

errno_t gmtime_s(struct tm *to, const time_t *time) {
    return to_parts(to, time, gmtime_r);
}

errno_t _localtime64_s(struct tm *to, const __time64_t *time) {
    return localtime_s(to, time);
}

errno_t _gmtime64_s(struct tm *to, const __time64_t *time) {
    return gmtime_s(to, time);
}

/* The length of asctime's text, with its end. */
#define TIME_TEXT 26

errno_t asctime_s(char *to, size_t room, const struct tm *time) {
    char text[64];
    if (to == NULL || room == 0)
        return EINVAL;
    to[0] = '\0';
    if (time == NULL || room < TIME_TEXT)
        return EINVAL;
    if (strftime(text, sizeof text, "%a %b %d %H:%M:%S %Y\n", time) >= TIME_TEXT)
        return EINVAL;
    return strcpy_s(to, room, text);
}

errno_t ctime_s(char *to, size_t room, const time_t *time) {
    struct tm parts;
    errno_t error = localtime_s(&parts, time);
    if (to == NULL || room == 0)
        return EINVAL;
    to[0] = '\0';
    return error != 0 ? error : asctime_s(to, room, &parts);
}

static errno_t now_as(const char *format, char *to, size_t room) {
    time_t now = time(NULL);
    struct tm parts;
    if (to == NULL || room < 9)
        return to == NULL ? EINVAL : ERANGE;
    localtime_r(&now, &parts);
    strftime(to, room, format, &parts);
    return 0;
}

errno_t _strtime_s(char *to, size_t room) {
    return now_as("%H:%M:%S", to, room);
}

errno_t _strdate_s(char *to, size_t room) {
    return now_as("%m/%d/%y", to, room);
}

char *_strtime(char *to) {
    _strtime_s(to, 9);
    return to;
}

char *_strdate(char *to) {
    _strdate_s(to, 9);
    return to;
}

__time64_t _time64(__time64_t *to) {
    return time(to);
}

struct tm *_localtime64(const __time64_t *time) {
    return localtime(time);
}

struct tm *_gmtime64(const __time64_t *time) {
    return gmtime(time);
}

char *_ctime64(const __time64_t *time) {
    return ctime(time);
}

__time64_t _mktime64(struct tm *time) {
    return mktime(time);
}

time_t _mkgmtime(struct tm *time) {
    return timegm(time);
}

__time64_t _mkgmtime64(struct tm *time) {
    return timegm(time);
}

void _tzset(void) {
}

errno_t _get_timezone(long *seconds) {
    if (seconds == NULL)
        return EINVAL;
    *seconds = 0;
    return 0;
}

errno_t _ftime_s(struct _timeb *to) {
    struct timespec now;
    if (to == NULL)
        return EINVAL;
    clock_gettime(CLOCK_REALTIME, &now);
    to->time = now.tv_sec;
    to->millitm = (unsigned short)(now.tv_nsec / 1000000);
    to->timezone = 0;
    to->dstflag = 0;
    return 0;
}

void _ftime(struct _timeb *to) {
    _ftime_s(to);
}

/* Handed out until the next call. */
static wchar_t *as_wide(const char *text) {
    static wchar_t *wide;
    free(wide);
    return wide = widened(text);
}

wchar_t *_wasctime(const struct tm *time) {
    return as_wide(asctime(time));
}

wchar_t *_wctime(const time_t *time) {
    return as_wide(ctime(time));
}

static LONGLONG units_of(const FILETIME *time) {
    return (LONGLONG)((ULONGLONG)time->dwHighDateTime << 32 | time->dwLowDateTime);
}

static void write_units(LONGLONG units, LPFILETIME to) {
    to->dwLowDateTime = (DWORD)units;
    to->dwHighDateTime = (DWORD)((ULONGLONG)units >> 32);
}

void filetime_of(const struct timespec *time, LPFILETIME to) {
    write_units(EPOCH + time->tv_sec * UNITS_PER_SECOND + time->tv_nsec / 100, to);
}

void GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    filetime_of(&now, lpSystemTimeAsFileTime);
}

void GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime) {
    GetSystemTimeAsFileTime(lpSystemTimeAsFileTime);
}

BOOL FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime) {
    LONGLONG units;
    time_t seconds;
    struct tm parts;
    if (!in_memory(lpFileTime, sizeof *lpFileTime) ||
        !in_memory(lpSystemTime, sizeof *lpSystemTime))
        return fail_as(ERROR_INVALID_PARAMETER);
    units = units_of(lpFileTime);
    if (units < 0)
        return fail_as(ERROR_INVALID_PARAMETER);
    /* The day of 1601 is a whole number of seconds before that of 1970. */
    seconds = units / UNITS_PER_SECOND - EPOCH / UNITS_PER_SECOND;
    if (gmtime_r(&seconds, &parts) == NULL)
        return fail_as(ERROR_INVALID_PARAMETER);
    lpSystemTime->wYear = (WORD)(parts.tm_year + 1900);
    lpSystemTime->wMonth = (WORD)(parts.tm_mon + 1);
    lpSystemTime->wDayOfWeek = (WORD)parts.tm_wday;
    lpSystemTime->wDay = (WORD)parts.tm_mday;
    lpSystemTime->wHour = (WORD)parts.tm_hour;
    lpSystemTime->wMinute = (WORD)parts.tm_min;
    lpSystemTime->wSecond = (WORD)parts.tm_sec;
    lpSystemTime->wMilliseconds = (WORD)(units % UNITS_PER_SECOND / UNITS_PER_MILLISECOND);
    return TRUE;
}

BOOL SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime) {
    struct tm parts = {0};
    time_t seconds;
    if (!in_memory(lpSystemTime, sizeof *lpSystemTime) ||
        !in_memory(lpFileTime, sizeof *lpFileTime))
        return fail_as(ERROR_INVALID_PARAMETER);
    parts.tm_year = lpSystemTime->wYear - 1900;
    parts.tm_mon = lpSystemTime->wMonth - 1;
    parts.tm_mday = lpSystemTime->wDay;
    parts.tm_hour = lpSystemTime->wHour;
    parts.tm_min = lpSystemTime->wMinute;
    parts.tm_sec = lpSystemTime->wSecond;
    seconds = timegm(&parts);
    /* What is no day of its month has become one of the next. */
    if (lpSystemTime->wYear < 1601 || lpSystemTime->wYear > 30827 ||
        parts.tm_mon != lpSystemTime->wMonth - 1 || parts.tm_mday != lpSystemTime->wDay ||
        lpSystemTime->wHour > 23 || lpSystemTime->wMinute > 59 || lpSystemTime->wSecond > 59 ||
        lpSystemTime->wMilliseconds > 999)
        return fail_as(ERROR_INVALID_PARAMETER);
    write_units(EPOCH + seconds * UNITS_PER_SECOND +
                    lpSystemTime->wMilliseconds * UNITS_PER_MILLISECOND,
                lpFileTime);
    return TRUE;
}

BOOL FileTimeToLocalFileTime(const FILETIME *lpFileTime, LPFILETIME lpLocalFileTime) {
    if (!in_memory(lpFileTime, sizeof *lpFileTime) ||
        !in_memory(lpLocalFileTime, sizeof *lpLocalFileTime))
        return fail_as(ERROR_INVALID_PARAMETER);
    *lpLocalFileTime = *lpFileTime;
    return TRUE;
}

BOOL LocalFileTimeToFileTime(const FILETIME *lpLocalFileTime, LPFILETIME lpFileTime) {
    return FileTimeToLocalFileTime(lpLocalFileTime, lpFileTime);
}

LONG CompareFileTime(const FILETIME *lpFileTime1, const FILETIME *lpFileTime2) {
    ULONGLONG one = (ULONGLONG)units_of(lpFileTime1), other = (ULONGLONG)units_of(lpFileTime2);
    return (one > other) - (one < other);
}

void GetSystemTime(LPSYSTEMTIME lpSystemTime) {
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    FileTimeToSystemTime(&now, lpSystemTime);
}

void GetLocalTime(LPSYSTEMTIME lpSystemTime) {
    GetSystemTime(lpSystemTime);
}

DWORD timeGetTime(void) {
    return GetTickCount();
}

MMRESULT timeBeginPeriod(UINT uPeriod) {
    return uPeriod >= 1 && uPeriod <= 1000000 ? TIMERR_NOERROR : TIMERR_NOCANDO;
}

MMRESULT timeEndPeriod(UINT uPeriod) {
    return timeBeginPeriod(uPeriod);
}

MMRESULT timeGetDevCaps(LPTIMECAPS ptc, UINT cbtc) {
    if (!in_memory(ptc, sizeof *ptc) || cbtc < sizeof *ptc)
        return TIMERR_NOCANDO;
    ptc->wPeriodMin = 1;
    ptc->wPeriodMax = 1000000;
    return TIMERR_NOERROR;
}
