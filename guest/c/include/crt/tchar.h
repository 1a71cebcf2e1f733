/* Names for both kinds of text: narrow ones without _UNICODE, wide ones with it. */
#ifndef WSP_TCHAR_H
#define WSP_TCHAR_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#ifdef _UNICODE

typedef wchar_t _TCHAR, _TSCHAR, _TUCHAR, _TXCHAR;
typedef wint_t _TINT;
#ifndef WSP_WINDEF_H
typedef wchar_t TCHAR;
#endif
#define __T(literal) L##literal
#define _tmain wmain
#define _tprintf wprintf
#define _ftprintf fwprintf
#define _stprintf swprintf
#define _sntprintf _snwprintf
#define _stprintf_s swprintf_s
#define _sntprintf_s _snwprintf_s
#define _vtprintf vwprintf
#define _vftprintf vfwprintf
#define _vsntprintf _vsnwprintf
#define _vstprintf_s vswprintf_s
#define _tprintf_s wprintf_s
#define _tscanf wscanf
#define _stscanf swscanf
#define _fgettc fgetwc
#define _fgetts fgetws
#define _fputts fputws
#define _puttchar putwchar
#define _gettchar getwchar
#define _tfopen _wfopen
#define _tfopen_s _wfopen_s
#define _tcslen wcslen
#define _tcsnlen wcsnlen
#define _tcscpy wcscpy
#define _tcsncpy wcsncpy
#define _tcscat wcscat
#define _tcsncat wcsncat
#define _tcscpy_s wcscpy_s
#define _tcsncpy_s wcsncpy_s
#define _tcscat_s wcscat_s
#define _tcscmp wcscmp
#define _tcsncmp wcsncmp
#define _tcsicmp _wcsicmp
#define _tcsnicmp _wcsnicmp
#define _tcschr wcschr
#define _tcsrchr wcsrchr
#define _tcsstr wcsstr
#define _tcspbrk wcspbrk
#define _tcsspn wcsspn
#define _tcscspn wcscspn
#define _tcstok wcstok
#define _tcstok_s wcstok_s
#define _tcsdup _wcsdup
#define _tcslwr _wcslwr
#define _tcsupr _wcsupr
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _tcstod wcstod
#define _ttoi _wtoi
#define _ttol _wtol
#define _tstoi _wtoi
#define _tstof _wtof
#define _itot _itow
#define _ultot _ultow
#define _totlower towlower
#define _totupper towupper
#define _istalpha iswalpha
#define _istdigit iswdigit
#define _istspace iswspace
#define _istalnum iswalnum
#define _istprint iswprint
#define _tgetenv _wgetenv
#define _tasctime _wasctime
#define _tctime _wctime
#define _tcsftime wcsftime
#define _tremove _wremove
#define _trename _wrename

#else

typedef char _TCHAR, _TXCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef int _TINT;
#ifndef WSP_WINDEF_H
typedef char TCHAR;
#endif
#define __T(literal) literal
#define _tmain main
#define _tprintf printf
#define _ftprintf fprintf
#define _stprintf sprintf
#define _sntprintf _snprintf
#define _stprintf_s sprintf_s
#define _sntprintf_s _snprintf_s
#define _vtprintf vprintf
#define _vftprintf vfprintf
#define _vsntprintf _vsnprintf
#define _vstprintf vsprintf
#define _vstprintf_s vsprintf_s
#define _tprintf_s printf_s
#define _tscanf scanf
#define _stscanf sscanf
#define _stscanf_s sscanf_s
#define _tscanf_s scanf_s
#define _fgettc fgetc
#define _fgetts fgets
#define _fputts fputs
#define _putts puts
#define _getts gets
#define _puttchar putchar
#define _gettchar getchar
#define _tfopen fopen
#define _tfopen_s fopen_s
#define _tcslen strlen
#define _tcsnlen strnlen
#define _tcscpy strcpy
#define _tcsncpy strncpy
#define _tcscat strcat
#define _tcsncat strncat
#define _tcscpy_s strcpy_s
#define _tcsncpy_s strncpy_s
#define _tcscat_s strcat_s
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcspbrk strpbrk
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcstok strtok
#define _tcstok_s strtok_s
#define _tcsdup _strdup
#define _tcslwr _strlwr
#define _tcsupr _strupr
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstod strtod
#define _ttoi atoi
#define _ttol atol
#define _tstoi atoi
#define _tstof atof
#define _itot _itoa
#define _ultot _ultoa
#define _totlower tolower
#define _totupper toupper
#define _istalpha isalpha
#define _istdigit isdigit
#define _istspace isspace
#define _istalnum isalnum
#define _istprint isprint
#define _tgetenv getenv
#define _tasctime asctime
#define _tctime ctime
#define _tcsftime strftime
#define _tremove remove
#define _trename rename

#endif

#define _T(literal) __T(literal)
#define _TEXT(literal) __T(literal)
#define _TEOF EOF

#endif
