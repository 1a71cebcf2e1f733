/* The time with milliseconds. */
#ifndef WSP_SYS_TIMEB_H
#define WSP_SYS_TIMEB_H

#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _timeb {
    time_t time;
    unsigned short millitm;
    short timezone;
    short dstflag;
};
#define timeb _timeb
#define _timeb64 _timeb
#define __timeb64 _timeb

void _ftime(struct _timeb *to);
void _ftime64(struct _timeb *to) __asm__("_ftime");
void ftime(struct _timeb *to) __asm__("_ftime");
errno_t _ftime_s(struct _timeb *to);
errno_t _ftime64_s(struct _timeb *to) __asm__("_ftime_s");

#ifdef __cplusplus
}
#endif

#endif
