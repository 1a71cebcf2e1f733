/*
 * SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_SORT and SIO_GET_INTERFACE_LIST. The machine's addresses are not
 * disclosed, as by <iphlpapi.h>: there is the loopback interface, which is the same
 * everywhere and which the list of addresses leaves out.
 */
#include "shim.h"

int list_addresses(void *list, DWORD room, DWORD *length) {
    const int none = 0;
    *length = offsetof(SOCKET_ADDRESS_LIST, Address);
    if (list == NULL || room == 0)
        return WSAEFAULT;
    if (room < *length) {
        *length = 0;
        return WSAEINVAL;
    }
    if (!in_memory(list, *length)) {
        *length = 0;
        return WSAEFAULT;
    }
    memcpy(list, &none, sizeof none);
    return 0;
}

int list_interfaces(void *list, DWORD room, DWORD *length) {
    const INTERFACE_INFO loopback = {
        .iiFlags = IFF_UP | IFF_LOOPBACK | IFF_MULTICAST,
        .iiAddress.AddressIn = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
        .iiNetmask.AddressIn = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xff000000)},
    };
    if (room < sizeof loopback || !in_memory(list, sizeof loopback))
        return WSAEFAULT;
    memcpy(list, &loopback, sizeof loopback);
    *length = sizeof loopback;
    return 0;
}

/* Nothing is known here that would make one address better than another: their order stays. */
int sort_addresses(const void *in, DWORD in_length, void *out, DWORD out_length, DWORD *length) {
    const SOCKET_ADDRESS_LIST *list = in;
    if (in_length < offsetof(SOCKET_ADDRESS_LIST, Address) || !in_memory(in, in_length) ||
        list->iAddressCount < 0 ||
        (uint64_t)in_length < offsetof(SOCKET_ADDRESS_LIST, Address) +
                                  (uint64_t)list->iAddressCount * sizeof(SOCKET_ADDRESS))
        return WSAEINVAL;
    *length = (DWORD)(offsetof(SOCKET_ADDRESS_LIST, Address) +
                      (size_t)list->iAddressCount * sizeof(SOCKET_ADDRESS));
    if (out_length < *length || !in_memory(out, *length))
        return WSAEFAULT;
    memmove(out, in, *length);
    return 0;
}
