/* FormatMessage with texts of the program's own: inserts, escapes, rooms. */
#include "transcript.h"

static DWORD format(DWORD flags, const char *text, char *to, DWORD room, ...)
{
    va_list arguments;
    DWORD length;
    va_start(arguments, room);
    length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | flags, text, 0, 0, to, room, &arguments);
    va_end(arguments);
    return length;
}

int main(void)
{
    char room[100], *allocated = NULL;
    DWORD_PTR list[2];
    DWORD length;
    length = format(0, "%1 is %2!d! or %2!04x!", room, sizeof room, "text", 255);
    note("%d: %s", (int)length, room);
    length = format(0, "%2 before %1, %%, %!, end%.", room, sizeof room, "one", "two");
    note("%d: %s", (int)length, room);
    length = format(0, "[%1!-6s!] [%1!6s!]", room, sizeof room, "abc");
    note("%d: %s", (int)length, room);
    length = format(0, "cut%0 here", room, sizeof room);
    note("%d: %s", (int)length, room);
    length = format(FORMAT_MESSAGE_IGNORE_INSERTS, "%1 stays", room, sizeof room);
    note("%d: %s", (int)length, room);
    length = format(0, "a line%nand another", room, sizeof room);
    note("%d: %d", (int)length, room[6] == '\r' && room[7] == '\n');
    list[0] = (DWORD_PTR) "listed";
    list[1] = 7;
    length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                            "%1 %2!u!", 0, 0, room, sizeof room, (va_list *)list);
    note("%d: %s", (int)length, room);
    length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER, "a text",
                            0, 0, (LPSTR)&allocated, 0, NULL);
    note("%d: %s", (int)length, allocated);
    LocalFree(allocated);
    length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "too long", 0, 0, room, 8, NULL);
    note("%d, error %d", (int)length, (int)GetLastError());
    length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                            WSAECONNREFUSED, 0, room, sizeof room, NULL);
    note("of the system: %d, ends with a line: %d", length > 0,
         length > 1 && strcmp(room + length - 2, "\r\n") == 0);
    length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                            0x2fffffff, 0, room, sizeof room, NULL);
    note("%d, error %d", (int)length, (int)GetLastError());
    return done();
}
