/* <malloc.h> as Microsoft's C library has it. */
#ifndef WSP_MALLOC_H
#define WSP_MALLOC_H

#include <stdlib.h>

#define _alloca(size) __builtin_alloca(size)
#define _malloca(size) malloc(size)
#define _freea(memory) free(memory)


#endif
