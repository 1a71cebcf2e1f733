/* Newer systems have these functions in a header of their own. */
#include <winnls.h>
