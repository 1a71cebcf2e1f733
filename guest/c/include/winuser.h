/* Texts, which Windows has beside its windows. There are none of those. */
#ifndef WSP_WINUSER_H
#define WSP_WINUSER_H

#include <stdarg.h>
#include <winnt.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAKEINTRESOURCEA(number) ((LPSTR)(ULONG_PTR)(WORD)(number))
#define MAKEINTRESOURCEW(number) ((LPWSTR)(ULONG_PTR)(WORD)(number))

/* At most 1,024 characters. */
int wsprintfA(LPSTR to, LPCSTR format, ...);
int wsprintfW(LPWSTR to, LPCWSTR format, ...);
int WINAPI wvsprintfA(LPSTR to, LPCSTR format, va_list arguments);
int WINAPI wvsprintfW(LPWSTR to, LPCWSTR format, va_list arguments);

/* A text, or one character in place of an address. */
LPSTR WINAPI CharUpperA(LPSTR text);
LPWSTR WINAPI CharUpperW(LPWSTR text);
LPSTR WINAPI CharLowerA(LPSTR text);
LPWSTR WINAPI CharLowerW(LPWSTR text);
DWORD WINAPI CharUpperBuffA(LPSTR text, DWORD length);
DWORD WINAPI CharLowerBuffA(LPSTR text, DWORD length);
LPSTR WINAPI CharNextA(LPCSTR text);
LPSTR WINAPI CharPrevA(LPCSTR start, LPCSTR text);
BOOL WINAPI IsCharAlphaA(CHAR character);
BOOL WINAPI IsCharAlphaNumericA(CHAR character);

#ifdef UNICODE
#define MAKEINTRESOURCE MAKEINTRESOURCEW
#define wsprintf wsprintfW
#define wvsprintf wvsprintfW
#define CharUpper CharUpperW
#define CharLower CharLowerW
#else
#define MAKEINTRESOURCE MAKEINTRESOURCEA
#define wsprintf wsprintfA
#define wvsprintf wvsprintfA
#define CharUpper CharUpperA
#define CharLower CharLowerA
#define CharUpperBuff CharUpperBuffA
#define CharLowerBuff CharLowerBuffA
#define CharNext CharNextA
#define CharPrev CharPrevA
#define IsCharAlpha IsCharAlphaA
#define IsCharAlphaNumeric IsCharAlphaNumericA
#endif

#ifdef __cplusplus
}
#endif

#endif
