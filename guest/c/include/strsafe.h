/* Texts with a room: StringCch counts characters, StringCb bytes. */
#ifndef WSP_STRSAFE_H
#define WSP_STRSAFE_H

#include <stdarg.h>
#include <stdio.h>
#include <windef.h>
#include <winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)

typedef char *STRSAFE_LPSTR;
typedef const char *STRSAFE_LPCSTR;
typedef wchar_t *STRSAFE_LPWSTR;
typedef const wchar_t *STRSAFE_LPCWSTR;

/* What does not fit is cut, and the result is STRSAFE_E_INSUFFICIENT_BUFFER. */
HRESULT WINAPI StringCchCopyA(LPSTR to, size_t room, LPCSTR from);
HRESULT WINAPI StringCchCopyW(LPWSTR to, size_t room, LPCWSTR from);
HRESULT WINAPI StringCchCopyNA(LPSTR to, size_t room, LPCSTR from, size_t most);
HRESULT WINAPI StringCchCopyNW(LPWSTR to, size_t room, LPCWSTR from, size_t most);
HRESULT WINAPI StringCchCatA(LPSTR to, size_t room, LPCSTR from);
HRESULT WINAPI StringCchCatW(LPWSTR to, size_t room, LPCWSTR from);
HRESULT WINAPI StringCchCatNA(LPSTR to, size_t room, LPCSTR from, size_t most);
HRESULT WINAPI StringCchCatNW(LPWSTR to, size_t room, LPCWSTR from, size_t most);
HRESULT WINAPI StringCchLengthA(LPCSTR text, size_t most, size_t *length);
HRESULT WINAPI StringCchLengthW(LPCWSTR text, size_t most, size_t *length);
HRESULT StringCchPrintfA(LPSTR to, size_t room, LPCSTR format, ...);
HRESULT StringCchPrintfW(LPWSTR to, size_t room, LPCWSTR format, ...);
HRESULT WINAPI StringCchVPrintfA(LPSTR to, size_t room, LPCSTR format, va_list arguments);
HRESULT WINAPI StringCchVPrintfW(LPWSTR to, size_t room, LPCWSTR format, va_list arguments);
HRESULT WINAPI StringCchGetsA(LPSTR to, size_t room);

#define StringCbCopyA(to, room, from) StringCchCopyA(to, room, from)
#define StringCbCopyW(to, room, from) StringCchCopyW(to, (room) / sizeof(WCHAR), from)
#define StringCbCopyNA(to, room, from, most) StringCchCopyNA(to, room, from, most)
#define StringCbCopyNW(to, room, from, most) \
    StringCchCopyNW(to, (room) / sizeof(WCHAR), from, (most) / sizeof(WCHAR))
#define StringCbCatA(to, room, from) StringCchCatA(to, room, from)
#define StringCbCatW(to, room, from) StringCchCatW(to, (room) / sizeof(WCHAR), from)
#define StringCbPrintfA StringCchPrintfA
#define StringCbPrintfW(to, room, ...) StringCchPrintfW(to, (room) / sizeof(WCHAR), __VA_ARGS__)
#define StringCbVPrintfA(to, room, format, list) StringCchVPrintfA(to, room, format, list)
#define StringCbVPrintfW(to, room, format, list) \
    StringCchVPrintfW(to, (room) / sizeof(WCHAR), format, list)
#define StringCbLengthA(text, most, length) StringCchLengthA(text, most, length)
HRESULT WINAPI StringCbLengthW(LPCWSTR text, size_t most, size_t *length);

#ifdef UNICODE
#define StringCchCopy StringCchCopyW
#define StringCchCopyN StringCchCopyNW
#define StringCchCat StringCchCatW
#define StringCchCatN StringCchCatNW
#define StringCchLength StringCchLengthW
#define StringCchPrintf StringCchPrintfW
#define StringCchVPrintf StringCchVPrintfW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbPrintf StringCbPrintfW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbLength StringCbLengthW
#else
#define StringCchCopy StringCchCopyA
#define StringCchCopyN StringCchCopyNA
#define StringCchCat StringCchCatA
#define StringCchCatN StringCchCatNA
#define StringCchLength StringCchLengthA
#define StringCchPrintf StringCchPrintfA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchGets StringCchGetsA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbPrintf StringCbPrintfA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbLength StringCbLengthA
#endif

#ifdef __cplusplus
}
#endif

#endif
