/* Select is Winsock's, and in winsock2.h. */
#ifndef _SYS_SELECT_H
#define _SYS_SELECT_H

#include <__struct_timeval.h>

#endif
