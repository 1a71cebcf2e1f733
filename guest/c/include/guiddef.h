/* GUIDs. */
#include <windef.h>
