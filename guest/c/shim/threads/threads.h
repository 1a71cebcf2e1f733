/*
 * Several threads, by turns: what the files of this folder share, and what the others call
 * where a call would stop the program. One thread runs until it waits; then another one does.
 */
#ifndef WSP_THREADS_H
#define WSP_THREADS_H

#pragma GCC visibility push(hidden)

#define NO_DEADLINE UINT64_MAX
/* A stack, unless a larger one is asked for, in bytes. */
#define LEAST_STACK (256UL * 1024)
/* Most indices of TlsAlloc. */
#define MOST_VALUES 1088

/* What has a handle, and can be waited for, besides events. */
enum object_kind { A_THREAD, A_MUTEX, A_SEMAPHORE, A_TIMER };

struct object {
    enum object_kind kind;
};

struct thread;

struct mutex {
    struct object object;
    struct mutex *next;
    /* NULL for nobody. */
    struct thread *owner;
    DWORD depth;
    /* Its owner ended. */
    BOOL abandoned;
};

struct semaphore {
    struct object object;
    LONG count;
    LONG most;
};

struct timer {
    struct object object;
    struct timer *next;
    BOOL manual;
    BOOL signalled;
    /* As GetTickCount64 counts; NO_DEADLINE while it is not set. */
    uint64_t due;
    LONG period;
    /* What is queued to a thread when it is due; NULL for nothing. */
    PTIMERAPCROUTINE routine;
    LPVOID parameter;
    DWORD thread;
};

/* What a thread waits for on a socket. */
struct awaited_socket {
    SOCKET s;
    uint64_t number;
    winsock_spi_threads_awaited_t awaited;
    /* Who waits, and its neighbours among those that wait for sockets with similar numbers. */
    struct thread *thread;
    struct awaited_socket *next, **place;
};

/* Why a thread does not run. */
enum waits_for {
    /* Time only. */
    FOR_TIME,
    /* One of its sockets. */
    FOR_SOCKETS,
    /* The end of any operation. */
    FOR_ENDED,
    /* Its objects; with none of them and `alertable`, routines only. */
    FOR_OBJECTS,
    /* A packet of its port. */
    FOR_PACKET,
    /* Somebody who wakes those that wait at an address. */
    FOR_ADDRESS,
    /* The addresses of a name. */
    FOR_NAME,
};

/* How a wait ended. */
enum wait_end {
    /* It was given what it waited for, or may look again. */
    WOKEN,
    TIMED_OUT,
    /* The host does not wait. */
    CANNOT_WAIT,
};

struct wait {
    enum waits_for kind;
    /* The call, as the report of a deadlock names it. */
    const char *call;
    uint64_t deadline;
    enum wait_end end;
    /* FOR_SOCKETS */
    struct awaited_socket *sockets;
    size_t socket_count;
    /* FOR_OBJECTS; `result` is that of WaitForMultipleObjectsEx. */
    const HANDLE *handles;
    DWORD count;
    BOOL all;
    BOOL alertable;
    DWORD result;
    /* FOR_PACKET */
    HANDLE port;
    struct packet *packet;
    /* FOR_ADDRESS; exclusive for who wants a lock alone. */
    const volatile void *address;
    BOOL exclusive;
    /* FOR_NAME */
    winsock_spi_resolver_own_lookup_t lookup;
    /* Who has what is waited for, for the report; NULL if that is nobody. */
    const struct thread *holder;
};

enum thread_state {
    /* In its turn, or waiting for it. */
    RUNNABLE,
    WAITING,
    /* Would be runnable, but is suspended. */
    HELD,
    ENDED,
};

