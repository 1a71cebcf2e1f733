/* A bcryptprimitives.dll for tests on a Wine that has none: Rust's standard library takes its
   random numbers from there. It lies beside the programs that are tested. */
#include <windows.h>
#include <ntsecapi.h>

/* Answers FALSE if there are no random numbers. */
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE numbers, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!RtlGenRandom(numbers, part))
            return FALSE;
        numbers += part;
        length -= part;
    }
    return TRUE;
}
