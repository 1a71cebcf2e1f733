/* Microsoft's functions of <stdio.h>, <io.h>, <direct.h> and <sys/stat.h>. */
#define _GNU_SOURCE
#include "win32.h"

/* Before <io.h>, which then leaves lseek to it. */
#include <unistd.h>

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <sys/stat.h>

int make_directory(const char *path, unsigned mode) __asm__("mkdir");

errno_t fopen_s(FILE **stream, const char *path, const char *mode) {
    if (stream == NULL)
        return EINVAL;
    *stream = NULL;
    if (path == NULL || mode == NULL)
        return EINVAL;
    *stream = fopen(path, mode);
    return *stream == NULL ? errno : 0;
}

errno_t freopen_s(FILE **stream, const char *path, const char *mode, FILE *old) {
    if (stream == NULL)
        return EINVAL;
    *stream = NULL;
    if (path == NULL || mode == NULL || old == NULL)
        return EINVAL;
    *stream = freopen(path, mode, old);
    return *stream == NULL ? errno : 0;
}

FILE *_fsopen(const char *path, const char *mode, int sharing) {
    (void)sharing;
    return fopen(path, mode);
}

size_t fread_s(void *to, size_t room, size_t size, size_t count, FILE *stream) {
    if (size == 0 || count == 0)
        return 0;
    if (to == NULL || count > room / size) {
        errno = to == NULL ? EINVAL : ERANGE;
        return 0;
    }
    return fread(to, size, count, stream);
}

int _fseeki64(FILE *stream, long long offset, int origin) {
    return fseeko(stream, offset, origin);
}

long long _ftelli64(FILE *stream) {
    return ftello(stream);
}

int _flushall(void) {
    return fflush(NULL) == 0 ? 3 : EOF;
}

int _open(const char *path, int flags, ...) {
    return open(path, flags, 0666);
}

int _creat(const char *path, int mode) {
    (void)mode;
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
}

errno_t _sopen_s(int *file, const char *path, int flags, int sharing, int mode) {
    (void)sharing;
    (void)mode;
    if (file == NULL || path == NULL)
        return EINVAL;
    *file = open(path, flags, 0666);
    return *file < 0 ? errno : 0;
}

int _read(int file, void *to, unsigned int length) {
    return (int)read(file, to, length);
}

int _write(int file, const void *from, unsigned int length) {
    /* What was printed before comes first. */
    if (file == 1 || file == 2)
        fflush(NULL);
    return (int)write(file, from, length);
}

/* As <unistd.h> has it. */
static long long seek(int file, long long offset, int origin) {
    return lseek(file, offset, origin);
}

long _lseek(int file, long offset, int origin) {
    return (long)seek(file, offset, origin);
}

long long _lseeki64(int file, long long offset, int origin) {
    return seek(file, offset, origin);
}

long long _telli64(int file) {
    return seek(file, 0, SEEK_CUR);
}

long _tell(int file) {
    return (long)_telli64(file);
}

long long _filelengthi64(int file) {
    struct stat found;
    return fstat(file, &found) == 0 ? (long long)found.st_size : -1;
}

long _filelength(int file) {
    return (long)_filelengthi64(file);
}

int _eof(int file) {
    long long place = _telli64(file), length = _filelengthi64(file);
    return place < 0 || length < 0 ? -1 : place >= length;
}

int _chsize(int file, long length) {
    return ftruncate(file, length);
}

int _commit(int file) {
    return fsync(file);
}

int _access(const char *path, int mode) {
    /* Nothing is asked about executing. */
    return access(path, (mode & 4 ? R_OK : 0) | (mode & 2 ? W_OK : 0));
}

errno_t _access_s(const char *path, int mode) {
    return _access(path, mode) == 0 ? 0 : errno;
}

int _setmode(int file, int mode) {
    (void)mode;
    /* Of a file that is there the mode before is told, which was binary. */
    if (fcntl(file, F_GETFL) < 0)
        return -1;
    return _O_BINARY;
}

int _mkdir(const char *path) {
    return make_directory(path, 0777);
}

