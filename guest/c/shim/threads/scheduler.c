/*
 * Whose turn it is. A thread that waits looks for the next one on its own stack, waits with
 * the host if there is none that could run, and gives its turn away only to another one.
 */
#include "../shim.h"

#include <errno.h>

/* While there are threads that can run, the host is asked once in so many turns. */
#define TURNS_BETWEEN_LOOKS 16

/* After so many calls that did not wait others have their turn. */
#define MOST_CALLS 64
static unsigned calls;

static struct thread the_first = {
    .object = {A_THREAD},
    .id = 1,
    .wait = {.deadline = NO_DEADLINE},
};
struct thread *current_thread = &the_first;
struct thread *all_threads = &the_first;
static struct thread *last_of_all = &the_first;

struct list {
    struct thread *first;
    struct thread *last;
};

/*
 * In the order of their turns, and in the order in which their waits began: those that wait for
 * sockets, and all others. What happens concerns few of the former, and they are not looked through.
 */
static struct list runnable, on_sockets, waiting;
/* How many of those that wait for sockets do so for a time only. */
static unsigned timed_on_sockets;
static unsigned turns;
/* What the provider's pump returned last. */
static uint64_t taken;
/* Threads that wait for names: these end without an operation of a socket. */
static unsigned names;
/* A thread that has ended, whose stack is freed by the one that runs next. */
static struct thread *ended;

static void append(struct list *list, struct thread *thread) {
    thread->next = NULL;
    thread->previous = list->last;
    if (list->last == NULL)
        list->first = thread;
    else
        list->last->next = thread;
    list->last = thread;
}

static void take_out(struct list *list, struct thread *thread) {
    if (thread->previous == NULL)
        list->first = thread->next;
    else
        thread->previous->next = thread->next;
    if (thread->next == NULL)
        list->last = thread->previous;
    else
        thread->next->previous = thread->previous;
}

uint64_t deadline_after(DWORD milliseconds) {
    return milliseconds == INFINITE ? NO_DEADLINE : GetTickCount64() + milliseconds;
}

struct wait new_wait(enum waits_for kind, const char *call, uint64_t deadline) {
    struct wait wait = {.kind = kind, .call = call, .deadline = deadline};
    return wait;
}

static void start_waiting(struct thread *thread) {
    switch (thread->wait.kind) {
    case FOR_SOCKETS:
        append(&on_sockets, thread);
        await_sockets(thread);
        if (thread->wait.deadline != NO_DEADLINE)
            timed_on_sockets++;
        return;
    case FOR_NAME:
        names++;
        break;
    default:
        break;
    }
    append(&waiting, thread);
}

static void stop_waiting(struct thread *thread) {
    switch (thread->wait.kind) {
    case FOR_SOCKETS:
        take_out(&on_sockets, thread);
        await_no_sockets(thread);
        if (thread->wait.deadline != NO_DEADLINE)
            timed_on_sockets--;
        return;
    case FOR_NAME:
        names--;
        break;
    default:
        break;
    }
    take_out(&waiting, thread);
}

static void end_wait(struct thread *thread, enum wait_end end) {
    thread->wait.end = end;
    stop_waiting(thread);
    thread->state = thread->suspended > 0 ? HELD : RUNNABLE;
    if (thread->state == RUNNABLE)
        append(&runnable, thread);
    port_thread_runs(thread);
}

void wake(struct thread *thread) {
    end_wait(thread, WOKEN);
}

struct thread *next_waiting(const struct thread *thread) {
    return thread == NULL ? waiting.first : thread->next;
}

void wake_address(const volatile void *address, BOOL all) {
    struct thread *thread, *next;
    for (thread = waiting.first; thread != NULL; thread = next) {
        next = thread->next;
        if (thread->wait.kind != FOR_ADDRESS || thread->wait.address != address)
            continue;
        wake(thread);
        if (!all)
            return;
    }
}

BOOL wanted_alone(const volatile void *address) {
    const struct thread *thread;
    for (thread = waiting.first; thread != NULL; thread = thread->next)
        if (thread->wait.kind == FOR_ADDRESS && thread->wait.address == address &&
            thread->wait.exclusive)
            return TRUE;
    return FALSE;
}

void objects_signalled(void) {
    struct thread *thread, *next;
    for (thread = waiting.first; thread != NULL; thread = next) {
        next = thread->next;
        if (thread->wait.kind == FOR_OBJECTS
                ? try_objects(thread)
                : thread->wait.alertable && routines_ready(thread->id))
            wake(thread);
    }
}

/* The host has ended something. */
static void wake_ready(void) {
    struct thread *thread, *next;
    for (thread = waiting.first; thread != NULL; thread = next) {
        next = thread->next;
        if (thread->wait.kind == FOR_ENDED || thread->wait.kind == FOR_NAME)
            wake(thread);
    }
}

/* The earliest deadline of a list. */
static uint64_t earliest(const struct list *list) {
    const struct thread *thread;
    uint64_t first = NO_DEADLINE;
    for (thread = list->first; thread != NULL; thread = thread->next)
        first = min(first, thread->wait.deadline);
    return first;
}

static void end_late(const struct list *list, uint64_t now) {
    struct thread *thread, *next;
    for (thread = list->first; thread != NULL; thread = next) {
        next = thread->next;
        if (thread->wait.deadline <= now)
            end_wait(thread, TIMED_OUT);
    }
}

static uint64_t next_deadline(void) {
    uint64_t first = min(next_due(), earliest(&waiting));
    return timed_on_sockets == 0 ? first : min(first, earliest(&on_sockets));
}

