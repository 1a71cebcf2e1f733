/* Addresses with ports as text: WSPAddressToString and WSPStringToAddress. */
#include "shim.h"

int WSPAddressToString(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                       LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
                       LPDWORD lpdwAddressStringLength, LPINT lpErrno) {
    spi_program_string_t text;
    socket_address address;
    DWORD room;
    size_t position;
    int code;
    (void)lpProtocolInfo;
    if (!in_memory(lpdwAddressStringLength, sizeof *lpdwAddressStringLength))
        return fail(lpErrno, WSAEFAULT);
    code = read_address(lpsaAddress, (int)min(dwAddressLength, (DWORD)_SS_MAXSIZE), &address);
    if (code != 0)
        return fail(lpErrno, code == WSAEAFNOSUPPORT ? WSAEINVAL : code);
    winsock_spi_provider_wsp_address_to_string(&address, &text);
    room = *lpdwAddressStringLength;
    *lpdwAddressStringLength = text.len + 1;
    if (room < text.len + 1 ||
        !in_memory(lpszAddressString, (text.len + 1) * sizeof *lpszAddressString)) {
        spi_program_string_free(&text);
        return fail(lpErrno, WSAEFAULT);
    }
    for (position = 0; position < text.len; position++)
        lpszAddressString[position] = text.ptr[position];
    lpszAddressString[text.len] = 0;
    spi_program_string_free(&text);
    return 0;
}

/* A port behind a colon, in any base; 0 is none, and what follows it neither. */
static BOOL read_port(const char *text, USHORT *port) {
    uint64_t number;
    const char *end = read_integer(text, TRUE, &number);
    if (end == NULL || *end != '\0' || number == 0 || number > 0xffff)
        return FALSE;
    *port = htons((USHORT)number);
    return TRUE;
}

/* FALSE if the text is no such address; what was read of it has been written. */
static BOOL read_inet(const char *text, struct sockaddr_in *in) {
    const char *end = read_ipv4(text, TRUE, 1, &in->sin_addr);
    return end != NULL && (*end == '\0' || (*end == ':' && read_port(end + 1, &in->sin_port)));
}

static BOOL read_inet6(const char *text, struct sockaddr_in6 *in6) {
    BOOL brackets = *text == '[';
    const char *end = read_ipv6(text + brackets, &in6->sin6_addr);
    if (end == NULL)
        return FALSE;
    if (*end == '%') {
        uint64_t scope;
        end = read_integer(end + 1, FALSE, &scope);
        if (end == NULL || scope > 0xffffffff)
            return FALSE;
        in6->sin6_scope_id = (ULONG)scope;
    }
    if (!brackets)
        return *end == '\0';
    return *end == ']' && (end[1] == '\0' ||
                           (end[1] == ':' && read_port(end + 2, &in6->sin6_port)));
}

int WSPStringToAddress(LPWSTR AddressString, INT AddressFamily, LPWSAPROTOCOL_INFOW lpProtocolInfo,
                       LPSOCKADDR lpAddress, LPINT lpAddressLength, LPINT lpErrno) {
    struct sockaddr_in in = {.sin_family = 0};
    struct sockaddr_in6 in6 = {.sin6_family = 0};
    BOOL four = AddressFamily == AF_INET, read = FALSE;
    int size = four ? (int)sizeof in : (int)sizeof in6;
    char text[LONGEST_TEXT];
    (void)lpProtocolInfo;
    if (!in_memory(lpAddressLength, sizeof *lpAddressLength))
        return fail(lpErrno, WSAEFAULT);
    if (!wide_in_memory(AddressString) || (!four && AddressFamily != AF_INET6))
        return fail(lpErrno, WSAEINVAL);
    if (*lpAddressLength < size || !in_memory(lpAddress, (uint64_t)size)) {
        *lpAddressLength = size;
        return fail(lpErrno, WSAEFAULT);
    }
    if (narrow_text(AddressString, text, sizeof text))
        read = four ? read_inet(text, &in) : read_inet6(text, &in6);
    /* As on Windows: of a text that is wrong there is what was read, without a family. */
    if (read) {
        in.sin_family = AF_INET;
        in6.sin6_family = AF_INET6;
        *lpAddressLength = size;
    } else {
        in.sin_port = in6.sin6_port = 0;
    }
    memcpy(lpAddress, four ? (const void *)&in : &in6, (size_t)size);
    return read ? 0 : fail(lpErrno, WSAEINVAL);
}

int WSAAddressToStringW(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                        LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
                        LPDWORD lpdwAddressStringLength) {
    int code = 0;
    int result = WSPAddressToString(lpsaAddress, dwAddressLength, lpProtocolInfo,
                                    lpszAddressString, lpdwAddressStringLength, &code);
    return keep_error(result, code);
}

int WSAAddressToStringA(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                        LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString,
                        LPDWORD lpdwAddressStringLength) {
    WCHAR wide[LONGEST_TEXT];
    DWORD room, length = LONGEST_TEXT, position;
    (void)lpProtocolInfo;
    if (!in_memory(lpdwAddressStringLength, sizeof *lpdwAddressStringLength)) {
        WSASetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    if (WSAAddressToStringW(lpsaAddress, dwAddressLength, NULL, wide, &length) == SOCKET_ERROR)
        return SOCKET_ERROR;
    room = *lpdwAddressStringLength;
    *lpdwAddressStringLength = length;
    if (room < length || !in_memory(lpszAddressString, length)) {
        WSASetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    for (position = 0; position < length; position++)
        lpszAddressString[position] = (CHAR)wide[position];
    return 0;
}

int WSAStringToAddressW(LPWSTR AddressString, INT AddressFamily,
                        LPWSAPROTOCOL_INFOW lpProtocolInfo, LPSOCKADDR lpAddress,
                        LPINT lpAddressLength) {
    int code = 0;
    int result = WSPStringToAddress(AddressString, AddressFamily, lpProtocolInfo, lpAddress,
                                    lpAddressLength, &code);
    return keep_error(result, code);
}

int WSAStringToAddressA(LPSTR AddressString, INT AddressFamily, LPWSAPROTOCOL_INFOA lpProtocolInfo,
                        LPSOCKADDR lpAddress, LPINT lpAddressLength) {
    WCHAR wide[LONGEST_TEXT + 1];
    size_t length;
    (void)lpProtocolInfo;
    for (length = 0; length <= LONGEST_TEXT; length++) {
        if (!in_memory(AddressString + length, 1))
            break;
        wide[length] = (unsigned char)AddressString[length];
        if (AddressString[length] == '\0')
            return WSAStringToAddressW(wide, AddressFamily, NULL, lpAddress, lpAddressLength);
    }
    WSASetLastError(WSAEINVAL);
    return SOCKET_ERROR;
}
