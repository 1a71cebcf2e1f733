/* Winsock 1.1 programs compile against Winsock 2, which has all of it. */
#include <winsock2.h>
/* The options of groups were there, with other numbers than since. */
#include <ws2ipdef.h>