struct thread {
    struct object object;
    DWORD id;
    HANDLE handle;
    /* The handle is open; what has ended and is closed is freed. */
    BOOL is_open;
    /* Of _beginthread: the handle is closed when the thread ends. */
    BOOL closes_itself;
    enum thread_state state;
    DWORD exit_code;
    DWORD suspended;
    int priority;
    struct wait wait;
    /* Its neighbours among those in the same state, and among all. */
    struct thread *previous, *next;
    struct thread *previous_of_all, *next_of_all;
    /* The port that it took a packet from last; NULL for none. */
    struct open_port *port;
    int last_error;
    int c_error;
    /* What inet_ntoa, gethostbyname and gethostbyaddr returned last. */
    char address_text[16];
    void *host;
    LPVOID *values;
    /* The program's variables of which each thread has its own. */
    char *variables;
    struct destruction *destructions;
    /* What it runs. */
    void *start;
    LPVOID parameter;
    /*
     * Its stack: from `low` up to `high`, with the frames that are put away at the lower end.
     * The variables are behind it.
     */
    char *low;
    char *high;
    void *stack_pointer;
    struct {
        void *current;
        void *end;
    } unwound;
    BOOL started;
};

extern struct thread *current_thread;
/* Every thread that has not ended, the main one first. */
extern struct thread *all_threads;

/* scheduler.c */
/* A wait of the current thread with nothing said but the call and its time. */
struct wait new_wait(enum waits_for kind, const char *call, uint64_t deadline);
/* Runs other threads until the wait, whose copy is in the thread, ends. */
enum wait_end suspend(const struct wait *wait);
/* Runs others that can; TRUE if there was one. */
BOOL let_others_run(void);
/* Counts a call that did not wait: after some others have their turn. */
void did_not_wait(void);
uint64_t deadline_after(DWORD milliseconds);
/* Ends a wait that has been given what it waited for. */
void wake(struct thread *thread);
/* The thread that waits longest after `thread`, or first of all after NULL; NULL after the last. */
struct thread *next_waiting(const struct thread *thread);
/* Wakes the first, or all, of those that wait at an address. */
void wake_address(const volatile void *address, BOOL all);
/* Whether one that wants it alone waits at an address. */
BOOL wanted_alone(const volatile void *address);
/* What was signalled just now goes to those that wait for it. */
void objects_signalled(void);
/* A new thread, which does not run yet, takes part from now on. */
void take_part(struct thread *thread);
/* The current thread is over, or another one is ended. */
_Noreturn void leave_for_good(void);
void remove_thread(struct thread *thread);
void hold(struct thread *thread);
void release(struct thread *thread);

/* awaited.c */
/* A thread waits for its sockets, or does so no more. */
void await_sockets(struct thread *thread);
void await_no_sockets(struct thread *thread);
/* Wakes those that wait for a socket and need not, or all of them. */
void wake_socket(uint64_t number, BOOL all);

/* switch.c */
void switch_to(struct thread *thread);
/* No stack has an end any more. */
void no_limit(void);
/* Called before there is a second thread. */
void can_switch(void);

/* objects.c */
/* Gives the objects to the thread if all that it waits for are signalled, and tells the result. */
BOOL try_objects(struct thread *thread);
/* Whether routines of the program are ready for a thread. */
BOOL routines_ready(DWORD thread);
/* The thread's mutexes are abandoned. */
void abandon_mutexes(struct thread *thread);

/* timers.c */
/* When the first timer is due. */
uint64_t next_due(void);
void fire_timers(uint64_t now);
void forget_timer(struct timer *timer);

/* blocking.c */
/* A thread that has ended sends no more. */
void forget_sender(const struct thread *thread);

/* port_waits.c */
/* The thread runs on with a packet, or waits for something else than its port. */
void port_thread_runs(struct thread *thread);
void port_thread_waits(struct thread *thread);

/* thread_functions.c */
void free_thread(struct thread *thread);
void close_thread(struct thread *thread);
struct thread *find_thread(HANDLE handle);

/* variables.c */
/* So many bytes a thread's variables need, with what their alignment costs. */
size_t room_for_variables(void);
/* Lays them out, as they are at the start of a thread, at or after `place`; where they are. */
char *new_variables(char *place);
/* Main's. */
char *wsp_variables(void);
/* The program's functions find these from now on. */
void find_variables(char *variables);
/* Runs what is to be run for the current thread's variables at its end. */
void destroy_variables(void);
/* The thread ends without that. */
void forget_destructions(struct thread *thread);

