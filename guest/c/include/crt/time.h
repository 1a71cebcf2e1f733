/* <time.h> with what Microsoft's has besides. */
#ifndef WSP_TIME_H
#define WSP_TIME_H

#include_next <time.h>

#include <crtdefs.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CLK_TCK CLOCKS_PER_SEC

/* Unlike those of ISO C they take the place for the answer first. */
errno_t localtime_s(struct tm *to, const time_t *time);
errno_t gmtime_s(struct tm *to, const time_t *time);
errno_t ctime_s(char *to, size_t room, const time_t *time);
errno_t asctime_s(char *to, size_t room, const struct tm *time);
char *_strtime(char *to);
char *_strdate(char *to);
errno_t _strtime_s(char *to, size_t room);
errno_t _strdate_s(char *to, size_t room);

__time64_t _time64(__time64_t *to);
struct tm *_localtime64(const __time64_t *time);
struct tm *_gmtime64(const __time64_t *time);
errno_t _localtime64_s(struct tm *to, const __time64_t *time);
errno_t _gmtime64_s(struct tm *to, const __time64_t *time);
char *_ctime64(const __time64_t *time);
__time64_t _mktime64(struct tm *time);
time_t _mkgmtime(struct tm *time);
__time64_t _mkgmtime64(struct tm *time);

/* There is no other zone than UTC. */
void _tzset(void);
void tzset(void) __asm__("_tzset");
errno_t _get_timezone(long *seconds);

#ifdef __cplusplus
}

extern "C++" {
template <size_t Room> inline errno_t ctime_s(char (&to)[Room], const time_t *time) {
    return ctime_s(to, Room, time);
}
template <size_t Room> inline errno_t asctime_s(char (&to)[Room], const struct tm *time) {
    return asctime_s(to, Room, time);
}
}
#endif

#endif
