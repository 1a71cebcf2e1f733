/* An older name. */
#include <string.h>
