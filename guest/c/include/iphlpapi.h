/* The machine's adapters, which are not disclosed: ERROR_NO_DATA, but for the address of loopback. */
#ifndef WSP_IPHLPAPI_H
#define WSP_IPHLPAPI_H

#include <iptypes.h>

#ifdef __cplusplus
extern "C" {
#endif

ULONG WINAPI GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved,
                                  PIP_ADAPTER_ADDRESSES AdapterAddresses, PULONG SizePointer);
ULONG WINAPI GetAdaptersInfo(PIP_ADAPTER_INFO AdapterInfo, PULONG SizePointer);
ULONG WINAPI GetIpAddrTable(PMIB_IPADDRTABLE pIpAddrTable, PULONG pdwSize, BOOL bOrder);

#ifdef __cplusplus
}
#endif

#endif
