/* <sys/stat.h> with what Microsoft's has besides. */
#ifndef WSP_SYS_STAT_H
#define WSP_SYS_STAT_H

/* POSIX's mkdir takes a mode, and Microsoft's, which is in direct.h, does not. */
#define mkdir wsp_mkdir_with_mode
#include_next <sys/stat.h>
#undef mkdir

#include <crtdefs.h>

#ifdef __cplusplus
extern "C" {
#endif

#define _S_IFMT S_IFMT
#define _S_IFDIR S_IFDIR
#define _S_IFCHR S_IFCHR
#define _S_IFREG S_IFREG
#define _S_IREAD 0400
#define _S_IWRITE 0200
#define _S_IEXEC 0100
#ifndef S_IREAD
#define S_IREAD _S_IREAD
#define S_IWRITE _S_IWRITE
#define S_IEXEC _S_IEXEC
#endif

struct _stat {
    unsigned int st_dev;
    unsigned short st_ino;
    unsigned short st_mode;
    short st_nlink;
    short st_uid;
    short st_gid;
    unsigned int st_rdev;
    long long st_size;
    /* What st_atime and its companions stand for. */
    struct timespec st_atim;
    struct timespec st_mtim;
    struct timespec st_ctim;
};
#define _stat64 _stat
#define _stati64 _stat
#define __stat64 _stat
#define _stat64i32 _stat

int _stat(const char *path, struct _stat *to);
int _fstat(int file, struct _stat *to);
int _wstat(const wchar_t *path, struct _stat *to);
#define _fstat64 _fstat
#define _fstati64 _fstat
#define _wstat64 _wstat
#define _wstati64 _wstat

#ifdef __cplusplus
}
#endif

#endif
