/* Names of the IPv6 functions for programs of older systems, which ws2tcpip.h has. */
#include <ws2tcpip.h>
