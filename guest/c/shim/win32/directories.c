/* Files and directories by their names. */
#define _GNU_SOURCE
#include "win32.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* With its mode, which <sys/stat.h> here hides. */
int make_directory(const char *path, unsigned mode) __asm__("mkdir");

static BOOL is_there(const char *path) {
    struct stat found;
    return stat(path, &found) == 0;
}

/* The result of a call that returns 0. */
static BOOL answer(int result) {
    return result == 0 ? TRUE : fail_as_errno();
}

BOOL DeleteFileA(LPCSTR lpFileName) {
    struct stat found;
    if (!text_in_memory(lpFileName))
        return fail_as(ERROR_INVALID_PARAMETER);
    if (stat(lpFileName, &found) == 0 && S_ISDIR(found.st_mode))
        return fail_as(ERROR_ACCESS_DENIED);
    return answer(unlink(lpFileName));
}

BOOL CreateDirectoryA(LPCSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes) {
    (void)lpSecurityAttributes;
    if (!text_in_memory(lpPathName))
        return fail_as(ERROR_INVALID_PARAMETER);
    if (make_directory(lpPathName, 0777) == 0)
        return TRUE;
    return fail_as(errno == EEXIST                           ? ERROR_ALREADY_EXISTS
                   : errno == ENOENT || errno == ENOTCAPABLE ? ERROR_PATH_NOT_FOUND
                                                             : code_of_errno(errno));
}

BOOL RemoveDirectoryA(LPCSTR lpPathName) {
    if (!text_in_memory(lpPathName))
        return fail_as(ERROR_INVALID_PARAMETER);
    if (rmdir(lpPathName) == 0)
        return TRUE;
    return fail_as(errno == ENOTDIR ? ERROR_DIRECTORY : code_of_errno(errno));
}

BOOL MoveFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName) {
    if (!text_in_memory(lpExistingFileName) || !text_in_memory(lpNewFileName))
        return fail_as(ERROR_INVALID_PARAMETER);
    if (is_there(lpExistingFileName) && is_there(lpNewFileName))
        return fail_as(ERROR_ALREADY_EXISTS);
    return answer(rename(lpExistingFileName, lpNewFileName));
}

BOOL CopyFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, BOOL bFailIfExists) {
    char bytes[16384];
    ssize_t count, written = 0;
    int from, to, error = 0;
    if (!text_in_memory(lpExistingFileName) || !text_in_memory(lpNewFileName))
        return fail_as(ERROR_INVALID_PARAMETER);
    from = open(lpExistingFileName, O_RDONLY);
    if (from < 0)
        return fail_as_errno();
    to = open(lpNewFileName, O_WRONLY | O_CREAT | (bFailIfExists ? O_EXCL : O_TRUNC), 0666);
    if (to < 0) {
        error = errno;
        close(from);
        errno = error;
        return fail_as_errno();
    }
    while (error == 0 && (count = read(from, bytes, sizeof bytes)) != 0) {
        ssize_t done = 0;
        while (count > 0 && done < count && written >= 0) {
            written = write(to, bytes + done, (size_t)(count - done));
            done += written < 0 ? 0 : written;
        }
        if (count < 0 || written < 0)
            error = errno;
    }
    close(from);
    if (close(to) != 0 && error == 0)
        error = errno;
    errno = error;
    return error == 0 ? TRUE : fail_as_errno();
}

DWORD attributes_of(const struct stat *found) {
    return S_ISDIR(found->st_mode) ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE;
}

DWORD GetFileAttributesA(LPCSTR lpFileName) {
    struct stat found;
    if (!text_in_memory(lpFileName) || stat(lpFileName, &found) != 0) {
        SetLastError(text_in_memory(lpFileName) ? code_of_errno(errno) : ERROR_INVALID_PARAMETER);
        return INVALID_FILE_ATTRIBUTES;
    }
    return attributes_of(&found);
}

BOOL GetFileAttributesExA(LPCSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
                          LPVOID lpFileInformation) {
    LPWIN32_FILE_ATTRIBUTE_DATA data = lpFileInformation;
    struct stat found;
    if (fInfoLevelId != GetFileExInfoStandard || !text_in_memory(lpFileName) ||
        !in_memory(data, sizeof *data))
        return fail_as(ERROR_INVALID_PARAMETER);
    if (stat(lpFileName, &found) != 0)
        return fail_as_errno();
    data->dwFileAttributes = attributes_of(&found);
    filetime_of(&found.st_ctim, &data->ftCreationTime);
    filetime_of(&found.st_atim, &data->ftLastAccessTime);
    filetime_of(&found.st_mtim, &data->ftLastWriteTime);
    data->nFileSizeHigh = (DWORD)((uint64_t)found.st_size >> 32);
    data->nFileSizeLow = (DWORD)found.st_size;
    return TRUE;
}

/* The wide function of a narrow one with one path. */
#define WIDE(result, name, narrow, parameters, ...) \
    result name parameters {                        \
        char *path = narrowed(wide);                \
        result answer = narrow(__VA_ARGS__);        \
        free(path);                                 \
        return answer;                              \
    }

WIDE(BOOL, DeleteFileW, DeleteFileA, (LPCWSTR wide), path)
WIDE(BOOL, CreateDirectoryW, CreateDirectoryA,
     (LPCWSTR wide, LPSECURITY_ATTRIBUTES lpSecurityAttributes), path, lpSecurityAttributes)
WIDE(BOOL, RemoveDirectoryW, RemoveDirectoryA, (LPCWSTR wide), path)
WIDE(DWORD, GetFileAttributesW, GetFileAttributesA, (LPCWSTR wide), path)
WIDE(BOOL, GetFileAttributesExW, GetFileAttributesExA,
     (LPCWSTR wide, GET_FILEEX_INFO_LEVELS fInfoLevelId, LPVOID lpFileInformation), path,
     fInfoLevelId, lpFileInformation)

BOOL MoveFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName) {
    char *from = narrowed(lpExistingFileName), *to = narrowed(lpNewFileName);
    BOOL done = MoveFileA(from, to);
    free(from);
    free(to);
    return done;
}

BOOL CopyFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, BOOL bFailIfExists) {
    char *from = narrowed(lpExistingFileName), *to = narrowed(lpNewFileName);
    BOOL done = CopyFileA(from, to, bFailIfExists);
    free(from);
    free(to);
    return done;
}
