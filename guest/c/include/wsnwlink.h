/* Older systems have more of IPX here. */
#include <wsipx.h>
