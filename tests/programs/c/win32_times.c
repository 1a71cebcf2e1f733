/* Times as the system has them, and as Microsoft's <time.h> does. */
#include "transcript.h"

#include <time.h>

static void convert(DWORD high, DWORD low)
{
    FILETIME time = {low, high}, back = {0, 0};
    SYSTEMTIME parts;
    if (!FileTimeToSystemTime(&time, &parts)) {
        note_error("FileTimeToSystemTime", (int)GetLastError());
        return;
    }
    note("%d-%02d-%02d %02d:%02d:%02d.%03d, day %d", parts.wYear, parts.wMonth, parts.wDay,
         parts.wHour, parts.wMinute, parts.wSecond, parts.wMilliseconds, parts.wDayOfWeek);
    CALL_BOOL(SystemTimeToFileTime(&parts, &back));
    note("compared: %d", (int)CompareFileTime(&time, &back));
}

static void wrong(WORD month, WORD day, WORD hour)
{
    SYSTEMTIME parts = {0};
    FILETIME time;
    parts.wYear = 2023;
    parts.wMonth = month;
    parts.wDay = day;
    parts.wHour = hour;
    note("%d-%d %d:00: %d", month, day, hour, SystemTimeToFileTime(&parts, &time) != 0);
}

int main(void)
{
    time_t moment = 1000000000;
    struct tm parts;
    char text[32];
    FILETIME now;
    SYSTEMTIME system;
    convert(0, 0);
    convert(0x019db1de, 0xd53e8000);
    convert(0x01d9f0a1, 0x12345678);
    wrong(2, 30, 0);
    wrong(13, 1, 0);
    wrong(4, 31, 0);
    wrong(12, 31, 23);
    wrong(1, 1, 24);
    note("%d", gmtime_s(&parts, &moment));
    note("%d-%d-%d %d:%d:%d", parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour,
         parts.tm_min, parts.tm_sec);
    note("%d %s", asctime_s(text, sizeof text, &parts), text);
    GetSystemTimeAsFileTime(&now);
    FileTimeToSystemTime(&now, &system);
    note("of this century: %d", system.wYear >= 2024);
    return done();
}
