// Where a program starts, in place of wasi-libc's own start file.
//
// A linker that finds nobody calling the constructors makes every exported
// function run them before, and the end of the program after itself. One of
// those functions is the allocation that the adapter of WASI 0.1 asks for at
// its first call: the end would then come in the middle of the program, and
// drop what it has printed so far.

#include <wasi/api.h>

void __wasm_call_ctors(void);
void __wasm_call_dtors(void);
int __main_void(void);

__attribute__((export_name("_start"))) void _start(void)
{
    __wasm_call_ctors();
    int status = __main_void();
    __wasm_call_dtors();
    if (status != 0)
        __wasi_proc_exit((__wasi_exitcode_t)status);
}
