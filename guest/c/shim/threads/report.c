/*
 * What ends a program with several threads and is told: without the C library's streams,
 * since there may be no stack to speak of.
 */
#include "../shim.h"

#include <stdio.h>
#include <wasi/api.h>

struct text {
    char line[192];
    size_t length;
};

static void add(struct text *text, const char *more) {
    while (*more != '\0' && text->length < sizeof text->line - 1)
        text->line[text->length++] = *more++;
}

static void add_number(struct text *text, uint64_t number, unsigned base) {
    char digits[24];
    size_t position = sizeof digits;
    digits[--position] = '\0';
    do {
        digits[--position] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    add(text, &digits[position]);
}

static void say(struct text *text) {
    __wasi_ciovec_t part;
    __wasi_size_t written;
    text->line[text->length++] = '\n';
    part.buf = (const uint8_t *)text->line;
    part.buf_len = text->length;
    (void)__wasi_fd_write(2, &part, 1, &written);
    text->length = 0;
}

static void add_thread(struct text *text, const struct thread *thread) {
    add(text, "thread ");
    add_number(text, thread->id, 10);
    if (thread->id == 1)
        add(text, " (main)");
}

/* What a thread waits for, on a line of its own. */
static void say_wait(struct text *text, const struct thread *thread) {
    const struct wait *wait = &thread->wait;
    add(text, "wsp:   ");
    add_thread(text, thread);
    if (thread->state != WAITING) {
        add(text, thread->state == ENDED ? " has ended" : " is suspended");
        say(text);
        return;
    }
    add(text, " waits in ");
    add(text, wait->call);
    switch (wait->kind) {
    case FOR_SOCKETS:
        if (wait->socket_count > 0) {
            add(text, " on socket ");
            add_number(text, wait->sockets[0].s, 10);
        }
        if (wait->socket_count > 1)
            add(text, " and others");
        break;
    case FOR_OBJECTS:
        if (wait->count > 0) {
            add(text, wait->all ? " for all of its handles, the first " : " for handle ");
            add_number(text, (ULONG_PTR)wait->handles[0], 10);
        }
        if (wait->count > 1 && !wait->all)
            add(text, " and others");
        break;
    case FOR_PACKET:
        add(text, " on port ");
        add_number(text, (ULONG_PTR)wait->port, 10);
        break;
    case FOR_ADDRESS:
        add(text, " at 0x");
        add_number(text, (uintptr_t)wait->address, 16);
        break;
    case FOR_TIME:
    case FOR_ENDED:
    case FOR_NAME:
        break;
    }
    if (wait->holder != NULL) {
        add(text, ", which ");
        add_thread(text, wait->holder);
        add(text, " has");
    }
    say(text);
}

void report_deadlock(void) {
    struct text text = {.length = 0};
    const struct thread *thread;
    (void)fflush(NULL);
    add(&text, "wsp: deadlock: every thread waits, and nothing is under way that could end it:");
    say(&text);
    for (thread = all_threads; thread != NULL; thread = thread->next_of_all)
        say_wait(&text, thread);
    __builtin_trap();
}

void report_overflow(const struct thread *thread) {
    struct text text = {.length = 0};
    add(&text, "wsp: stack overflow: ");
    add_thread(&text, thread);
    add(&text, " needs more than its ");
    add_number(&text, thread->high == NULL ? 1 << 20 : (uint64_t)(thread->high - thread->low), 10);
    add(&text, thread->id == 1 ? " bytes" : " bytes, which is what CreateThread was asked for, or 256 KiB");
    say(&text);
    __builtin_trap();
}

/* Where the functions of the program come when their stack would reach beyond its end. */
__attribute__((export_name("wsp_stack_overflow"), used)) void wsp_stack_overflow(void) {
    static char room[4096];
    void *pointer = room + sizeof room;
    __asm__ volatile(".globaltype __stack_pointer, i32\n"
                     "local.get %0\n"
                     "global.set __stack_pointer"
                     :
                     : "r"(pointer));
    /* This stack is nobody's. */
    no_limit();
    report_overflow(current_thread);
}