char *_getcwd(char *to, int room) {
    char current[PATH_MAX];
    if (getcwd(current, sizeof current) == NULL)
        return NULL;
    windows_path(current);
    if (to == NULL)
        return strdup(current);
    if (room < 0 || strlen(current) >= (size_t)room) {
        errno = ERANGE;
        return NULL;
    }
    return strcpy(to, current);
}

static void copy_status(const struct stat *found, struct _stat *to) {
    memset(to, 0, sizeof *to);
    to->st_dev = (unsigned)found->st_dev;
    to->st_ino = (unsigned short)found->st_ino;
    /* Every file that there is may be read and written, as far as is known. */
    to->st_mode = (unsigned short)((found->st_mode & S_IFMT) | _S_IREAD | _S_IWRITE |
                                   (S_ISDIR(found->st_mode) ? _S_IEXEC : 0));
    to->st_nlink = (short)found->st_nlink;
    to->st_rdev = (unsigned)found->st_dev;
    to->st_size = found->st_size;
    to->st_atim = found->st_atim;
    to->st_mtim = found->st_mtim;
    to->st_ctim = found->st_ctim;
}

int _stat(const char *path, struct _stat *to) {
    struct stat found;
    if (path == NULL || to == NULL) {
        errno = EINVAL;
        return -1;
    }
    if (stat(path, &found) != 0)
        return -1;
    copy_status(&found, to);
    return 0;
}

int _fstat(int file, struct _stat *to) {
    struct stat found;
    if (fstat(file, &found) != 0)
        return -1;
    copy_status(&found, to);
    return 0;
}

/* The wide function of a narrow one with one path. */
#define WIDE(result, failure, name, narrow, parameters, ...) \
    result name parameters {                                 \
        char *path = narrowed(wide);                         \
        result answer = failure;                             \
        if (path == NULL)                                    \
            errno = EINVAL;                                  \
        else                                                 \
            answer = narrow(__VA_ARGS__);                    \
        free(path);                                          \
        return answer;                                       \
    }

WIDE(int, -1, _wstat, _stat, (const wchar_t *wide, struct _stat *to), path, to)
WIDE(int, -1, _wopen, open, (const wchar_t *wide, int flags, ...), path, flags, 0666)
WIDE(int, -1, _waccess, _access, (const wchar_t *wide, int mode), path, mode)
WIDE(int, -1, _wunlink, unlink, (const wchar_t *wide), path)
WIDE(int, -1, _wremove, remove, (const wchar_t *wide), path)
WIDE(int, -1, _wmkdir, _mkdir, (const wchar_t *wide), path)
WIDE(int, -1, _wrmdir, rmdir, (const wchar_t *wide), path)
WIDE(int, -1, _wchdir, _chdir, (const wchar_t *wide), path)

int _wrename(const wchar_t *from, const wchar_t *to) {
    char *before = narrowed(from), *after = narrowed(to);
    int result = -1;
    if (before == NULL || after == NULL)
        errno = EINVAL;
    else
        result = rename(before, after);
    free(before);
    free(after);
    return result;
}

FILE *_wfopen(const wchar_t *path, const wchar_t *mode) {
    char *narrow_path = narrowed(path), *narrow_mode = narrowed(mode);
    FILE *stream = NULL;
    if (narrow_path == NULL || narrow_mode == NULL)
        errno = EINVAL;
    else
        stream = fopen(narrow_path, narrow_mode);
    free(narrow_path);
    free(narrow_mode);
    return stream;
}

errno_t _wfopen_s(FILE **stream, const wchar_t *path, const wchar_t *mode) {
    if (stream == NULL || path == NULL || mode == NULL)
        return EINVAL;
    *stream = _wfopen(path, mode);
    return *stream == NULL ? errno : 0;
}

wchar_t *_wgetcwd(wchar_t *to, int room) {
    char *narrow = _getcwd(NULL, 0);
    wchar_t *wide = narrow == NULL ? NULL : widened(narrow);
    free(narrow);
    if (to == NULL || wide == NULL)
        return wide;
    if (room < 0 || wcslen(wide) >= (size_t)room) {
        errno = ERANGE;
        to = NULL;
    } else {
        wcscpy(to, wide);
    }
    free(wide);
    return to;
}
