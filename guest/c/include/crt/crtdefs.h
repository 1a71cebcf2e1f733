/* What the headers of Microsoft's C library have in common. */
#ifndef WSP_CRTDEFS_H
#define WSP_CRTDEFS_H

#include <__typedef_ssize_t.h>
#include <stddef.h>
#include <stdint.h>

#define _CRTIMP
#define _CRT_INSECURE_DEPRECATE(replacement)

typedef int errno_t;
typedef size_t rsize_t;
typedef long long __time64_t;
typedef long __time32_t;

/* With this count the functions with a room cut what does not fit. */
#define _TRUNCATE ((size_t)-1)
#define STRUNCATE 80
#define _countof(array) (sizeof(array) / sizeof((array)[0]))

#endif
