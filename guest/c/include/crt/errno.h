/* <errno.h> with what Microsoft's has besides. */
#ifndef WSP_ERRNO_H
#define WSP_ERRNO_H

#include_next <errno.h>

#include <crtdefs.h>

#ifndef EDEADLOCK
#define EDEADLOCK EDEADLK
#endif

#ifdef __cplusplus
extern "C" {
#endif

errno_t _set_errno(int value);
errno_t _get_errno(int *to);

#ifdef __cplusplus
}
#endif

#endif
