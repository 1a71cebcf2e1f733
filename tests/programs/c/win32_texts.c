/* Code pages, and <strsafe.h>. */
#include "transcript.h"

#include <strsafe.h>

static void pages(void)
{
    wchar_t wide[16];
    char narrow[16];
    note("%d", MultiByteToWideChar(CP_UTF8, 0, "gr\xc3\xbcn", -1, NULL, 0));
    note("%d", MultiByteToWideChar(CP_UTF8, 0, "gr\xc3\xbcn", 5, wide, 16));
    note("%x", wide[2]);
    note("%d", MultiByteToWideChar(CP_UTF8, 0, "gr\xc3\xbcn", -1, wide, 3));
    note("error %d", (int)GetLastError());
    note("%d", MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xff", 1, wide, 16));
    note("error %d", (int)GetLastError());
    note("%d", MultiByteToWideChar(CP_UTF8, 0, "text", 0, wide, 16));
    note("error %d", (int)GetLastError());
    note("%d", WideCharToMultiByte(CP_UTF8, 0, L"\x20ac", -1, narrow, sizeof narrow, NULL, NULL));
    note("%02x %02x %02x", (unsigned char)narrow[0], (unsigned char)narrow[1],
         (unsigned char)narrow[2]);
    note("%d", WideCharToMultiByte(CP_UTF8, 0, L"\x20ac", -1, narrow, 2, NULL, NULL));
    note("error %d", (int)GetLastError());
    note("%d", MultiByteToWideChar(CP_ACP, 0, "plain", -1, wide, 16));
}

static void safe(void)
{
    char room[8];
    size_t length = 77;
    note("%lx %s", (unsigned long)StringCchCopyA(room, 8, "short"), room);
    note("%lx %s", (unsigned long)StringCchCopyA(room, 8, "much too long"), room);
    note("%lx %s", (unsigned long)StringCchCopyNA(room, 8, "abcdef", 3), room);
    note("%lx %s", (unsigned long)StringCchCatA(room, 8, "def"), room);
    note("%lx %s", (unsigned long)StringCchCatA(room, 8, "ghi"), room);
    note("%lx %s", (unsigned long)StringCchPrintfA(room, 8, "%d-%s", 12, "ab"), room);
    note("%lx %s", (unsigned long)StringCchPrintfA(room, 8, "%d", 123456789), room);
    note("%lx", (unsigned long)StringCchLengthA("four", 8, &length));
    note("%d", (int)length);
    note("%lx", (unsigned long)StringCchLengthA("longer", 3, &length));
    note("%lx", (unsigned long)StringCchCopyA(room, 0, "nothing"));
}

int main(void)
{
    pages();
    safe();
    return done();
}
