/* For a source whose main takes the environment as well. */
#pragma GCC system_header

#ifdef __cplusplus
extern "C" int wsp_main(int argc, char **argv, char **environment);
extern "C" char **environ;
#else
/* Of whatever types. */
int wsp_main();
extern char **environ;
#endif

int main(int argc, char **argv) {
    return wsp_main(argc, argv, environ);
}

#define main wsp_main
