/* Files and standard streams by their handles. */
#define _GNU_SOURCE
#include "win32.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file, or NULL with ERROR_INVALID_HANDLE as the last error. */
static struct open_file *known_file(HANDLE handle) {
    struct open_file *file = find_file(handle);
    if (file == NULL || file->search != NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return NULL;
    }
    return file;
}

HANDLE GetStdHandle(DWORD nStdHandle) {
    /* Each has one handle, as long as it is not closed. */
    static HANDLE handles[3];
    DWORD number = STD_INPUT_HANDLE - nStdHandle;
    if (number > 2) {
        SetLastError(ERROR_INVALID_HANDLE);
        return INVALID_HANDLE_VALUE;
    }
    if (handles[number] == NULL || find_file(handles[number]) == NULL) {
        struct open_file stream = {(int)number, number == 0, number != 0, NULL, NULL};
        handles[number] = add_file(stream);
        if (handles[number] == NULL) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return INVALID_HANDLE_VALUE;
        }
    }
    return handles[number];
}

/* Whether a failed call has left out a directory rather than the file. */
static BOOL fail_at(const char *path) {
    DWORD code = code_of_errno(errno);
    if (code == ERROR_FILE_NOT_FOUND || errno == ENOTCAPABLE) {
        const char *native = native_path(path);
        const char *last = native == NULL ? NULL : strrchr(native, '/');
        char *parent = last == NULL ? strdup(".") : strndup(native, (size_t)(last - native) + 1);
        struct stat found;
        code = ERROR_FILE_NOT_FOUND;
        if (parent != NULL && (stat(parent, &found) != 0 || !S_ISDIR(found.st_mode)))
            code = ERROR_PATH_NOT_FOUND;
        free(parent);
    }
    return fail_as(code);
}

/* A device by its name, as the number of a standard stream; -1 for a file. */
static int stream_of(const char *path) {
    return _stricmp(path, "CONIN$") == 0 ? 0 : _stricmp(path, "CONOUT$") == 0 ? 1 : -1;
}

#define READS (GENERIC_READ | GENERIC_ALL | FILE_READ_DATA)
#define WRITES (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA)

