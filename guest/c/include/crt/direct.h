/* <direct.h>: directories, as far as the program was given some. */
#ifndef WSP_DIRECT_H
#define WSP_DIRECT_H

#include <crtdefs.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

int _mkdir(const char *path);
#ifndef _SYS_STAT_H
int mkdir(const char *path) __asm__("_mkdir");
#endif
int _rmdir(const char *path) __asm__("rmdir");
int rmdir(const char *path);
int _chdir(const char *path) __asm__("chdir");
int chdir(const char *path);
char *_getcwd(char *to, int room);
#ifndef _UNISTD_H
char *getcwd(char *to, int room) __asm__("_getcwd");
#endif

#ifdef __cplusplus
}
#endif

#endif