/* signatures.c */
/* Calls what a thread runs, whatever its type is; its result. */
DWORD call_start(void *start, LPVOID parameter);

/* report.c */
_Noreturn void report_deadlock(void);
_Noreturn void report_overflow(const struct thread *thread);

/* handles.c */
HANDLE add_object(struct object *object);
struct object *find_object(HANDLE handle, enum object_kind kind);
struct object *find_any_object(HANDLE handle);
SOCKET socket_with_number(uint64_t number);

/* operations.c */
/* `settle`, and what the provider's pump returned. */
uint64_t settle_progress(void);

/* completed_here.c */
/* Whether a routine of that thread waits to be run. */
BOOL routines_here(DWORD thread);
/* Forgets those of a thread that has ended. */
void forget_routines_here(DWORD thread);
BOOL queue_timer_apc(DWORD thread, PTIMERAPCROUTINE function, LPVOID parameter, uint64_t due);

/* What the other files call where there may be several threads. */

/* The calls of one blocking call so far. */
struct attempts {
    BOOL begun;
    uint64_t number;
    uint64_t deadline;
    uint64_t done;
};

#define NO_ATTEMPTS {FALSE, 0, NO_DEADLINE, 0}

/* blocking.c */
/*
 * After a call that failed: whether it is to be tried again, on the same socket, which
 * then is what `awaited` says. An error that the caller is told takes the place of the old one.
 */
BOOL try_again(struct attempts *attempts, SOCKET s, const struct open_socket *socket,
               winsock_spi_threads_awaited_t awaited, const char *call, wsa_error *error);
/* Waits for any of these sockets; FALSE when the time is over, or the host does not wait. */
BOOL wait_for_sockets(struct awaited_socket *sockets, size_t count, const char *call,
                      uint64_t deadline, wsa_error *error);
/* Waits until a connection attempt of a blocking socket is over, and tells how it ended. */
BOOL connection_made(SOCKET s, struct open_socket *socket, wsa_error *error);
/* Waits until an overlapped operation is over; what keeps it from that, else TRUE. */
BOOL wait_for_operation(const struct operation *operation, LPWSAOVERLAPPED overlapped,
                        wsa_error *error);
/* A new socket is nonblocking underneath; so is one that the program made blocking. */
void keep_nonblocking(own_socket own);
/* Waits until a socket that lingers has sent everything; FALSE if it is to be closed again. */
BOOL lingers(struct attempts *attempts, SOCKET s, struct open_socket *socket, wsa_error *error);
/* The one who sends on a socket, and is not done, goes first. */
/* FALSE if the socket was closed meanwhile. */
BOOL may_send(SOCKET s, const struct open_socket *socket);
void done_sending(struct open_socket *socket);
void socket_dropped(struct open_socket *socket);
/* The time-out of a call that is asked again here: none. */
#define LOOKS(limit, none) ((void)(limit), &(none))
/* Nothing waits in the provider. */
#define MAY_WAIT(wait) FALSE
/* Whether a receive is to go on until it has all that it wants. */
BOOL wants_all(const struct open_socket *socket, DWORD flags, LPWSAOVERLAPPED overlapped);

/* port_waits.c */
void packet_put(struct open_port *port);
void port_closed(struct open_port *port);
/* A new port, or NULL, for so many threads. */
void port_made(HANDLE port, DWORD concurrent);

/* names.c */
/* As the resolver's call of that name, while which other threads run. */
bool resolve_name(spi_program_string_t *name, winsock_spi_resolver_list_ip_address_t *answer,
                  winsock_spi_resolver_resolve_error_t *error);

/* objects.c */
BOOL close_object(HANDLE handle);

#define THREAD_ID (current_thread->id)
/* The thread of a handle for overlapped calls, or 0 if it is none. */
DWORD thread_of(HANDLE handle);

#pragma GCC visibility pop

#endif
