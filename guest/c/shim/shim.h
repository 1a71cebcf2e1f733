/*
 * What the files of the shim share. A program's SOCKETs and WSAEVENTs are
 * numbers of a table here; behind each is a resource of the provider.
 */
#ifndef WSP_SHIM_H
#define WSP_SHIM_H

#include <mstcpip.h>
#include <mswsock.h>
#include <ws2spi.h>
#include <ws2tcpip.h>

/* What follows is the library's own, and no program sees it. */
#pragma GCC visibility push(hidden)

#include "spi_program.h"

/* The bindings' names, without what they all begin with. */
typedef winsock_spi_types_wsa_error_t wsa_error;
typedef winsock_spi_types_message_flags_t message_flags;
typedef winsock_spi_types_socket_address_t socket_address;
typedef winsock_spi_provider_own_socket_t own_socket;
typedef winsock_spi_provider_borrow_socket_t borrowed_socket;
typedef winsock_spi_provider_own_event_t own_event;
typedef winsock_spi_provider_borrow_event_t borrowed_event;
typedef winsock_spi_provider_own_overlapped_t own_overlapped;
typedef winsock_spi_provider_borrow_overlapped_t borrowed_overlapped;
typedef winsock_spi_memory_own_receive_buffer_t own_receive_buffer;

struct operation;
struct accepting;

/* Operations of one direction, in the order in which they were accepted. */
struct queue {
    struct operation *first;
    struct operation *last;
};

struct open_port;

/* Where the ends of a socket's operations are told. */
struct completions {
    /* NULL for nowhere, or for a port that was closed since. */
    struct open_port *port;
    ULONG_PTR key;
    /* Once associated with a port, a socket stays so. */
    BOOL associated;
    /* What has ended when the call returns is not told. */
    BOOL skips_success;
};

struct open_socket {
    own_socket own;
    /* What a send names it by. */
    uint64_t number;
    int family;
    int type;
    BOOL overlapped;
    /* FIONBIO or WSAEventSelect. */
    BOOL nonblocking;
    /* SO_EXCLUSIVEADDRUSE: every socket is exclusive that does not share its address. */
    BOOL exclusive;
    /* The interface for groups, as it was set. */
    ULONG group_interface;
    /* IPV6_V6ONLY was turned off on an IPv4 socket. */
    BOOL not_only_v6;
    /* Made for WSAJoinLeaf. */
    BOOL multipoint;
    /* SO_DEBUG, which no protocol here does anything with. */
    BOOL debug;
    /* SO_ERROR, where the program has set it. */
    int set_error;
    struct queue sends;
    struct queue receives;
    struct completions completions;
    /* A connection that a condition function deferred; INVALID_SOCKET for none. */
    SOCKET deferred;
#ifdef WSP_THREADS
    /* Whose send is on its way; NULL for nobody's. */
    struct thread *sender;
#endif
};

struct open_event {
    own_event own;
    /* An event of CreateEvent that a wait resets. */
    BOOL automatic;
#ifdef WSP_THREADS
    /* What it is asked by. */
    uint64_t number;
#endif
};

/* What a completion port tells of an operation, or of what a program posts. */
struct packet {
    struct packet *next;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    DWORD bytes;
    /* A code of Winsock, or 0. */
    DWORD code;
};

/* Packets in the order in which they were posted; each is freed by who takes it. */
struct open_port {
    struct packet *first;
    struct packet *last;
#ifdef WSP_THREADS
    /* Threads that took a packet and have not waited since, and how many may be that. */
    unsigned running;
    unsigned most_running;
#endif
};

struct search;

/* A file, a standard stream, or a search for files. */
struct open_file {
    /* Of the C library; -1 for a search. */
    int number;
    BOOL reads;
    BOOL writes;
    /* The path that is deleted with the handle, or NULL. */
    char *doomed;
    /* NULL for a file. */
    struct search *search;
};

/* handles.c */
SOCKET add_socket(struct open_socket socket);
HANDLE add_event(struct open_event event);
HANDLE add_file(struct open_file file);
HANDLE add_port(void);
/* NULL for what is no open socket, and so on. */
struct open_socket *find_socket(SOCKET s);
struct open_event *find_event(HANDLE event);
struct open_file *find_file(HANDLE file);
struct open_port *find_port(HANDLE port);
/* The socket after `s`, or the first one after INVALID_SOCKET; INVALID_SOCKET after the last. */
SOCKET next_socket(SOCKET s);
/*
 * Gives each of two sockets what is behind the other, but for where it tells of ends;
 * neither has operations in progress.
 */
