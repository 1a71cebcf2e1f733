/* GUIDs as text; there are no objects of COM. */
#ifndef WSP_OBJBASE_H
#define WSP_OBJBASE_H

#include <windows.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef wchar_t OLECHAR;
typedef OLECHAR *LPOLESTR;
typedef const OLECHAR *LPCOLESTR;

/* Writes it in braces: 39 characters with the end, or 0 if there is less room. */
int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax);

#ifdef __cplusplus
}
#endif

#endif