HANDLE CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                   LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
                   DWORD dwFlagsAndAttributes, HANDLE hTemplateFile) {
    static const int creation[] = {
        [CREATE_NEW] = O_CREAT | O_EXCL,
        [CREATE_ALWAYS] = O_CREAT | O_TRUNC,
        [OPEN_EXISTING] = 0,
        [OPEN_ALWAYS] = O_CREAT,
        [TRUNCATE_EXISTING] = O_TRUNC,
    };
    struct open_file file = {-1, FALSE, FALSE, NULL, NULL};
    struct stat found;
    BOOL existed;
    HANDLE handle;
    int flags;
    (void)dwShareMode;
    (void)lpSecurityAttributes;
    (void)hTemplateFile;
    if (!text_in_memory(lpFileName) || dwCreationDisposition < CREATE_NEW ||
        dwCreationDisposition > TRUNCATE_EXISTING) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (strncmp(lpFileName, "\\\\?\\", 4) == 0)
        lpFileName += 4;
    file.reads = (dwDesiredAccess & READS) != 0;
    file.writes = (dwDesiredAccess & WRITES) != 0;
    if (dwCreationDisposition == TRUNCATE_EXISTING && !file.writes) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    file.number = stream_of(lpFileName);
    existed = file.number >= 0 || stat(lpFileName, &found) == 0;
    if (file.number < 0) {
        if (existed && S_ISDIR(found.st_mode) &&
            !(dwFlagsAndAttributes & FILE_FLAG_BACKUP_SEMANTICS)) {
            SetLastError(dwCreationDisposition == CREATE_NEW ? ERROR_FILE_EXISTS
                                                             : ERROR_ACCESS_DENIED);
            return INVALID_HANDLE_VALUE;
        }
        flags = creation[dwCreationDisposition];
        /* A file is written to when it is emptied, too. */
        flags |= file.writes || (flags & O_TRUNC)
                     ? file.reads || !(dwDesiredAccess & WRITES) ? O_RDWR : O_WRONLY
                     : O_RDONLY;
        if ((dwDesiredAccess & WRITES) == FILE_APPEND_DATA)
            flags |= O_APPEND;
        if (dwFlagsAndAttributes & FILE_FLAG_DELETE_ON_CLOSE)
            file.doomed = strdup(lpFileName);
        file.number = open(lpFileName, flags, 0666);
        if (file.number < 0) {
            free(file.doomed);
            fail_at(lpFileName);
            return INVALID_HANDLE_VALUE;
        }
    }
    handle = add_file(file);
    if (handle == NULL) {
        if (file.number > 2)
            close(file.number);
        free(file.doomed);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    /* By these a program learns whether there was a file. */
    if (dwCreationDisposition == CREATE_ALWAYS || dwCreationDisposition == OPEN_ALWAYS)
        SetLastError(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

HANDLE CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                   LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
                   DWORD dwFlagsAndAttributes, HANDLE hTemplateFile) {
    char *path = narrowed(lpFileName);
    HANDLE handle = CreateFileA(path, dwDesiredAccess, dwShareMode, lpSecurityAttributes,
                                dwCreationDisposition, dwFlagsAndAttributes, hTemplateFile);
    free(path);
    return handle;
}

BOOL close_file(HANDLE handle) {
    struct open_file file = *find_file(handle);
    if (file.search != NULL)
        return fail_as(ERROR_INVALID_HANDLE);
    forget_handle((ULONG_PTR)handle);
    /* The standard streams stay open for the C library. */
    if (file.number > 2 && close(file.number) != 0) {
        free(file.doomed);
        return fail_as_errno();
    }
    if (file.doomed != NULL)
        unlink(file.doomed);
    free(file.doomed);
    return TRUE;
}

/* Reads until all is there or the file ends; a standard stream gives what it has. */
static int read_bytes(const struct open_file *file, int64_t offset, void *to, DWORD bytes,
                      DWORD *read_bytes) {
    *read_bytes = 0;
    while (*read_bytes < bytes) {
        char *place = (char *)to + *read_bytes;
        ssize_t count = offset < 0 ? read(file->number, place, bytes - *read_bytes)
                                   : pread(file->number, place, bytes - *read_bytes,
                                           offset + (int64_t)*read_bytes);
        if (count < 0)
            return (int)code_of_errno(errno);
        *read_bytes += (DWORD)count;
        if (count == 0 || file->number <= 2)
            break;
    }
    return 0;
}

int read_file_at(HANDLE handle, int64_t offset, void *to, DWORD bytes, DWORD *read) {
    struct open_file *file = known_file(handle);
    if (file == NULL)
        return ERROR_INVALID_HANDLE;
    if (!file->reads)
        return ERROR_ACCESS_DENIED;
    return read_bytes(file, offset, to, bytes, read);
}

static int write_bytes(const struct open_file *file, int64_t offset, const void *from, DWORD bytes,
                       DWORD *written) {
    *written = 0;
    while (*written < bytes) {
        const char *place = (const char *)from + *written;
        ssize_t count = offset < 0 ? write(file->number, place, bytes - *written)
                                   : pwrite(file->number, place, bytes - *written,
                                            offset + (int64_t)*written);
        if (count < 0)
            return (int)code_of_errno(errno);
        *written += (DWORD)count;
    }
    return 0;
}

static int64_t offset_of(LPOVERLAPPED overlapped) {
    return overlapped == NULL
               ? -1
               : (int64_t)((uint64_t)overlapped->OffsetHigh << 32 | overlapped->Offset);
}

/* Ends a transfer: where the count goes, and its overlapped structure and event. */
static BOOL end_transfer(int code, DWORD bytes, LPDWORD count, LPOVERLAPPED overlapped) {
    if (count != NULL)
        *count = bytes;
    if (code != 0)
        return fail_as((DWORD)code);
    if (overlapped != NULL) {
        overlapped->Internal = 0;
        overlapped->InternalHigh = bytes;
        if (find_event(overlapped->hEvent) != NULL)
            SetEvent(overlapped->hEvent);
    }
    return TRUE;
}

/* Whether a transfer's arguments are as they have to be; a last error if not. */
static BOOL valid_transfer(const void *buffer, DWORD bytes, LPDWORD count,
                           LPOVERLAPPED overlapped) {
    if ((bytes > 0 && !in_memory(buffer, bytes)) || !null_or_in_memory(count, sizeof *count) ||
        !null_or_in_memory(overlapped, sizeof *overlapped) ||
        (count == NULL && overlapped == NULL))
        return fail_as(ERROR_NOACCESS);
    return TRUE;
}

BOOL ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
              LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped) {
    struct open_file *file;
    DWORD bytes = 0;
    int code;
    if (find_socket((SOCKET)hFile) != NULL) {
        WSABUF buffer = {nNumberOfBytesToRead, lpBuffer};
        DWORD flags = 0;
        return WSARecv((SOCKET)hFile, &buffer, 1, lpNumberOfBytesRead, &flags, lpOverlapped,
                       NULL) == 0;
    }
    file = known_file(hFile);
    if (file == NULL ||
        !valid_transfer(lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead, lpOverlapped))
        return FALSE;
    if (!file->reads)
        return fail_as(ERROR_ACCESS_DENIED);
    code = read_bytes(file, offset_of(lpOverlapped), lpBuffer, nNumberOfBytesToRead, &bytes);
    if (code == 0 && bytes == 0 && nNumberOfBytesToRead > 0 && lpOverlapped != NULL)
        code = ERROR_HANDLE_EOF;
    return end_transfer(code, bytes, lpNumberOfBytesRead, lpOverlapped);
}

BOOL WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
               LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped) {
    struct open_file *file;
    DWORD bytes = 0;
    int code;
    if (find_socket((SOCKET)hFile) != NULL) {
        WSABUF buffer = {nNumberOfBytesToWrite, (CHAR *)lpBuffer};
        return WSASend((SOCKET)hFile, &buffer, 1, lpNumberOfBytesWritten, 0, lpOverlapped,
                       NULL) == 0;
    }
    file = known_file(hFile);
    if (file == NULL ||
        !valid_transfer(lpBuffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten, lpOverlapped))
        return FALSE;
    if (!file->writes)
        return fail_as(ERROR_ACCESS_DENIED);
    /* What the program printed before comes first. */
    if (file->number <= 2)
        fflush(NULL);
    code = write_bytes(file, file->number <= 2 ? -1 : offset_of(lpOverlapped), lpBuffer,
                       nNumberOfBytesToWrite, &bytes);
    return end_transfer(code, bytes, lpNumberOfBytesWritten, lpOverlapped);
}