void exchange_sockets(SOCKET one, SOCKET other);
/* Forgets a number; what is behind it is the caller's. */
void forget_handle(ULONG_PTR number);
borrowed_socket borrow_socket(const struct open_socket *socket);
borrowed_event borrow_event(const struct open_event *event);

/* memory.c */
/* Whether all of it is memory of the program, and not NULL. */
BOOL in_memory(const void *start, uint64_t length);
BOOL valid_buffers(const WSABUF *buffers, DWORD count);
/* Whether it may be given: NULL, or in memory. */
BOOL null_or_in_memory(const void *start, uint64_t length);
/* Whether it is text that ends in memory, and not NULL. */
BOOL text_in_memory(const char *text);
BOOL wide_in_memory(LPCWSTR text);
/* The same text in characters of one byte; FALSE if it is not ASCII, or too long. */
BOOL narrow_text(LPCWSTR text, char *out, size_t size);

/* numeric.c */
/* The longest address as text: IPv6 in brackets with scope and port. */
#define LONGEST_TEXT 128
/* A number, octal (0…) or hexadecimal (0x…) too if `any_base`: where it ends, or NULL. */
const char *read_integer(const char *text, BOOL any_base, uint64_t *number);
/* An address of `least` numbers or more, decimal ones unless `any_base`: where it ends, or NULL. */
const char *read_ipv4(const char *text, BOOL any_base, int least, struct in_addr *in);
const char *read_ipv6(const char *text, struct in6_addr *in6);

/* last_error.c */
int number_of(wsa_error error);
/* Stores the code where the caller wants it, and returns SOCKET_ERROR. */
int fail(LPINT error_out, int code);
int fail_with(LPINT error_out, wsa_error error);
/* Keeps the code of an SPI call as the last error, 0 if it succeeded, and returns the result. */
int keep_error(int result, int code);
/* The same for a call whose result is no int. */
void keep_code(int code);

/* started.c */
/* Whether there is a WSAStartup that was not cleaned up. */
BOOL started(void);
/* The same, and it asked for Winsock 1. */
BOOL started_as_winsock1(void);
void one_more_start(void);
/* How many are left. */
unsigned one_start_less(void);
/* The version that a program got. */
void start_as(WORD got);

/* addresses.c */
/* 0, or the code for an invalid address. */
int read_address(const struct sockaddr *name, int length, socket_address *out);
int length_of(const socket_address *address);
/* Whether there is room for an address of that family; both may be NULL. */
BOOL room_for_address(const struct sockaddr *name, const int *length, int family);
/* Writes it where there is somewhere to write it to. */
void write_address(const socket_address *address, struct sockaddr *name, int *length);

/* flags.c */
/* FALSE if there is a flag that has no name. */
BOOL read_flags(DWORD flags, message_flags *out);
DWORD write_flags(message_flags flags);

/* operations.c */
struct receiving {
    own_receive_buffer room;
    BOOL has_room;
    DWORD capacity;
    /* A copy of the caller's array, and where its sender's address goes. */
    WSABUF *buffers;
    DWORD count;
    struct sockaddr *from;
    int *from_length;
    /* Where control data goes; NULL for receives that have none. */
    LPWSAMSG message;
};

struct operation {
    /* What it leaves behind in a port, whose memory its own becomes. */
    struct packet packet;
    struct operation *next;
    /* Its socket stays where it is until the operation has ended. */
    struct open_socket *socket;
    LPWSAOVERLAPPED overlapped;
    own_overlapped own;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
#ifdef WSP_THREADS
    /* Who runs the routine. */
    DWORD thread;
#endif
    /* What its routine is told of an operation that the provider calls a success. */
    DWORD code;
    /* Where it waits while it is in progress. */
    struct queue *queue;
    /* Only receives have one. */
    struct receiving *receiving;
    /* Only accepts have one, and what writes down what there is to be said then. */
    struct accepting *accepting;
    DWORD (*finish)(struct accepting *accepting, DWORD *bytes);
};

