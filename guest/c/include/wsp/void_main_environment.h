/* As void_main.h, for a main that takes the environment as well. */
#pragma GCC system_header

#ifdef __cplusplus
extern "C" void wsp_main(int argc, char **argv, char **environment);
extern "C" char **environ;
#else
/* Of whatever types. */
void wsp_main();
extern char **environ;
#endif

int main(int argc, char **argv) {
    wsp_main(argc, argv, environ);
    return 0;
}

#define main wsp_main
