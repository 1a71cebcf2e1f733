/* What TCP/IP of Microsoft has besides: controls, and helpers for addresses. */
#ifndef WSP_MSTCPIP_H
#define WSP_MSTCPIP_H

#include <winsock2.h>
#include <ws2tcpip.h>

struct tcp_keepalive {
    ULONG onoff;
    ULONG keepalivetime;
    ULONG keepaliveinterval;
};

#ifndef SIO_RCVALL
#define SIO_RCVALL 0x98000001
#define SIO_RCVALL_MCAST 0x98000002
#define SIO_RCVALL_IGMPMCAST 0x98000003
#endif
#ifndef SIO_KEEPALIVE_VALS
#define SIO_KEEPALIVE_VALS 0x98000004
#endif
#ifndef SIO_LOOPBACK_FAST_PATH
#define SIO_LOOPBACK_FAST_PATH 0x98000010
#endif

#ifndef SIO_ACQUIRE_PORT_RESERVATION
#define SIO_ACQUIRE_PORT_RESERVATION 0x98000064
#define SIO_RELEASE_PORT_RESERVATION 0x98000065
#define SIO_ASSOCIATE_PORT_RESERVATION 0x98000066
#endif

typedef struct {
    USHORT StartPort;
    USHORT NumberOfPorts;
} INET_PORT_RANGE, *PINET_PORT_RANGE, INET_PORT_RESERVATION, *PINET_PORT_RESERVATION;

typedef struct {
    ULONG64 Token;
} INET_PORT_RESERVATION_TOKEN, *PINET_PORT_RESERVATION_TOKEN;

typedef struct {
    INET_PORT_RESERVATION Reservation;
    INET_PORT_RESERVATION_TOKEN Token;
} INET_PORT_RESERVATION_INSTANCE, *PINET_PORT_RESERVATION_INSTANCE;

typedef enum { RCVALL_OFF = 0, RCVALL_ON = 1, RCVALL_SOCKETLEVELONLY = 2 } RCVALL_VALUE;

#define WSP_INLINE_ADDRESS static __inline__ __attribute__((__unused__))

