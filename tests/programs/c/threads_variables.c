/* Variables of which each thread has its own: what they are at first, and pointers to them. */
#include "transcript.h"
#include <process.h>

/* mingw's compiler takes Microsoft's word, and says nothing by it. */
#ifdef __MINGW32__
#define EACH_THREADS __thread
#else
#define EACH_THREADS __declspec(thread)
#endif

struct counted {
    int count;
    const char *name;
};

static EACH_THREADS int number = 17;
static EACH_THREADS int nothing;
static EACH_THREADS char text[40] = "each has this";
static EACH_THREADS struct counted counted = {3, "three"};
static EACH_THREADS double fraction = 0.5;
/* Where each thread's own is, for the others. */
static int *numbers[4];
static HANDLE written, looked;

static int as_at_first(void)
{
    return number == 17 && nothing == 0 && strcmp(text, "each has this") == 0 &&
           counted.count == 3 && strcmp(counted.name, "three") == 0 && fraction == 0.5;
}

static void change(int by)
{
    number += by;
    nothing = by;
    text[0] = (char)('0' + by);
    counted.count *= by;
    counted.name = "changed";
    fraction += by;
}

static int changed(int by)
{
    return number == 17 + by && nothing == by && text[0] == '0' + by &&
           counted.count == 3 * by && strcmp(counted.name, "changed") == 0 && fraction == 0.5 + by;
}

static DWORD WINAPI keeps(LPVOID parameter)
{
    int self = (int)(ULONG_PTR)parameter;
    DWORD wrong = as_at_first() ? 0 : 1;
    change(self);
    numbers[self] = &number;
    SetEvent(written);
    WaitForSingleObject(looked, 20000);
    if (number != 17 + self + 100)
        wrong |= 2;
    number -= 100;
    Sleep(0);
    if (!changed(self))
        wrong |= 4;
    return wrong;
}

static unsigned __stdcall later(void *parameter)
{
    (void)parameter;
    return as_at_first() ? 33 : 44;
}

int main(void)
{
    HANDLE threads[4];
    DWORD code;
    int position, other;

    written = CreateEvent(NULL, FALSE, FALSE, NULL);
    looked = CreateEvent(NULL, TRUE, FALSE, NULL);
    note("main: %d", as_at_first());
    change(4);
    numbers[0] = &number;
    for (position = 1; position < 4; position++) {
        threads[position] = CreateThread(NULL, 0, keeps, (LPVOID)(ULONG_PTR)position, 0, NULL);
        NEEDED(WaitForSingleObject(written, 20000) == WAIT_OBJECT_0);
    }
    for (position = 0; position < 4; position++) {
        note("seen by main: %d", *numbers[position]);
        for (other = 0; other < position; other++)
            if (numbers[position] == numbers[other])
                note("%d and %d are one", position, other);
    }
    for (position = 1; position < 4; position++)
        *numbers[position] += 100;
    note("main keeps its own: %d", changed(4));
    NEEDED(SetEvent(looked));
    for (position = 1; position < 4; position++) {
        NEEDED(WaitForSingleObject(threads[position], 20000) == WAIT_OBJECT_0);
        NEEDED(GetExitCodeThread(threads[position], &code));
        note("thread %d: %u", position, (unsigned)code);
        CloseHandle(threads[position]);
    }
    threads[0] = (HANDLE)_beginthreadex(NULL, 0, later, NULL, 0, NULL);
    NEEDED(WaitForSingleObject(threads[0], 20000) == WAIT_OBJECT_0);
    NEEDED(GetExitCodeThread(threads[0], &code));
    note("one that came later: %u", (unsigned)code);
    note("main at the end: %d", changed(4));
    return done();
}
