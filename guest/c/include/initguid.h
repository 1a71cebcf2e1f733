/* GUIDs are defined wherever they are declared. */
#include <guiddef.h>