/* The new place, or -1 with a last error. */
static int64_t move_pointer(HANDLE handle, int64_t distance, DWORD method) {
    static const int origins[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    struct open_file *file = known_file(handle);
    int64_t place;
    if (file == NULL)
        return -1;
    if (method > FILE_END) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return -1;
    }
    place = lseek(file->number, distance, origins[method]);
    if (place < 0)
        SetLastError(errno == EINVAL ? ERROR_NEGATIVE_SEEK : code_of_errno(errno));
    return place;
}

BOOL SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
                      PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod) {
    int64_t place = move_pointer(hFile, liDistanceToMove.QuadPart, dwMoveMethod);
    if (place < 0)
        return FALSE;
    if (in_memory(lpNewFilePointer, sizeof *lpNewFilePointer))
        lpNewFilePointer->QuadPart = place;
    return TRUE;
}

DWORD SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh,
                     DWORD dwMoveMethod) {
    BOOL has_high = in_memory(lpDistanceToMoveHigh, sizeof *lpDistanceToMoveHigh);
    int64_t distance =
        has_high ? (int64_t)((uint64_t)(uint32_t)*lpDistanceToMoveHigh << 32 |
                             (uint32_t)lDistanceToMove)
                 : lDistanceToMove;
    int64_t place = move_pointer(hFile, distance, dwMoveMethod);
    if (place < 0)
        return INVALID_SET_FILE_POINTER;
    if (has_high)
        *lpDistanceToMoveHigh = (LONG)(place >> 32);
    /* A place that looks like a failure. */
    if ((DWORD)place == INVALID_SET_FILE_POINTER)
        SetLastError(NO_ERROR);
    return (DWORD)place;
}

BOOL SetEndOfFile(HANDLE hFile) {
    struct open_file *file = known_file(hFile);
    int64_t place;
    if (file == NULL)
        return FALSE;
    if (!file->writes)
        return fail_as(ERROR_ACCESS_DENIED);
    place = lseek(file->number, 0, SEEK_CUR);
    return place >= 0 && ftruncate(file->number, place) == 0 ? TRUE : fail_as_errno();
}

BOOL GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize) {
    struct open_file *file = known_file(hFile);
    struct stat found;
    if (file == NULL)
        return FALSE;
    if (!in_memory(lpFileSize, sizeof *lpFileSize))
        return fail_as(ERROR_INVALID_PARAMETER);
    if (fstat(file->number, &found) != 0)
        return fail_as_errno();
    lpFileSize->QuadPart = found.st_size;
    return TRUE;
}

DWORD GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh) {
    LARGE_INTEGER size;
    if (!GetFileSizeEx(hFile, &size))
        return INVALID_FILE_SIZE;
    if (in_memory(lpFileSizeHigh, sizeof *lpFileSizeHigh))
        *lpFileSizeHigh = (DWORD)size.HighPart;
    if (size.LowPart == INVALID_FILE_SIZE)
        SetLastError(NO_ERROR);
    return size.LowPart;
}

BOOL GetFileTime(HANDLE hFile, LPFILETIME lpCreationTime, LPFILETIME lpLastAccessTime,
                 LPFILETIME lpLastWriteTime) {
    struct open_file *file = known_file(hFile);
    struct stat found;
    if (file == NULL)
        return FALSE;
    if (fstat(file->number, &found) != 0)
        return fail_as_errno();
    if (lpCreationTime != NULL)
        filetime_of(&found.st_ctim, lpCreationTime);
    if (lpLastAccessTime != NULL)
        filetime_of(&found.st_atim, lpLastAccessTime);
    if (lpLastWriteTime != NULL)
        filetime_of(&found.st_mtim, lpLastWriteTime);
    return TRUE;
}

DWORD GetFileType(HANDLE hFile) {
    struct open_file *file;
    struct stat found;
    if (find_socket((SOCKET)hFile) != NULL)
        return FILE_TYPE_PIPE;
    file = known_file(hFile);
    if (file == NULL)
        return FILE_TYPE_UNKNOWN;
    if (file->number <= 2)
        return isatty(file->number) ? FILE_TYPE_CHAR : FILE_TYPE_PIPE;
    return fstat(file->number, &found) == 0 ? FILE_TYPE_DISK : FILE_TYPE_UNKNOWN;
}

BOOL FlushFileBuffers(HANDLE hFile) {
    struct open_file *file = known_file(hFile);
    if (file == NULL)
        return FALSE;
    if (file->number <= 2)
        return fflush(NULL) == 0;
    return fsync(file->number) == 0 ? TRUE : fail_as_errno();
}
