/* The time of the day, which Windows does not have, for sources that ask for it by this header. */
#ifndef _SYS_TIME_H
#define _SYS_TIME_H

#include <__struct_timeval.h>

#ifdef __cplusplus
extern "C" {
#endif

struct timezone {
    int tz_minuteswest;
    int tz_dsttime;
};

int gettimeofday(struct timeval *__restrict tv, void *__restrict tz)
    __asm__("winsock_gettimeofday");

#define timerisset(time) ((time)->tv_sec || (time)->tv_usec)
#define timerclear(time) ((time)->tv_sec = (time)->tv_usec = 0)
#define timercmp(one, other, op)                                        \
    ((one)->tv_sec == (other)->tv_sec ? (one)->tv_usec op (other)->tv_usec \
                                      : (one)->tv_sec op (other)->tv_sec)

#ifdef __cplusplus
}
#endif

#endif
