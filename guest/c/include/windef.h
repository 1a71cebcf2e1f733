/*
 * Types that Windows programs name everywhere, as far as Winsock needs them.
 * Sizes are those of 32-bit Windows: `long` and pointers have 32 bits here too.
 */
#ifndef WSP_WINDEF_H
#define WSP_WINDEF_H

#include <stddef.h>
#include <stdint.h>

/* Sources for other compilers name their libraries in pragmas; that is no mistake. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wunknown-pragmas"
#endif

/* Calling conventions and distances of pointers: there is one of each here. */
#define WINAPI
#define APIENTRY
#define CALLBACK
#define PASCAL
#define CDECL
#define FAR
#define NEAR
#define WINAPIV
#define APIPRIVATE
#ifndef _WSP_CRT
#define __stdcall
#define __cdecl
#endif
#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#define WINBASEAPI
#define WINUSERAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_ALIGN(bytes) __attribute__((__aligned__(bytes)))
#define FORCEINLINE static __inline__ __attribute__((__always_inline__, __unused__))

/* Microsoft's annotations of arguments, which say nothing to a compiler. */
#define _In_
#define _In_opt_
#define _In_z_
#define _In_reads_(count)
#define _In_reads_bytes_(count)
#define _Inout_
#define _Inout_opt_
#define _Inout_updates_(count)
#define _Out_
#define _Out_opt_
#define _Out_writes_(count)
#define _Out_writes_bytes_(count)
#define _Outptr_
#define _Out_writes_opt_(count)
#define _Out_writes_to_(count, used)
#define _Out_writes_bytes_opt_(count)
#define _In_reads_opt_(count)
#define _Reserved_
#define _Check_return_
#define _Must_inspect_result_
#define _Success_(condition)
#define _Printf_format_string_
#define _Ret_maybenull_
#define __in
#define __in_opt
#define __inout
#define __inout_opt
#define __out
#define __out_opt
#define __deref_out
#define __deref_out_opt
#define __checkReturn
#define __in_ecount(count)
#define __in_bcount(count)
#define __out_ecount(count)
#define __out_bcount(count)

#define CONST const
#define VOID void

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BOOLEAN, *PBOOLEAN;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef char CHAR, *PCHAR, *LPCH, *PCH, *LPSTR, *PSTR, *NPSTR, *PSZ;
typedef const char *LPCSTR, *PCSTR, *LPCCH, *PCCH;
typedef unsigned char boolean;
typedef unsigned char UCHAR, *PUCHAR;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT, *LPUINT;
typedef long LONG, *PLONG, *LPLONG;
typedef unsigned long ULONG, *PULONG, *LPULONG;
typedef unsigned long DWORD, *PDWORD, *LPDWORD;
typedef int64_t LONGLONG, *PLONGLONG, LONG64, *PLONG64, INT64, *PINT64;
typedef uint64_t ULONGLONG, *PULONGLONG, ULONG64, *PULONG64, DWORD64, *PDWORD64, DWORDLONG, UINT64,
    *PUINT64;
typedef int8_t INT8, *PINT8;
typedef uint8_t UINT8, *PUINT8;
typedef int16_t INT16, *PINT16;
typedef uint16_t UINT16, *PUINT16;
typedef int32_t INT32, *PINT32, LONG32;
typedef uint32_t UINT32, *PUINT32, ULONG32, DWORD32;
typedef float FLOAT, *PFLOAT;
typedef double DOUBLE;
typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID;

/* As wide as a pointer. */
typedef long LONG_PTR, *PLONG_PTR;
typedef unsigned long ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef int INT_PTR, *PINT_PTR;
typedef unsigned int UINT_PTR, *PUINT_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
/* As sources define a ssize_t by it, which is an int; wsp/predefined.h has both for C. */
#ifndef SSIZE_T
typedef int SSIZE_T;
#endif
typedef int *PSSIZE_T;

/* The compiler's wide character, which has 32 bits in WebAssembly. */
typedef wchar_t WCHAR, *PWCHAR, *LPWCH, *PWCH, *LPWSTR, *PWSTR;
typedef const wchar_t *LPCWSTR, *PCWSTR, *LPCWCH;

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR, TBYTE, *LPTCH, *PTCH, *LPTSTR, *PTSTR;
typedef const WCHAR *LPCTSTR, *PCTSTR;
#ifndef TEXT
#define TEXT(literal) L##literal
#endif
#else
typedef char TCHAR, *PTCHAR, *LPTCH, *PTCH, *LPTSTR, *PTSTR;
typedef unsigned char TBYTE;
typedef const char *LPCTSTR, *PCTSTR;
#ifndef TEXT
#define TEXT(literal) literal
#endif
#endif

typedef void *HANDLE, **PHANDLE, **LPHANDLE;
typedef void *HWND, *HINSTANCE, *HMODULE, *HGLOBAL, *HLOCAL;
typedef DWORD COLORREF;
typedef WORD ATOM;
typedef LONG HRESULT;
typedef INT_PTR(WINAPI *FARPROC)();
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;

typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID, IID, CLSID, *LPGUID;
typedef const GUID *LPCGUID;
#ifdef __cplusplus
#define REFGUID const GUID &
#else
#define REFGUID const GUID *
#endif
#define DEFINE_GUID(name, a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)           \
    static const GUID name __attribute__((__unused__)) = {                   \
        a, b, c, {d0, d1, d2, d3, d4, d5, d6, d7}}
#define IsEqualGUID(one, other) (memcmp(&(one), &(other), sizeof(GUID)) == 0)

#ifndef NOMINMAX
#ifdef __cplusplus
/* As functions, so that std::min and std::max can be named too. */
extern "C++" {
template <class One, class Other>
static inline __typeof__(true ? *(One *)0 : *(Other *)0) max(const One &a, const Other &b) {
    return a > b ? a : b;
}
template <class One, class Other>
static inline __typeof__(true ? *(One *)0 : *(Other *)0) min(const One &a, const Other &b) {
    return a < b ? a : b;
}
}
#else
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif
#endif

#define MAX_PATH 260
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

#define MAKEWORD(low, high) ((WORD)(((BYTE)(low)) | ((WORD)(BYTE)(high)) << 8))
#define MAKELONG(low, high) ((LONG)(((WORD)(low)) | ((DWORD)(WORD)(high)) << 16))
#define LOBYTE(word) ((BYTE)((word) & 0xff))
#define HIBYTE(word) ((BYTE)(((word) >> 8) & 0xff))
#define LOWORD(value) ((WORD)((DWORD_PTR)(value) & 0xffff))
#define HIWORD(value) ((WORD)(((DWORD_PTR)(value) >> 16) & 0xffff))

#endif
