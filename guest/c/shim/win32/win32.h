/* What the files of this folder share, which are sources of Windows themselves. */
#ifndef WSP_WIN32_H
#define WSP_WIN32_H

#include "../shim.h"

#include <stdio.h>

#pragma GCC visibility push(hidden)

/* utf8.c */
/* The wide text in UTF-8, or NULL if there is no memory or no text; the caller frees it. */
char *narrowed(const wchar_t *text);
/* The other way round. */
wchar_t *widened(const char *text);

/* paths.c */
/* The path with slashes, until the next path but one; NULL without memory. */
const char *native_path(const char *path);
/* Writes backslashes into it for slashes. */
char *windows_path(char *path);
/* The path from the root, with backslashes; FALSE if there is no room for it. */
BOOL whole_path(const char *path, char *to, size_t room);

/* directories.c */
struct stat;
DWORD attributes_of(const struct stat *found);

/* times.c */
void filetime_of(const struct timespec *time, LPFILETIME to);

/* errors.c */
/* The code of Windows for an error of the C library. */
DWORD code_of_errno(int error);
/* Keeps it as the last error; FALSE. */
BOOL fail_as_errno(void);
BOOL fail_as(DWORD code);

#pragma GCC visibility pop

#endif
