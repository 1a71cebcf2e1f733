/*
 * The program's variables of which each thread has its own. The linker lays them out once, and
 * functions reach them from a global of WebAssembly, `__tls_base`. So each thread has a block of
 * them, and when its turn begins the global tells where. A pointer to one is good for all.
 */
#include "../shim.h"

/* They lie as the linker's block does among so many bytes. */
#define MOST_ALIGNED 4096

/* What C++ is to do for a variable when its thread ends. */
struct destruction {
    struct destruction *next;
    void (*function)(void *variable);
    void *variable;
};

/* The compiler is not to know what `wsp cc` makes of the next two. */
static char *volatile unknown;

/* Where the linker laid the variables out, which are those of main; NULL for none. */
__attribute__((noinline, export_name("wsp_variables"))) char *wsp_variables(void) {
    return unknown;
}

/*
 * Writes the variables as they are at the start of a thread, unless `place` is NULL, and tells
 * how many bytes they have.
 */
__attribute__((noinline, export_name("wsp_new_variables"))) size_t wsp_new_variables(char *place) {
    unknown = place;
    return (size_t)unknown;
}

/* `wsp cc` makes the global one that can be set. */
void find_variables(char *variables) {
    __asm__ volatile(".globaltype __tls_base, i32\n"
                     "local.get %0\n"
                     "global.set __tls_base"
                     :
                     : "r"(variables));
}

/* Of the linker's block no more is known than where it is, which tells how it is aligned. */
static size_t alignment(void) {
    size_t place = (size_t)wsp_variables();
    return min(place & -place, MOST_ALIGNED);
}

size_t room_for_variables(void) {
    size_t size = wsp_new_variables(NULL);
    return size == 0 ? 0 : size + alignment() - 1;
}

char *new_variables(char *place) {
    char *aligned;
    if (wsp_new_variables(NULL) == 0)
        return NULL;
    aligned = (char *)(((size_t)place + alignment() - 1) & -alignment());
    (void)wsp_new_variables(aligned);
    return aligned;
}

/* The last that was made is destroyed first; making may go on meanwhile. */
void destroy_variables(void) {
    struct thread *self = current_thread;
    while (self->destructions != NULL) {
        struct destruction *first = self->destructions;
        self->destructions = first->next;
        first->function(first->variable);
        free(first);
    }
}

void forget_destructions(struct thread *thread) {
    while (thread->destructions != NULL) {
        struct destruction *first = thread->destructions;
        thread->destructions = first->next;
        free(first);
    }
}

/* What C++ calls for a variable that it has made. */
int __cxa_thread_atexit(void (*function)(void *), void *variable, void *module) {
    static BOOL at_exit;
    struct destruction *made = malloc(sizeof *made);
    (void)module;
    if (made == NULL || (!at_exit && atexit(destroy_variables) != 0)) {
        free(made);
        return -1;
    }
    /* The thread that ends the program does not end itself. */
    at_exit = TRUE;
    made->function = function;
    made->variable = variable;
    made->next = current_thread->destructions;
    current_thread->destructions = made;
    return 0;
}
