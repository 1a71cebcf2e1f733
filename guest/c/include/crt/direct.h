/* <direct.h>: directories, as far as the program was given some. */
#ifndef WSP_DIRECT_H
#define WSP_DIRECT_H

#include <crtdefs.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

int _mkdir(const char *path);
int mkdir(const char *path) __asm__("_mkdir");
int _rmdir(const char *path) __asm__("rmdir");
int rmdir(const char *path);
int _chdir(const char *path);
int chdir(const char *path);
char *_getcwd(char *to, int room);
char *getcwd(char *to, size_t room);

#ifdef __cplusplus
}
#endif

#endif
