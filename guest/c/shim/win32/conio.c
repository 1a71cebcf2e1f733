/* <conio.h>, and reading lines: over the standard streams. */
#include <conio.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>

int _getch(void) {
    fflush(stdout);
    return getchar();
}

int _getche(void) {
    return _getch();
}

int _kbhit(void) {
    struct pollfd input = {0, POLLIN, 0};
    if (__freadahead(stdin) > 0)
        return 1;
    return poll(&input, 1, 0) > 0 && (input.revents & POLLIN) != 0;
}

int _putch(int character) {
    return putchar(character);
}

int _cputs(const char *text) {
    return fputs(text, stdout) < 0;
}

char *gets_s(char *to, rsize_t room) {
    size_t length = 0;
    int character;
    if (to == NULL || room == 0) {
        errno = EINVAL;
        return NULL;
    }
    while ((character = getchar()) != EOF && character != '\n') {
        if (length + 1 == room) {
            to[0] = '\0';
            errno = ERANGE;
            return NULL;
        }
        to[length++] = (char)character;
    }
    to[length] = '\0';
    return character == EOF && length == 0 ? NULL : to;
}

char *gets(char *to) {
    /* As long as the line is: that is what it promises. */
    return gets_s(to, (rsize_t)0x7FFFFFFF);
}
