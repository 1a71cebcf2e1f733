/*
 * Programs start threads with functions of other types than CreateThread wants, by a cast,
 * and WebAssembly would not call them. Which type a function has, `wsp cc` writes down.
 */
#include "../shim.h"

/* As `wsp cc` numbers the types. */
enum { WANTED, RETURNS_NOTHING, TAKES_NOTHING, NEITHER };

/* The compiler is not to know it. */
static volatile int usual = WANTED;

/* The type of a function. `wsp cc` gives it another body, which knows those of the program. */
__attribute__((noinline, export_name("wsp_signature"))) int wsp_signature(void *function) {
    (void)function;
    return usual;
}

DWORD call_start(void *start, LPVOID parameter) {
    switch (wsp_signature(start)) {
    case RETURNS_NOTHING:
        ((void (*)(LPVOID))start)(parameter);
        return 0;
    case TAKES_NOTHING:
        return ((DWORD(*)(void))start)();
    case NEITHER:
        ((void (*)(void))start)();
        return 0;
    default:
        return ((DWORD(*)(LPVOID))start)(parameter);
    }
}
