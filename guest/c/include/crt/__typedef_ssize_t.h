/*
 * Windows has no ssize_t, and sources define it as they like: mostly as an int, or
 * as SSIZE_T. So both are an int here, which has the size of a long.
 */
#ifndef __wasilibc___typedef_ssize_t_h
#define __wasilibc___typedef_ssize_t_h

#ifndef ssize_t
typedef int ssize_t;
#endif
#define __DEFINED_ssize_t

/* By these some sources can tell that it is there. */
#ifndef _SSIZE_T_DEFINED
#define _SSIZE_T_DEFINED
#endif
#ifndef _SSIZE_T_
#define _SSIZE_T_
#endif

#endif
