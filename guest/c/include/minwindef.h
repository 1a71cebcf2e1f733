/* The names that a system of Microsoft gives to its types. */
#include <windef.h>