#ifdef __cplusplus
extern "C" {
#endif

WSP_INLINE_ADDRESS BOOLEAN IN4_IS_ADDR_UNSPECIFIED(const IN_ADDR *address) {
    return address->s_addr == 0;
}
WSP_INLINE_ADDRESS BOOLEAN IN4_IS_ADDR_LOOPBACK(const IN_ADDR *address) {
    return address->S_un.S_un_b.s_b1 == 127;
}
WSP_INLINE_ADDRESS BOOLEAN IN4_IS_ADDR_BROADCAST(const IN_ADDR *address) {
    return address->s_addr == INADDR_BROADCAST;
}
WSP_INLINE_ADDRESS BOOLEAN IN4_IS_ADDR_MULTICAST(const IN_ADDR *address) {
    return (address->S_un.S_un_b.s_b1 & 0xf0) == 0xe0;
}
WSP_INLINE_ADDRESS BOOLEAN IN4_IS_ADDR_LINKLOCAL(const IN_ADDR *address) {
    return address->S_un.S_un_b.s_b1 == 169 && address->S_un.S_un_b.s_b2 == 254;
}
WSP_INLINE_ADDRESS BOOLEAN IN4_ADDR_EQUAL(const IN_ADDR *one, const IN_ADDR *other) {
    return one->s_addr == other->s_addr;
}
WSP_INLINE_ADDRESS BOOLEAN IN6_ADDR_EQUAL(const IN6_ADDR *one, const IN6_ADDR *other) {
    return memcmp(one, other, sizeof *one) == 0;
}

WSP_INLINE_ADDRESS void IN4ADDR_SETSOCKADDR(struct sockaddr_in *name, const IN_ADDR *address,
                                            USHORT port) {
    memset(name, 0, sizeof *name);
    name->sin_family = AF_INET;
    name->sin_port = port;
    name->sin_addr = *address;
}
WSP_INLINE_ADDRESS void IN4ADDR_SETANY(struct sockaddr_in *name) {
    memset(name, 0, sizeof *name);
    name->sin_family = AF_INET;
}
WSP_INLINE_ADDRESS void IN4ADDR_SETLOOPBACK(struct sockaddr_in *name) {
    IN4ADDR_SETANY(name);
    name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}
WSP_INLINE_ADDRESS BOOLEAN IN4ADDR_ISANY(const struct sockaddr_in *name) {
    return IN4_IS_ADDR_UNSPECIFIED(&name->sin_addr);
}
WSP_INLINE_ADDRESS BOOLEAN IN4ADDR_ISLOOPBACK(const struct sockaddr_in *name) {
    return IN4_IS_ADDR_LOOPBACK(&name->sin_addr);
}
WSP_INLINE_ADDRESS BOOLEAN IN4ADDR_ISEQUAL(const struct sockaddr_in *one,
                                           const struct sockaddr_in *other) {
    return one->sin_port == other->sin_port && IN4_ADDR_EQUAL(&one->sin_addr, &other->sin_addr);
}

WSP_INLINE_ADDRESS void IN6ADDR_SETANY(struct sockaddr_in6 *name) {
    memset(name, 0, sizeof *name);
    name->sin6_family = AF_INET6;
}
WSP_INLINE_ADDRESS void IN6ADDR_SETLOOPBACK(struct sockaddr_in6 *name) {
    IN6ADDR_SETANY(name);
    name->sin6_addr = in6addr_loopback;
}
WSP_INLINE_ADDRESS BOOLEAN IN6ADDR_ISANY(const struct sockaddr_in6 *name) {
    return IN6_IS_ADDR_UNSPECIFIED(&name->sin6_addr);
}
WSP_INLINE_ADDRESS BOOLEAN IN6ADDR_ISLOOPBACK(const struct sockaddr_in6 *name) {
    return IN6_IS_ADDR_LOOPBACK(&name->sin6_addr);
}
WSP_INLINE_ADDRESS BOOLEAN IN6ADDR_ISEQUAL(const struct sockaddr_in6 *one,
                                           const struct sockaddr_in6 *other) {
    return one->sin6_port == other->sin6_port && one->sin6_scope_id == other->sin6_scope_id &&
           IN6_ADDR_EQUAL(&one->sin6_addr, &other->sin6_addr);
}

WSP_INLINE_ADDRESS void IN6ADDR_SETV4MAPPED(struct sockaddr_in6 *name, const IN_ADDR *address,
                                            SCOPE_ID scope, USHORT port) {
    IN6ADDR_SETANY(name);
    name->sin6_port = port;
    name->sin6_scope_id = scope.Value;
    name->sin6_addr.u.Word[5] = 0xffff;
    memcpy(&name->sin6_addr.u.Byte[12], address, sizeof *address);
}
WSP_INLINE_ADDRESS BOOLEAN IN6ADDR_ISV4MAPPED(const struct sockaddr_in6 *name) {
    return IN6_IS_ADDR_V4MAPPED(&name->sin6_addr);
}

/* Of either family. An unknown one is no address that they know of. */
WSP_INLINE_ADDRESS void INETADDR_SETANY(struct sockaddr *name) {
    if (name->sa_family == AF_INET)
        IN4ADDR_SETANY((struct sockaddr_in *)name);
    else if (name->sa_family == AF_INET6)
        IN6ADDR_SETANY((struct sockaddr_in6 *)name);
}
WSP_INLINE_ADDRESS void INETADDR_SETLOOPBACK(struct sockaddr *name) {
    if (name->sa_family == AF_INET)
        IN4ADDR_SETLOOPBACK((struct sockaddr_in *)name);
    else if (name->sa_family == AF_INET6)
        IN6ADDR_SETLOOPBACK((struct sockaddr_in6 *)name);
}
WSP_INLINE_ADDRESS BOOLEAN INETADDR_ISANY(const struct sockaddr *name) {
    return name->sa_family == AF_INET    ? IN4ADDR_ISANY((const struct sockaddr_in *)name)
           : name->sa_family == AF_INET6 ? IN6ADDR_ISANY((const struct sockaddr_in6 *)name)
                                         : FALSE;
}
WSP_INLINE_ADDRESS BOOLEAN INETADDR_ISLOOPBACK(const struct sockaddr *name) {
    return name->sa_family == AF_INET    ? IN4ADDR_ISLOOPBACK((const struct sockaddr_in *)name)
           : name->sa_family == AF_INET6 ? IN6ADDR_ISLOOPBACK((const struct sockaddr_in6 *)name)
                                         : FALSE;
}
WSP_INLINE_ADDRESS BOOLEAN INETADDR_ISEQUAL(const struct sockaddr *one,
                                            const struct sockaddr *other) {
    if (one->sa_family != other->sa_family)
        return FALSE;
    return one->sa_family == AF_INET    ? IN4ADDR_ISEQUAL((const struct sockaddr_in *)one,
                                                          (const struct sockaddr_in *)other)
           : one->sa_family == AF_INET6 ? IN6ADDR_ISEQUAL((const struct sockaddr_in6 *)one,
                                                          (const struct sockaddr_in6 *)other)
                                        : FALSE;
}
WSP_INLINE_ADDRESS void INETADDR_SET_PORT(struct sockaddr *name, USHORT port) {
    if (name->sa_family == AF_INET)
        ((struct sockaddr_in *)name)->sin_port = port;
    else if (name->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)name)->sin6_port = port;
}
WSP_INLINE_ADDRESS USHORT INETADDR_PORT(const struct sockaddr *name) {
    return name->sa_family == AF_INET    ? ((const struct sockaddr_in *)name)->sin_port
           : name->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)name)->sin6_port
                                         : 0;
}
WSP_INLINE_ADDRESS SCOPE_ID INETADDR_SCOPE_ID(const struct sockaddr *name) {
    SCOPE_ID scope;
    scope.Value =
        name->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)name)->sin6_scope_id : 0;
    return scope;
}
WSP_INLINE_ADDRESS PUCHAR INETADDR_ADDRESS(const struct sockaddr *name) {
    return name->sa_family == AF_INET    ? (PUCHAR)&((struct sockaddr_in *)name)->sin_addr
           : name->sa_family == AF_INET6 ? (PUCHAR)&((struct sockaddr_in6 *)name)->sin6_addr
                                         : NULL;
}

#ifdef __cplusplus
}
#endif

#undef WSP_INLINE_ADDRESS

#endif