/* What an overlapped call was given, checked. */
struct overlapped_request {
    struct open_socket *socket;
    LPWSAOVERLAPPED overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
#ifdef WSP_THREADS
    /* Who runs the routine. */
    DWORD thread;
#endif
};
/*
 * Whether the call is overlapped: 0, or the code for a structure or a thread
 * that is none. What is ignored is not looked at, and the request is empty.
 */
int overlapped_request(struct open_socket *socket, LPWSAOVERLAPPED overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                       struct overlapped_request *out);
/* NULL where there is no memory. */
struct operation *new_operation(const struct overlapped_request *request);
void drop_operation(struct operation *operation);
winsock_spi_provider_completion_routine_t routine_of(struct operation *operation);
/* The provider accepted it, and it has ended already: with an error it indicates nothing. */
void completed_at_once(struct operation *operation, DWORD bytes, DWORD flags, DWORD error);
/* The same for one that the provider calls a success, and indicates so. */
void cut_at_once(struct operation *operation, DWORD bytes, DWORD flags, DWORD error);
/* The provider accepted it. */
void accepted(struct operation *operation, struct queue *queue);
/* The operation of a structure, while it is in progress; else NULL. */
struct operation *find_pending(struct open_socket *socket, LPWSAOVERLAPPED overlapped);
/* What the provider's pump returned when structures were last up to date. */
uint64_t seen_ends(void);
/* Brings structures up to date with what has ended since the last call. */
void settle(void);
/* The same for all of one socket, whose operations need not have ended in order. */
void settle_socket(struct open_socket *socket);
/* Runs the routines that are ready; TRUE if there was one. */
BOOL run_routines(void);
/* Writes how an operation has ended into its structure. */
void write_status(LPWSAOVERLAPPED overlapped, DWORD bytes, DWORD flags, DWORD error);

/* packets.c */
/* Puts a packet into a port. */
void put_packet(struct open_port *port, struct packet *packet);
/* Puts the packet of an operation into its socket's port; FALSE if it has none to go to. */
BOOL post_packet(const struct open_socket *socket, struct packet *packet);

/* port.c */
void close_port(HANDLE port);
/* The packet that is there for longest; the port has one. */
struct packet *take_packet(struct open_port *port);
#ifdef WSP_THREADS
/* WAIT_OBJECT_0 if the port has a packet, or the last error for having none. */
DWORD wait_for_packet(HANDLE handle, DWORD milliseconds, BOOL alertable);
#endif

/* status.c */
/* The status that an operation's structure has for a code of Winsock. */
ULONG status_of(DWORD error);
/* Win32's code for one of Winsock. */
DWORD win32_error(DWORD error);

/* completed_here.c */
/*
 * Ends an overlapped call that the library did itself, and which is over when the call
 * returns if `at_once`, or else was started by it; FALSE if there is no memory.
 */
BOOL complete_here(const struct overlapped_request *request, DWORD bytes, int code, BOOL at_once);
/* Runs the routines of such calls; TRUE if there was one. */
BOOL run_routines_here(void);

/* control.c */
/* Whether control data of a send says nothing but what holds anyway; 0, or the code. */
int check_control(const struct open_socket *socket, const WSAMSG *message);
/*
 * Writes what came beside a datagram as control data of a message; FALSE if it does not fit.
 * What has no address of its own is of the source's family.
 */
BOOL write_control(LPWSAMSG message, winsock_spi_memory_borrow_receive_buffer_t room,
                   const socket_address *source);

/* receive.c */
/* WSPRecvFrom, with control data if there is a message for it. */
int receive_from(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received, LPDWORD in_and_out,
                 struct sockaddr *from, LPINT from_length, LPWSAMSG message,
                 const struct overlapped_request *wanted, LPWSATHREADID thread, LPINT error_out);

/* receiving.c */
/* Room for a receive into these buffers, or NULL if there is no memory. */
struct receiving *new_receiving(const WSABUF *buffers, DWORD count, DWORD most);
/* Hands out what was received; 0, or the code for control data that there is no room for. */
DWORD deliver(struct receiving *receiving, DWORD bytes, const socket_address *source);
void drop_receiving(struct receiving *receiving);

/* words.c */
/* Whether payload comes and goes in words. */
BOOL words_wanted(void);
/* Sends in words, and waits for the rest if the ticket says so. FALSE if it has not: there is
 * nothing to send, no memory, or the host wants no words. */
