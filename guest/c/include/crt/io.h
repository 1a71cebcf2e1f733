/* <io.h>: files by number. They are binary: there is no text mode. */
#ifndef WSP_IO_H
#define WSP_IO_H

#include <crtdefs.h>
#include <wchar.h>
#include <__typedef_time_t.h>

#ifdef __cplusplus
extern "C" {
#endif

int _open(const char *path, int flags, ...);
int _creat(const char *path, int mode);
int _close(int file) __asm__("close");
int _read(int file, void *to, unsigned int length);
int _write(int file, const void *from, unsigned int length);
long _lseek(int file, long offset, int origin);
long long _lseeki64(int file, long long offset, int origin);
long long _telli64(int file);
long _tell(int file);
long _filelength(int file);
long long _filelengthi64(int file);
int _eof(int file);
int _chsize(int file, long length);
int _commit(int file);
int _access(const char *path, int mode);
errno_t _access_s(const char *path, int mode);
int _isatty(int file) __asm__("isatty");
/* Files are binary whatever it is told, and were before. */
int _setmode(int file, int mode);
int setmode(int file, int mode) __asm__("_setmode");
errno_t _sopen_s(int *file, const char *path, int flags, int sharing, int mode);
int _unlink(const char *path) __asm__("unlink");

/* The older spellings, as POSIX has them too. */
int open(const char *path, int flags, ...);
int close(int file);
int access(const char *path, int mode);
int isatty(int file);
int unlink(const char *path);
ssize_t read(int file, void *to, size_t length);
ssize_t write(int file, const void *from, size_t length);
#ifndef _UNISTD_H
long lseek(int file, long offset, int origin) __asm__("_lseek");
#endif
long tell(int file) __asm__("_tell");
long filelength(int file) __asm__("_filelength");
int eof(int file) __asm__("_eof");
int chsize(int file, long length) __asm__("_chsize");

#define _A_NORMAL 0x00
#define _A_RDONLY 0x01
#define _A_HIDDEN 0x02
#define _A_SYSTEM 0x04
#define _A_SUBDIR 0x10
#define _A_ARCH 0x20

struct _finddata_t {
    unsigned int attrib;
    time_t time_create;
    time_t time_access;
    time_t time_write;
    unsigned long size;
    char name[260];
};

long _findfirst(const char *pattern, struct _finddata_t *to);
int _findnext(long search, struct _finddata_t *to);
int _findclose(long search);

#ifdef __cplusplus
}
#endif

#endif
