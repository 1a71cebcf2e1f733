/* Part of Winsock on newer systems. */
#include <ws2tcpip.h>
