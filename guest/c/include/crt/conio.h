/* <conio.h> over the standard streams: a terminal hands out whole lines, and echoes. */
#ifndef WSP_CONIO_H
#define WSP_CONIO_H

#ifdef __cplusplus
extern "C" {
#endif

/* The next byte of standard input, or -1 at its end. */
int _getch(void);
int _getche(void);
int getch(void) __asm__("_getch");
int getche(void) __asm__("_getche");
/* Whether _getch would answer at once. */
int _kbhit(void);
int kbhit(void) __asm__("_kbhit");
int _putch(int character);
int putch(int character) __asm__("_putch");
int _cputs(const char *text);
int cputs(const char *text) __asm__("_cputs");
int _cprintf(const char *format, ...) __asm__("printf");
int cprintf(const char *format, ...) __asm__("printf");

#ifdef __cplusplus
}
#endif

#endif
