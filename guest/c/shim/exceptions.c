/*
 * Exceptions of C++: WebAssembly's have to be asked for in a build of the whole C++
 * library, so that nothing is caught here. Programs that throw when something goes
 * wrong build and run; a throw ends them, as one that nobody catches does.
 */
#include "shim.h"

#include <stdio.h>

/* What the compiler calls, as the C++ ABI names it. */
#pragma GCC visibility push(default)
void *__cxa_allocate_exception(size_t size);
void __cxa_free_exception(void *exception);
void __cxa_throw(void *exception, void *type, void *(*destroy)(void *)) __attribute__((__noreturn__));
void __cxa_rethrow(void) __attribute__((__noreturn__));
void *__cxa_begin_catch(void *exception);
void __cxa_end_catch(void);
#pragma GCC visibility pop

/* The beginning of a std::type_info. */
struct type_information {
    void *functions;
    const char *name;
};

void *__cxa_allocate_exception(size_t size) {
    void *exception = malloc(size);
    if (exception == NULL)
        abort();
    return exception;
}

void __cxa_free_exception(void *exception) {
    free(exception);
}

void __cxa_throw(void *exception, void *type, void *(*destroy)(void *)) {
    const struct type_information *information = type;
    (void)exception;
    (void)destroy;
    fflush(stdout);
    fprintf(stderr, "a C++ exception of the type %s was thrown, and none can be caught here\n",
            in_memory(information, sizeof *information) ? information->name : "?");
    abort();
}

/* A catch is never reached. */
void __cxa_rethrow(void) {
    abort();
}

void *__cxa_begin_catch(void *exception) {
    return exception;
}

void __cxa_end_catch(void) {
}
