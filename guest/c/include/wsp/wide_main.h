/* For a source whose main is Microsoft's wmain, with wide arguments. */
#pragma GCC system_header

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
/* The arguments, made wide. */
wchar_t **wsp_wide_arguments(int argc, char **argv);
#ifdef __cplusplus
int wsp_wide_main(int argc, wchar_t **argv);
}
#else
/* Of whatever types. */
int wsp_wide_main();
#endif

int main(int argc, char **argv) {
    return wsp_wide_main(argc, wsp_wide_arguments(argc, argv));
}

#define wmain wsp_wide_main
