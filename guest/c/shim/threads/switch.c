/*
 * Giving a turn to another thread. The calls of the one that waits are put away at the low
 * end of its own stack, down to a function below `main`, and that one resumes the next
 * thread. The pass that `wsp cc` runs over the program makes its functions able to do so.
 */
#include "../shim.h"

#define PASS(name) __attribute__((import_module("asyncify"), import_name(name)))

PASS("start_unwind") void start_putting_away(void *area);
PASS("stop_unwind") void stop_putting_away(void);
PASS("start_rewind") void start_bringing_back(void *area);
PASS("stop_rewind") void stop_bringing_back(void);

/* The lowest addresses are no memory of the program. */
#define LOWEST ((char *)64)

/* So much of a stack has to be free, in bytes. */
#define LEAST_ROOM 4096

/* The end of the current thread's stack, which the program's functions compare with theirs. */
static char *limit = LOWEST;

__attribute__((export_name("wsp_stack_limit"), used)) char **wsp_stack_limit(void) {
    return &limit;
}

void no_limit(void) {
    limit = NULL;
}

static struct thread *next_thread;
static BOOL is_bringing_back;

static inline void *stack_pointer(void) {
    void *pointer;
    __asm__ volatile(".globaltype __stack_pointer, i32\n"
                     "global.get __stack_pointer\n"
                     "local.set %0"
                     : "=r"(pointer));
    return pointer;
}

static inline void set_stack_pointer(void *pointer) {
    __asm__ volatile("local.get %0\n"
                     "global.set __stack_pointer"
                     :
                     : "r"(pointer));
}

/*
 * The last call of those that are put away. What calls the pass's functions is not made able
 * to be put away, and nothing may become a part of it.
 */
__attribute__((noinline)) static void put_away(void) {
    struct thread *self = current_thread;
    if (is_bringing_back) {
        is_bringing_back = FALSE;
        stop_bringing_back();
        return;
    }
    self->stack_pointer = stack_pointer();
    if ((char *)self->stack_pointer < self->low + LEAST_ROOM)
        report_overflow(self);
    self->unwound.current = self->low;
    self->unwound.end = self->stack_pointer;
    start_putting_away(&self->unwound);
}

static void put_away_and_run(struct thread *thread) {
    next_thread = thread;
    put_away();
}

/*
 * NULL in programs that make no threads, which so are free of what the pass needs. The compiler
 * would see that it is one function or none, and call it without the detour.
 */
static void (*volatile other_thread)(struct thread *thread);

void can_switch(void) {
    other_thread = put_away_and_run;
}

void switch_to(struct thread *thread) {
    other_thread(thread);
}

int __real___original_main(void);
void __wasm_call_dtors(void);

static BOOL is_over;
static int result;

static void run_main(void) {
    int status = __real___original_main();
    /* What runs at the end of the program may wait, too; then nothing is left to run. */
    __wasm_call_dtors();
    result = status;
    is_over = TRUE;
    put_away();
    __builtin_trap();
}

static void run(struct thread *thread) {
    DWORD code;
    if (thread->high == NULL)
        run_main();
    code = call_start(thread->start, thread->parameter);
    ExitThread(code);
}

/*
 * It does return when the thread is put away, although the compiler could prove that it
 * does not.
 */
static void (*volatile runs)(struct thread *thread) = run;

/* Below every thread: it calls nothing that needs a stack but them. */
__attribute__((noinline)) int __wrap___original_main(void) {
    void *own = stack_pointer();
    next_thread = current_thread;
    current_thread->low = LOWEST;
    current_thread->stack_pointer = own;
    current_thread->variables = wsp_variables();
    while (!is_over) {
        struct thread *thread = next_thread;
        current_thread = thread;
        limit = thread->low;
        set_stack_pointer(thread->stack_pointer);
        find_variables(thread->variables);
        winsock_spi_scheduling_running(thread->id);
        if (thread->started) {
            is_bringing_back = TRUE;
            start_bringing_back(&thread->unwound);
        }
        thread->started = TRUE;
        runs(thread);
        stop_putting_away();
    }
    limit = LOWEST;
    set_stack_pointer(own);
    return result;
}