/* The earliest deadline; those that have passed end their waits. */
static uint64_t pass_deadlines(void) {
    uint64_t first = next_deadline(), now;
    if (first == NO_DEADLINE)
        return first;
    now = GetTickCount64();
    if (now < first)
        return first;
    fire_timers(now);
    end_late(&waiting, now);
    if (timed_on_sockets > 0)
        end_late(&on_sockets, now);
    return next_deadline();
}

/* Takes what the host has done, and wakes who waits for it; the earliest deadline. */
static uint64_t look(void) {
    uint64_t now = settle_progress(), number;
    if (now != taken) {
        taken = now;
        wake_ready();
    }
    while (winsock_spi_threads_next_changed(&number))
        wake_socket(number, FALSE);
    objects_signalled();
    return pass_deadlines();
}

/* Waits with the host; FALSE if it does not wait. */
static BOOL wait_with_host(uint64_t deadline) {
    uint32_t milliseconds, *limit = NULL;
    uint64_t now = deadline == NO_DEADLINE ? 0 : GetTickCount64(), after;
    wsa_error error;
    if (deadline != NO_DEADLINE || names > 0) {
        milliseconds = (uint32_t)min(deadline > now ? deadline - now : 0, 0xFFFFFFFEULL);
        limit = &milliseconds;
    }
    if (!winsock_spi_threads_wait_for_progress(taken, limit, &after, &error))
        return FALSE;
    if (limit == NULL && after == taken)
        report_deadlock();
    return TRUE;
}

/* Takes the thread whose turn it is out of its list: perhaps the one that asks. */
static struct thread *next_to_run(void) {
    struct thread *thread;
    if (runnable.first == NULL || ++turns % TURNS_BETWEEN_LOOKS == 0) {
        for (;;) {
            uint64_t deadline = look();
            if (runnable.first != NULL)
                break;
            if (wait_with_host(deadline))
                continue;
            /* Its call fails as it does in a program of one thread. */
            thread = current_thread->state == WAITING ? current_thread : waiting.first;
            if (thread == NULL)
                thread = on_sockets.first;
            if (thread == NULL)
                report_deadlock();
            end_wait(thread, CANNOT_WAIT);
        }
    }
    thread = runnable.first;
    take_out(&runnable, thread);
    return thread;
}

/* Frees the stack of a thread that ended in the turn before. */
static void bury(void) {
    struct thread *thread = ended;
    ended = NULL;
    if (thread != NULL)
        free_thread(thread);
}

/* Gives the turn away; returns when the current thread has it again. */
static void give_away(void) {
    struct thread *self = current_thread, *next = next_to_run();
    if (next == self)
        return;
    self->c_error = errno;
    switch_to(next);
    errno = self->c_error;
    bury();
}

enum wait_end suspend(const struct wait *wait) {
    struct thread *self = current_thread;
    self->wait = *wait;
    self->state = WAITING;
    start_waiting(self);
    port_thread_waits(self);
    give_away();
    return self->wait.end;
}

BOOL let_others_run(void) {
    struct thread *self = current_thread;
    if (runnable.first == NULL)
        (void)look();
    if (runnable.first == NULL)
        return FALSE;
    append(&runnable, self);
    give_away();
    return TRUE;
}

void did_not_wait(void) {
    if (++calls < MOST_CALLS || all_threads->next_of_all == NULL)
        return;
    calls = 0;
    (void)let_others_run();
}

void take_part(struct thread *thread) {
    thread->next_of_all = NULL;
    thread->previous_of_all = last_of_all;
    if (last_of_all == NULL)
        all_threads = thread;
    else
        last_of_all->next_of_all = thread;
    last_of_all = thread;
    thread->state = thread->suspended > 0 ? HELD : RUNNABLE;
    if (thread->state == RUNNABLE)
        append(&runnable, thread);
    /*
     * It begins with the next call that may wait, also if that does not. Programs hand a thread
     * the address of a variable that the next accept writes: on Windows it has read it by then.
     */
    calls = MOST_CALLS;
}

void remove_thread(struct thread *thread) {
    BOOL waited = thread->state == WAITING;
    if (waited)
        stop_waiting(thread);
    else if (thread->state == RUNNABLE && thread != current_thread)
        take_out(&runnable, thread);
    if (thread->previous_of_all == NULL)
        all_threads = thread->next_of_all;
    else
        thread->previous_of_all->next_of_all = thread->next_of_all;
    if (thread->next_of_all == NULL)
        last_of_all = thread->previous_of_all;
    else
        thread->next_of_all->previous_of_all = thread->previous_of_all;
    if (waited && thread->wait.kind == FOR_NAME)
        winsock_spi_resolver_lookup_drop_own(thread->wait.lookup);
    thread->state = ENDED;
    /* Who waits does not count among those that run. */
    if (!waited)
        port_thread_waits(thread);
    thread->port = NULL;
    forget_sender(thread);
    abandon_mutexes(thread);
    forget_routines_here(thread->id);
    objects_signalled();
}

void leave_for_good(void) {
    struct thread *self = current_thread, *next = next_to_run();
    ended = self;
    switch_to(next);
    __builtin_trap();
}

void hold(struct thread *thread) {
    if (thread->suspended++ > 0)
        return;
    if (thread == current_thread) {
        thread->state = HELD;
        give_away();
    } else if (thread->state == RUNNABLE) {
        take_out(&runnable, thread);
        thread->state = HELD;
    }
}

void release(struct thread *thread) {
    if (thread->suspended == 0 || --thread->suspended > 0 || thread->state != HELD)
        return;
    thread->state = RUNNABLE;
    append(&runnable, thread);
}
