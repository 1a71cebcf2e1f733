/* Addresses as text: WSPAddressToString, WSPStringToAddress, inet_ and InetX functions. */
#include "shim.h"

/* The longest: an IPv6 address in brackets with scope and port. */
#define LONGEST_TEXT 128

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

int WSPStringToAddress(LPWSTR AddressString, INT AddressFamily, LPWSAPROTOCOL_INFOW lpProtocolInfo,
                       LPSOCKADDR lpAddress, LPINT lpAddressLength, LPINT lpErrno) {
    uint8_t narrow[LONGEST_TEXT];
    spi_program_string_t text = {narrow, 0};
    socket_address address;
    wsa_error error;
    int room;
    (void)lpProtocolInfo;
    if (!in_memory(lpAddressLength, sizeof *lpAddressLength))
        return fail(lpErrno, WSAEFAULT);
    if (AddressFamily != AF_INET && AddressFamily != AF_INET6)
        return fail(lpErrno, WSAEINVAL);
    for (;; text.len++) {
        if (!in_memory(AddressString, (text.len + 1) * sizeof *AddressString))
            return fail(lpErrno, WSAEINVAL);
        if (AddressString[text.len] == 0)
            break;
        if (text.len == sizeof narrow || AddressString[text.len] > 0x7f ||
            AddressString[text.len] < 0)
            return fail(lpErrno, WSAEINVAL);
        narrow[text.len] = (uint8_t)AddressString[text.len];
    }
    if (!winsock_spi_provider_wsp_string_to_address(
            AddressFamily == AF_INET6 ? WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET6
                                      : WINSOCK_SPI_TYPES_ADDRESS_FAMILY_INET,
            &text, &address, &error))
        return fail_with(lpErrno, error);
    room = *lpAddressLength;
    *lpAddressLength = length_of(&address);
    if (room < length_of(&address) || !in_memory(lpAddress, (uint64_t)room))
        return fail(lpErrno, WSAEFAULT);
    write_address(&address, lpAddress, lpAddressLength);
    return 0;
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
        if (!in_memory(AddressString, length + 1))
            break;
        wide[length] = (unsigned char)AddressString[length];
        if (AddressString[length] == '\0')
            return WSAStringToAddressW(wide, AddressFamily, NULL, lpAddress, lpAddressLength);
    }
    WSASetLastError(WSAEINVAL);
    return SOCKET_ERROR;
}

/* One number of an IPv4 address: decimal, octal (0…) or hexadecimal (0x…). */
static BOOL read_number(const char **text, uint64_t *number) {
    char *end;
    if (**text < '0' || **text > '9')
        return FALSE;
    *number = strtoull(*text, &end, 0);
    *text = end;
    return TRUE;
}

unsigned long inet_addr(const char *cp) {
    /* One to four numbers; the last one fills what the others leave. */
    uint64_t number, address = 0;
    int parts;
    if (!text_in_memory(cp)) {
        WSASetLastError(WSAEFAULT);
        return INADDR_NONE;
    }
    for (parts = 1; parts <= 4; parts++) {
        if (!read_number(&cp, &number))
            return INADDR_NONE;
        if (*cp != '.')
            break;
        if (number > 0xff)
            return INADDR_NONE;
        address |= number << (32 - 8 * parts);
        cp++;
    }
    /* As on Windows, what follows a blank does not matter. */
    if (parts > 4 || (*cp != '\0' && *cp != ' ') || number >> (40 - 8 * parts) != 0)
        return INADDR_NONE;
    return htonl((u_long)(address | number));
}

char *inet_ntoa(struct in_addr in) {
    static char text[16];
    return (char *)inet_ntop(AF_INET, &in, text, sizeof text);
}
