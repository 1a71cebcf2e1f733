/* Microsoft's functions for text: cases, copies with a room, and numbers. */
#include "transcript.h"

static void copies(void)
{
    char room[8] = "";
    note("strcpy_s: %d \"%s\"", strcpy_s(room, sizeof room, "seven77") != 0, room);
    note("strcat_s: %d", strcat_s(room, sizeof room, "") != 0);
    note("strncpy_s: %d \"%s\"", strncpy_s(room, sizeof room, "abcdef", 3), room);
    note("strcat_s: %d \"%s\"", strcat_s(room, sizeof room, "def"), room);
    note("strncpy_s cut: %d \"%s\"", strncpy_s(room, sizeof room, "much too long", _TRUNCATE), room);
    note("strncat_s cut: %d \"%s\"", strncat_s(strcpy(room, "ab"), sizeof room, "cdefghij", _TRUNCATE),
         room);
    note("memcpy_s: %d \"%.3s\"", memcpy_s(room, sizeof room, "xyz", 3), room);
    note("memmove_s: %d \"%.4s\"", memmove_s(room + 1, sizeof room - 1, room, 3), room);
}

static void tokens(void)
{
    char text[] = ",one,,two;three,";
    char *rest = NULL, *token;
    for (token = strtok_s(text, ",;", &rest); token != NULL; token = strtok_s(NULL, ",;", &rest))
        note("token %s", token);
}

static void cases(void)
{
    char text[] = "MiXed 123";
    note("%d %d %d", _stricmp("abc", "ABC"), _stricmp("abd", "ABC") > 0, _stricmp("ab", "ABC") < 0);
    note("%d %d", _strnicmp("abcX", "ABCY", 3), _strnicmp("abcX", "ABCY", 4) < 0);
    note("%s", _strlwr(text));
    note("%s", _strupr(text));
    note("%s", _strrev(text));
    note("%d", lstrcmpiA("one", "ONE"));
    note("%d %d", lstrlenA("four"), lstrlenA(NULL));
    note("%s", lstrcpynA(text, "a longer text", 5));
}

static void numbers(void)
{
    char room[70];
    note("%s", _itoa(-255, room, 10));
    note("%s", _itoa(-255, room, 16));
    note("%s", _itoa(255, room, 2));
    note("%s", _ultoa(4000000000UL, room, 10));
    note("%s", _i64toa(-9000000000000LL, room, 10));
    note("%s", _ui64toa(18000000000000000000ULL, room, 36));
    note("%d %s", _itoa_s(77, room, sizeof room, 8), room);
    note("%d", _atoi64("-123456789012") == -123456789012LL);
}

static void wide(void)
{
    wchar_t room[8];
    note("%d", wcscpy_s(room, 8, L"wide"));
    note("%d", lstrlenW(room));
    note("%d", wcscat_s(room, 8, L"r"));
    note("%d", wcscmp(room, L"wider"));
    note("%d %d", _wcsicmp(L"Wide", L"wIDE"), _wcsnicmp(L"Wide", L"WIDTH", 3));
    note("%d %ld", _wtoi(L"-42"), _wtol(L"77"));
}

int main(void)
{
    copies();
    tokens();
    cases();
    numbers();
    wide();
    return done();
}
