/* What the printf family of Microsoft does otherwise than that of ISO C. */
#include "transcript.h"

/* The compiler knows the formats of ISO C only. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static void sizes(void)
{
    char room[100];
    _snprintf(room, sizeof room, "[%I64d] [%I64u] [%I64x]", -5000000000LL, 6000000000ULL, 0xabcdef012LL);
    note("%s", room);
    _snprintf(room, sizeof room, "[%I32d] [%I32u] [%20I64d] [%-8I32x]", -5, 6u, 7LL, 255);
    note("%s", room);
    _snprintf(room, sizeof room, "[%hs] [%ls] [%S] [%C] [%hc]", "narrow", L"wide", L"WIDE", L'w', 'n');
    note("%s", room);
    _snprintf(room, sizeof room, "[%5.2f] [%e] [%%] [%#x] [%+d] [%05d]", 3.14159, 12345.678, 255, 7, 42);
    note("%.20s", room);
}

static void rooms(void)
{
    char room[9];
    int result;
    memset(room, '.', sizeof room);
    result = _snprintf(room, 8, "%s", "12345678");
    note("as long as the room: %d, %.9s", result, room);
    memset(room, '.', sizeof room);
    result = _snprintf(room, 8, "%s", "123456789");
    note("longer: %d, %.9s", result, room);
    result = _snprintf(room, sizeof room, "%s", "1234");
    note("shorter: %d, %s", result, room);
    note("counted: %d", _scprintf("%s %d", "text", 1234));
    result = _snprintf_s(room, sizeof room, _TRUNCATE, "%s", "much too long");
    note("cut: %d, %s", result, room);
    result = _snprintf_s(room, sizeof room, 4, "%s", "much too long");
    note("counted: %d, %s", result, room);
    result = sprintf_s(room, sizeof room, "%d", 12345678);
    note("fits: %d, %s", result, room);
    result = wsprintfA(room, "%s-%lu", "ab", 99ul);
    note("wsprintf: %d, %s", result, room);
}

static void wide(void)
{
    wchar_t room[32];
    char narrow[64];
    int result = _snwprintf(room, 32, L"%s %S %ls %hs %d", L"wide", "narrow", L"w", "n", 5);
    WideCharToMultiByte(CP_ACP, 0, room, -1, narrow, sizeof narrow, NULL, NULL);
    note("%d: %s", result, narrow);
    result = _snwprintf(room, 4, L"%s", L"too long");
    note("%d", result);
    result = swprintf_s(room, 32, L"%04x|%-5d|", 255, 7);
    WideCharToMultiByte(CP_ACP, 0, room, -1, narrow, sizeof narrow, NULL, NULL);
    note("%d: %s", result, narrow);
    result = _snwprintf(room, 32, L"%d %s %I64d %.1f %*d|%ls|%.3s", 1, (wchar_t *)NULL, (__int64)2, 3.5,
                        5, 4, (wchar_t *)NULL, (wchar_t *)NULL);
    WideCharToMultiByte(CP_ACP, 0, room, -1, narrow, sizeof narrow, NULL, NULL);
    note("%d: %s", result, narrow);
}

int main(void)
{
    sizes();
    rooms();
    wide();
    return done();
}
