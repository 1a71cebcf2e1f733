/* Newer systems have these functions in a header of their own. */
#include <winbase.h>
