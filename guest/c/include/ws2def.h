/* Part of Winsock on newer systems. */
#include <winsock2.h>
