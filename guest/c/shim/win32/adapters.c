/* <iphlpapi.h>: the machine's adapters are not disclosed to a program. */
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
    (void)bOrder;
    (void)pIpAddrTable;
    if (!in_memory(pdwSize, sizeof *pdwSize))
        return ERROR_INVALID_PARAMETER;
    return ERROR_NO_DATA;
}
