/* GUIDs as text. */
#include "win32.h"

#include <objbase.h>

/* With braces and the end. */
#define LENGTH 39

int StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax) {
    char text[LENGTH];
    int position;
    if (cchMax < LENGTH || !in_memory(rguid, sizeof *rguid) ||
        !in_memory(lpsz, LENGTH * sizeof *lpsz))
        return 0;
    snprintf(text, sizeof text, "{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", rguid->Data1,
             rguid->Data2, rguid->Data3, rguid->Data4[0], rguid->Data4[1], rguid->Data4[2],
             rguid->Data4[3], rguid->Data4[4], rguid->Data4[5], rguid->Data4[6], rguid->Data4[7]);
    for (position = 0; position < LENGTH; position++)
        lpsz[position] = (unsigned char)text[position];
    return LENGTH;
}
