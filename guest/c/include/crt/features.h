/*
 * Which of the C library's names are declared: ISO C's, since sources of
 * Windows define functions of their own in place of POSIX's. A source that
 * wants those defines _GNU_SOURCE or one of its kind.
 */
#ifndef _FEATURES_H
#ifdef __STRICT_ANSI__
#include_next <features.h>
#else
#define __STRICT_ANSI__ 1
#include_next <features.h>
#undef __STRICT_ANSI__
#endif
#endif

#include <__typedef_ssize_t.h>
