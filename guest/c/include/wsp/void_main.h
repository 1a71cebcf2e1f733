/* For a source whose main returns nothing, which Microsoft's compiler takes: it ends with status 0. */
#pragma GCC system_header

#ifdef __cplusplus
extern "C"
#endif
void wsp_main(void);

int main(void) {
    wsp_main();
    return 0;
}

#define main wsp_main
