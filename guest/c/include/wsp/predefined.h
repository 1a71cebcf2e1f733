/*
 * What Microsoft's compiler knows without a header, as macros: sources of
 * Windows are compiled with these before their first line.
 */

/* The headers of crt/ are there. */
#define _WSP_CRT 1

/* Calling conventions: there is one. */
#define __cdecl
#define _cdecl
#define __stdcall
#define _stdcall
#define __fastcall
#define _fastcall
#define __thiscall
#define __vectorcall
#define __pascal
#define __w64

/*
 * __try with __leave and __finally: leaving is a jump to the end of the block.
 * Nothing raises an exception here, so that what follows __except never runs.
 * A `return` out of the block does not run what follows __finally.
 */
#define __try { __label__ wsp_leave_;
#define __leave goto wsp_leave_
#define __finally wsp_leave_: __attribute__((__unused__)); }
#define __except(filter) wsp_leave_: __attribute__((__unused__)); } if (0)

/*
 * Windows has no <dirent.h>, and sources have functions of these names of their own,
 * which the linker would find twice. With that header they are the C library's.
 */
#define opendir wsp_own_opendir
#define readdir wsp_own_readdir
#define closedir wsp_own_closedir
#define rewinddir wsp_own_rewinddir

/*
 * Windows has no ssize_t, and sources define one as they like. To C it is another
 * word for an int: a definition of any other type defines nothing, and is no error.
 * To C++ it is a type; crt/__typedef_ssize_t.h says of which.
 */
#ifndef __cplusplus
#define ssize_t signed
#define SSIZE_T int
#endif
