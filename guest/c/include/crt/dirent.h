/* The C library's, which a source asks for by this header. */
#undef opendir
#undef readdir
#undef closedir
#undef rewinddir
#include_next <dirent.h>
