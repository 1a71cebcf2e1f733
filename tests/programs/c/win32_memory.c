/* Heaps, critical sections, atomic operations, and values of a thread. */
#include "transcript.h"

static void heaps(void)
{
    HANDLE heap = GetProcessHeap(), own;
    char *memory = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
    note("zeroed: %d, size %d", memory[0] == 0 && memory[99] == 0, (int)HeapSize(heap, 0, memory));
    strcpy(memory, "kept");
    memory = HeapReAlloc(heap, HEAP_ZERO_MEMORY, memory, 5000);
    note("grown: %s, size %d, %d", memory, (int)HeapSize(heap, 0, memory), memory[4999]);
    CALL_BOOL(HeapFree(heap, 0, memory));
    CALL_BOOL(HeapFree(heap, 0, NULL));
    own = HeapCreate(0, 0, 0);
    memory = HeapAlloc(own, 0, 10);
    note("of its own: %d", memory != NULL);
    CALL_BOOL(HeapDestroy(own));
    memory = LocalAlloc(LPTR, 20);
    note("local: %d", memory[19]);
    note("freed: %d", LocalFree(memory) == NULL);
    memory = GlobalAlloc(GPTR, 20);
    note("global: %d, locked: %d", memory[19], GlobalLock(memory) == memory);
    note("freed: %d", GlobalFree(memory) == NULL);
    memory = VirtualAlloc(NULL, 10000, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    memory[9999] = 1;
    note("virtual: %d, aligned: %d", memory[0], (int)((ULONG_PTR)memory % 4096));
    CALL_BOOL(VirtualFree(memory, 0, MEM_RELEASE));
    strcpy(memory = HeapAlloc(heap, 0, 8), "secret");
    SecureZeroMemory(memory, 8);
    note("wiped: %d", memory[0]);
    HeapFree(heap, 0, memory);
}

static void sections(void)
{
    CRITICAL_SECTION section;
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    CALL_BOOL(TryEnterCriticalSection(&section));
    note("entered %d times", (int)section.RecursionCount);
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    note("left: %d", (int)section.RecursionCount);
    DeleteCriticalSection(&section);
}

static void atomics(void)
{
    LONG volatile number = 5;
    LONG64 volatile large = 1LL << 40;
    PVOID volatile pointer = NULL;
    note("%d", (int)InterlockedIncrement(&number));
    note("%d", (int)InterlockedDecrement(&number));
    note("%d", (int)InterlockedExchange(&number, 9));
    note("%d", (int)InterlockedExchangeAdd(&number, 3));
    note("%d", (int)InterlockedCompareExchange(&number, 1, 12));
    note("%d", (int)InterlockedCompareExchange(&number, 7, 12));
    note("%d", (int)number);
    note("%d", InterlockedIncrement64(&large) == (1LL << 40) + 1);
    note("%d", InterlockedExchangePointer(&pointer, (PVOID)&number) == NULL);
    note("%d", pointer == &number);
}

static void values(void)
{
    DWORD index = TlsAlloc();
    int value = 1;
    note("none yet: %d", TlsGetValue(index) == NULL);
    CALL_BOOL(TlsSetValue(index, &value));
    note("there: %d", TlsGetValue(index) == &value);
    CALL_BOOL(TlsFree(index));
}

int main(void)
{
    heaps();
    sections();
    atomics();
    values();
    return done();
}
