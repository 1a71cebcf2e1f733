/*
 * For a source that begins as Microsoft's compiler takes it, and clang does not: its
 * main returns nothing (WSP_BEGIN_VOID), is wmain (WSP_BEGIN_WIDE), or takes another
 * number of arguments than two (WSP_BEGIN_PARAMETERS). This main calls it by another name.
 */
#pragma GCC system_header

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
extern char **environ;
/* The arguments, or the environment, made wide. */
wchar_t **wsp_wide_arguments(int argc, char **argv);
wchar_t **wsp_wide_environment(void);
#ifdef __cplusplus
}
#endif

#if WSP_BEGIN_WIDE
#define WSP_CHARACTER wchar_t
#define WSP_ARGUMENTS(argc, argv) wsp_wide_arguments(argc, argv)
#define WSP_ENVIRONMENT wsp_wide_environment()
#else
#define WSP_CHARACTER char
#define WSP_ARGUMENTS(argc, argv) argv
#define WSP_ENVIRONMENT environ
#endif

#if WSP_BEGIN_VOID
#define WSP_RESULT void
#define WSP_RETURN(call) ((call), 0)
#else
#define WSP_RESULT int
#define WSP_RETURN(call) (call)
#endif

#if WSP_BEGIN_PARAMETERS == 0
#define WSP_PARAMETERS(type) void
#define WSP_GIVEN(argc, argv)
#elif WSP_BEGIN_PARAMETERS < 3
#define WSP_PARAMETERS(type) int, type **
#define WSP_GIVEN(argc, argv) argc, WSP_ARGUMENTS(argc, argv)
#else
#define WSP_PARAMETERS(type) int, type **, type **
#define WSP_GIVEN(argc, argv) argc, WSP_ARGUMENTS(argc, argv), WSP_ENVIRONMENT
#endif

#ifdef __cplusplus
/* Of the two the source has one, by what its arguments are. */
WSP_RESULT wsp_begin(WSP_PARAMETERS(WSP_CHARACTER)) __attribute__((weak));
#if WSP_BEGIN_PARAMETERS == 0
int main() {
    return WSP_RETURN(wsp_begin());
}
#else
WSP_RESULT wsp_begin(WSP_PARAMETERS(const WSP_CHARACTER)) __attribute__((weak));
int main(int argc, char **argv) {
    WSP_RESULT (*plain)(WSP_PARAMETERS(WSP_CHARACTER)) = wsp_begin;
    WSP_RESULT (*constant)(WSP_PARAMETERS(const WSP_CHARACTER)) = wsp_begin;
    if (plain)
        return WSP_RETURN(plain(WSP_GIVEN(argc, argv)));
#define WSP_ARGUMENTS_OF const_cast<const WSP_CHARACTER **>(WSP_ARGUMENTS(argc, argv))
#if WSP_BEGIN_PARAMETERS < 3
    return WSP_RETURN(constant(argc, WSP_ARGUMENTS_OF));
#else
    return WSP_RETURN(
        constant(argc, WSP_ARGUMENTS_OF, const_cast<const WSP_CHARACTER **>(WSP_ENVIRONMENT)));
#endif
#undef WSP_ARGUMENTS_OF
}
#endif
#else
/* Of whatever types. */
WSP_RESULT wsp_begin();
int main(int argc, char **argv) {
    (void)argc, (void)argv;
    return WSP_RETURN(wsp_begin(WSP_GIVEN(argc, argv)));
}
#endif

#undef WSP_CHARACTER
#undef WSP_ARGUMENTS
#undef WSP_ENVIRONMENT
#undef WSP_RESULT
#undef WSP_RETURN
#undef WSP_PARAMETERS
#undef WSP_GIVEN

#if WSP_BEGIN_WIDE
#define wmain wsp_begin
#else
#define main wsp_begin
#endif
