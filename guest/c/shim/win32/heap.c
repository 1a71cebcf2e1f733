/* Memory, in one heap. */
#include "win32.h"


/* The process's heap, and what HeapCreate gives: there is memory for each alike. */
#define PROCESS_HEAP ((HANDLE)(ULONG_PTR)0x00010000)

/*
 * A heap of a program's own ends with all that is in it: blocks are in a ring
 * of their heap.
 */
struct block {
    struct block *next;
    struct block *previous;
    struct heap *heap;
    SIZE_T size;
};

struct heap {
    struct block ring;
    BOOL open;
};

static struct heap process_heap = {{&process_heap.ring, &process_heap.ring, NULL, 0}, TRUE};

static struct heap *heap_of(HANDLE handle) {
    if (handle == PROCESS_HEAP)
        return &process_heap;
    return in_memory(handle, sizeof(struct heap)) && ((struct heap *)handle)->open
               ? (struct heap *)handle
               : NULL;
}

HANDLE GetProcessHeap(void) {
    return PROCESS_HEAP;
}

HANDLE HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize) {
    struct heap *heap = malloc(sizeof *heap);
    (void)flOptions;
    (void)dwInitialSize;
    (void)dwMaximumSize;
    if (heap == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    heap->ring.next = heap->ring.previous = &heap->ring;
    heap->open = TRUE;
    return heap;
}

static void insert(struct heap *heap, struct block *block) {
    block->heap = heap;
    block->next = &heap->ring;
    block->previous = heap->ring.previous;
    block->previous->next = block;
    heap->ring.previous = block;
}

static void take_out(struct block *block) {
    block->previous->next = block->next;
    block->next->previous = block->previous;
}

BOOL HeapDestroy(HANDLE hHeap) {
    struct heap *heap = heap_of(hHeap);
    if (heap == NULL || heap == &process_heap)
        return fail_as(ERROR_INVALID_HANDLE);
    while (heap->ring.next != &heap->ring) {
        struct block *block = heap->ring.next;
        take_out(block);
        free(block);
    }
    heap->open = FALSE;
    free(heap);
    return TRUE;
}

LPVOID HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes) {
    struct heap *heap = heap_of(hHeap);
    struct block *block;
    /* Its failure sets no last error. */
    if (heap == NULL || dwBytes > SIZE_MAX - sizeof *block)
        return NULL;
    block = malloc(sizeof *block + dwBytes);
    if (block == NULL)
        return NULL;
    if (dwFlags & HEAP_ZERO_MEMORY)
        memset(block + 1, 0, dwBytes);
    block->size = dwBytes;
    insert(heap, block);
    return block + 1;
}

/* The block of memory of that heap, or NULL. */
static struct block *block_of(HANDLE hHeap, LPCVOID memory) {
    struct block *block = (struct block *)((ULONG_PTR)memory - sizeof *block);
    struct heap *heap = heap_of(hHeap);
    if (heap == NULL || !in_memory(memory, 0) || (ULONG_PTR)memory < sizeof *block ||
        block->heap != heap)
        return NULL;
    return block;
}

LPVOID HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes) {
    struct block *block = block_of(hHeap, lpMem), *grown;
    struct heap *heap;
    SIZE_T before;
    if (block == NULL || dwBytes > SIZE_MAX - sizeof *block)
        return NULL;
    heap = block->heap;
    before = block->size;
    if (dwFlags & HEAP_REALLOC_IN_PLACE_ONLY) {
        if (dwBytes > before)
            return NULL;
        block->size = dwBytes;
        return lpMem;
    }
    take_out(block);
    grown = realloc(block, sizeof *block + dwBytes);
    if (grown == NULL) {
        insert(heap, block);
        return NULL;
    }
    if ((dwFlags & HEAP_ZERO_MEMORY) && dwBytes > before)
        memset((char *)(grown + 1) + before, 0, dwBytes - before);
    grown->size = dwBytes;
    insert(heap, grown);
    return grown + 1;
}

BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem) {
    struct block *block;
    (void)dwFlags;
    if (lpMem == NULL)
        return TRUE;
    block = block_of(hHeap, lpMem);
    if (block == NULL)
        return fail_as(ERROR_INVALID_PARAMETER);
    take_out(block);
    block->heap = NULL;
    free(block);
    return TRUE;
}

SIZE_T HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) {
    struct block *block = block_of(hHeap, lpMem);
    (void)dwFlags;
    return block == NULL ? (SIZE_T)-1 : block->size;
}

HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes) {
    LPVOID memory = HeapAlloc(PROCESS_HEAP, uFlags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, uBytes);
    if (memory == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

HLOCAL LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags) {
    LPVOID memory =
        HeapReAlloc(PROCESS_HEAP, uFlags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, hMem, uBytes);
    if (memory == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

HLOCAL LocalFree(HLOCAL hMem) {
    if (HeapFree(PROCESS_HEAP, 0, hMem))
        return NULL;
    SetLastError(ERROR_INVALID_HANDLE);
    return hMem;
}

HGLOBAL GlobalAlloc(UINT uFlags, SIZE_T dwBytes) {
    return LocalAlloc(uFlags, dwBytes);
}

HGLOBAL GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags) {
    return LocalReAlloc(hMem, dwBytes, uFlags);
}

HGLOBAL GlobalFree(HGLOBAL hMem) {
    return LocalFree(hMem);
}

LPVOID GlobalLock(HGLOBAL hMem) {
    return hMem;
}

BOOL GlobalUnlock(HGLOBAL hMem) {
    (void)hMem;
    /* It is not locked any more, which is no error. */
    SetLastError(NO_ERROR);
    return FALSE;
}

/* A page of Windows, by which whole allocations are aligned and counted. */
#define PAGE 4096U

/* Whole allocations, so that only those are released. */
struct region {
    struct region *next;
    void *start;
};

static struct region *regions;

LPVOID VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect) {
    struct region *region;
    SIZE_T size;
    if (dwSize == 0 || dwSize > SIZE_MAX - PAGE || (flAllocationType & MEM_COMMIT) == 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    /* Memory cannot be protected, and has no places to choose from. */
    if (lpAddress != NULL || flProtect != PAGE_READWRITE ||
        (flAllocationType & ~(DWORD)(MEM_COMMIT | MEM_RESERVE)) != 0) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    size = (dwSize + PAGE - 1) & ~(SIZE_T)(PAGE - 1);
    region = malloc(sizeof *region);
    if (region != NULL && (region->start = aligned_alloc(PAGE, size)) != NULL) {
        memset(region->start, 0, size);
        region->next = regions;
        regions = region;
        return region->start;
    }
    free(region);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

BOOL VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType) {
    struct region **place, *region;
    if (dwFreeType != MEM_RELEASE || dwSize != 0)
        return fail_as(dwFreeType == MEM_RELEASE ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
    for (place = &regions; (region = *place) != NULL; place = &region->next)
        if (region->start == lpAddress) {
            *place = region->next;
            free(region->start);
            free(region);
            return TRUE;
        }
    return fail_as(ERROR_INVALID_PARAMETER);
}
