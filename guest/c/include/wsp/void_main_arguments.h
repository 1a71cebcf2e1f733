/* As void_main.h, for a main with arguments. */
#pragma GCC system_header

#ifdef __cplusplus
extern "C" void wsp_main(int argc, char **argv);
#else
/* Of whatever types. */
void wsp_main();
#endif

int main(int argc, char **argv) {
    wsp_main(argc, argv);
    return 0;
}

#define main wsp_main
