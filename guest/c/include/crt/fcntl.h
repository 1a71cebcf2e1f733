/* <fcntl.h> with the names that Microsoft's has. Files are binary: there is no text mode. */
#ifndef WSP_FCNTL_H
#define WSP_FCNTL_H

#include_next <fcntl.h>

#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#define _O_TEXT 0
#define _O_BINARY 0
#define _O_NOINHERIT 0
#define _O_SEQUENTIAL 0
#define _O_RANDOM 0
#define O_TEXT 0
#define O_BINARY 0
#define O_NOINHERIT 0
#define O_SEQUENTIAL 0
#define O_RANDOM 0

#endif
