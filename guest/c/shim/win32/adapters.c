/* <iphlpapi.h>: of the machine's adapters a program is told the loopback interface alone. */
#include "win32.h"

#include <iphlpapi.h>

ULONG GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved,
                           PIP_ADAPTER_ADDRESSES AdapterAddresses, PULONG SizePointer) {
    (void)Flags;
    (void)AdapterAddresses;
    if ((Family != AF_UNSPEC && Family != AF_INET && Family != AF_INET6) || Reserved != NULL ||
        !in_memory(SizePointer, sizeof *SizePointer))
        return ERROR_INVALID_PARAMETER;
    return ERROR_NO_DATA;
}

ULONG GetAdaptersInfo(PIP_ADAPTER_INFO AdapterInfo, PULONG SizePointer) {
    (void)AdapterInfo;
    if (!in_memory(SizePointer, sizeof *SizePointer))
        return ERROR_INVALID_PARAMETER;
    return ERROR_NO_DATA;
}

ULONG GetIpAddrTable(PMIB_IPADDRTABLE pIpAddrTable, PULONG pdwSize, BOOL bOrder) {
    /* The loopback interface is the same everywhere. */
    const MIB_IPADDRTABLE loopback = {
        .dwNumEntries = 1,
        .table[0] = {.dwAddr = htonl(INADDR_LOOPBACK),
                     .dwIndex = 1,
                     .dwMask = htonl(0xff000000),
                     .dwBCastAddr = 1},
    };
    ULONG room;
    (void)bOrder;
    if (!in_memory(pdwSize, sizeof *pdwSize))
        return ERROR_INVALID_PARAMETER;
    room = *pdwSize;
    *pdwSize = sizeof loopback;
    if (room < sizeof loopback)
        return ERROR_INSUFFICIENT_BUFFER;
    if (!in_memory(pIpAddrTable, sizeof loopback))
        return ERROR_INVALID_PARAMETER;
    *pIpAddrTable = loopback;
    return NO_ERROR;
}