BOOL send_words(uint64_t s, winsock_spi_gather_ticket_t *ticket,
                const spi_program_list_list_u8_t *buffers, uint64_t total, socket_address *to,
                winsock_spi_gather_send_outcome_t *outcome);

/* extension_functions.c */
/* The function with that identifier, or NULL. */
void (*extension_function(const GUID *id))(void);

/* ip_options.c */
BOOL is_ip_option(int level, int name);
int get_ip_option(struct open_socket *socket, int level, int name, char *value, LPINT length,
                  LPINT error_out);
int set_ip_option(struct open_socket *socket, int level, int name, const char *value, int length,
                  LPINT error_out);
/* SIOCATMARK; 0, or the code. */
int is_at_mark(struct open_socket *socket, uint32_t *at_mark);
/* SIO_KEEPALIVE_VALS; 0, or the code. */
int set_keep_alive(struct open_socket *socket, const struct tcp_keepalive *values);

/* lookup.c */
/* An address that a name stands for. */
struct found_address {
    int family;
    struct in_addr in;
    struct in6_addr in6;
    ULONG scope;
};

/* The most addresses that the host returns. */
#define MOST_FOUND 64

struct found {
    size_t count;
    /* The name was an address. */
    BOOL numeric;
    struct found_address addresses[MOST_FOUND];
};
/* What a name, or NULL, stands for in a family; 0, or the code. */
int look_up(const char *name, int family, int flags, struct found *found);

/* resolve.c */
/* getaddrinfo; the caller frees what it found. 0, or the code. */
int resolve(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **result);
/* As `resolve`, of wide texts. */
int resolve_wide(LPCWSTR node, LPCWSTR service, const struct addrinfo *hints,
                 struct addrinfo **result);
/* A copy in wide characters, or NULL if there is no memory. */
LPWSTR widen(const char *text);

/* routes.c */
/*
 * Where one is reached from. The length is that of the address, also if there is no
 * room for it; 0, or the code.
 */
int find_route(const void *to, DWORD to_length, void *from, DWORD room, DWORD *length);

/* interfaces.c */
/*
 * What a program is told of the machine's addresses and interfaces. The length is that of
 * the answer, or of what it would be if that is to be told; 0, or the code.
 */
int list_addresses(void *list, DWORD room, DWORD *length);
int list_interfaces(void *list, DWORD room, DWORD *length);

/* hostname.c */
/* What the program's computer is called. */
const char *own_name(void);

/* services.c */
/* The port of a service with that protocol, in network order, or 0. */
u_short port_of(const char *service, const char *protocol);
/* The name of the service at a port in network order, or NULL. */
const char *service_at(u_short port, const char *protocol);

/* protocols.c */
/* WSAPROTOCOL_INFOA, or W, of what the provider says. */
void write_protocol_info(const winsock_spi_provider_protocol_info_t *info, BOOL wide, void *out);

/* win32/files.c */
/* Closes a file; FALSE with a last error. */
BOOL close_file(HANDLE file);
/*
 * Reads from an open file at an offset, or where it stands if that is -1: 0 with
 * how many bytes were read, less than asked only at its end, or the code of Windows.
 */
int read_file_at(HANDLE file, int64_t offset, void *to, DWORD bytes, DWORD *read);

/* interfaces.c */
/* SIO_ADDRESS_LIST_SORT; 0, or the code. */
int sort_addresses(const void *in, DWORD in_length, void *out, DWORD out_length, DWORD *length);

/* options.c */
/* What `socket` asks for: overlapped, unless SO_OPENTYPE says otherwise. */
DWORD default_socket_flags(void);

/* sockets.c */
void drop_socket(SOCKET s);

/* wait.c */
/*
 * Waits until an operation may have ended since `settle`: WAIT_OBJECT_0, WAIT_TIMEOUT,
 * WAIT_IO_COMPLETION after routines have run, or the code of Winsock for what failed.
 */
DWORD wait_for_ended(DWORD milliseconds, BOOL alertable);
/* The provider's time-out: none for INFINITE. */
uint32_t *timeout_of(DWORD milliseconds, uint32_t *room);
/* What is left of a time-out that began at that tick. */
DWORD time_left(ULONGLONG start, DWORD milliseconds);

#pragma GCC visibility pop

#ifdef WSP_THREADS
#include "threads/threads.h"
#else
#include "one_thread/one_thread.h"
#endif

#endif
