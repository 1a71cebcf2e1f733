/* What the headers of Winsock bring along, and what Microsoft's compiler knows without one. */
#include "transcript.h"

struct holder {
    int before;
    LIST_ENTRY entry;
};

C_ASSERT(sizeof(DWORD) == 4);

static int __cdecl sum(int count, ...)
{
    va_list arguments;
    int total = 0;
    va_start(arguments, count);
    while (count-- > 0)
        total += va_arg(arguments, int);
    va_end(arguments);
    return total;
}

static __inline int WINAPI twice(int number)
{
    return 2 * number;
}

int main(void)
{
    struct holder holder = {7, {NULL, NULL}};
    PLIST_ENTRY entry = &holder.entry;
    unsigned __int64 large = 1;
    TCHAR text[] = TEXT("Text");
    WORD version = MAKEWORD(2, 1);
    note("%d %d %d", tolower('Q'), isalpha('7') != 0, sum(3, 1, 2, 3));
    note("%d", CONTAINING_RECORD(entry, struct holder, entry)->before);
    note("%d %d", (int)ARRAYSIZE(text), twice(21));
    note("%d", (large << 40) == 1099511627776ULL);
    note("%d %d %x", LOBYTE(version), HIBYTE(version), (unsigned)MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT));
    note("%d %d", max(3, 4), min(3, 4));
    note("%x %x", (unsigned)HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED), (unsigned)E_FAIL);
    note("%d %d", SUCCEEDED(S_OK), FAILED(E_FAIL));
    note("%d", (int)wcslen(L"wide"));
    return done();
}
