/* Searches for files: FindFirstFile, and _findfirst. */
#define _GNU_SOURCE
#include "win32.h"

#include <dirent.h>
#include <errno.h>
#include <io.h>
#include <sys/stat.h>

struct search {
    DIR *directory;
    /* Of the directory, with its last separator. */
    char *path;
    char *pattern;
};

/* Names match as Windows' do: in any case, and `*.*` is every name. */
static BOOL matches(const char *pattern, const char *name) {
    if (strcmp(pattern, "*.*") == 0)
        return TRUE;
    for (; *pattern != '\0'; pattern++, name++) {
        if (*pattern == '*') {
            for (;; name++) {
                if (matches(pattern + 1, name))
                    return TRUE;
                if (*name == '\0')
                    return FALSE;
            }
        }
        if (*name == '\0' ||
            (*pattern != '?' && tolower((unsigned char)*pattern) != tolower((unsigned char)*name)))
            return FALSE;
    }
    return *name == '\0';
}

static void drop_search(struct search *search) {
    if (search->directory != NULL)
        closedir(search->directory);
    free(search->path);
    free(search->pattern);
    free(search);
}

/* Begins a search; NULL with a last error. */
static struct search *begin_search(const char *pattern) {
    const char *native = text_in_memory(pattern) ? native_path(pattern) : NULL;
    const char *last = native == NULL ? NULL : strrchr(native, '/');
    struct search *search = calloc(1, sizeof *search);
    if (native == NULL || search == NULL) {
        free(search);
        SetLastError(native == NULL ? ERROR_INVALID_PARAMETER : ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    search->path = last == NULL ? strdup("./") : strndup(native, (size_t)(last - native) + 1);
    search->pattern = strdup(last == NULL ? native : last + 1);
    if (search->path != NULL && search->pattern != NULL && *search->pattern != '\0')
        search->directory = opendir(search->path);
    if (search->directory == NULL) {
        SetLastError(search->pattern != NULL && *search->pattern == '\0' ? ERROR_FILE_NOT_FOUND
                                                                         : ERROR_PATH_NOT_FOUND);
        drop_search(search);
        return NULL;
    }
    return search;
}

/* The next file that matches, with what is known of it; NULL after the last. */
static const char *next_match(struct search *search, struct stat *found) {
    struct dirent *entry;
    while ((entry = readdir(search->directory)) != NULL) {
        char *path;
        int result;
        if (!matches(search->pattern, entry->d_name))
            continue;
        if (asprintf(&path, "%s%s", search->path, entry->d_name) < 0)
            return NULL;
        result = stat(path, found);
        free(path);
        if (result == 0)
            return entry->d_name;
    }
    return NULL;
}

/* Fills in what both kinds of data begin with. */
#define DESCRIBE(to, found)                                          \
    do {                                                             \
        memset((to), 0, sizeof *(to));                               \
        (to)->dwFileAttributes = attributes_of(found);               \
        filetime_of(&(found)->st_ctim, &(to)->ftCreationTime);       \
        filetime_of(&(found)->st_atim, &(to)->ftLastAccessTime);     \
        filetime_of(&(found)->st_mtim, &(to)->ftLastWriteTime);      \
        (to)->nFileSizeHigh = (DWORD)((uint64_t)(found)->st_size >> 32); \
        (to)->nFileSizeLow = (DWORD)(found)->st_size;                \
    } while (0)

static BOOL describe(struct search *search, LPWIN32_FIND_DATAA to) {
    struct stat found;
    const char *name = next_match(search, &found);
    if (name == NULL)
        return fail_as(ERROR_NO_MORE_FILES);
    DESCRIBE(to, &found);
    strncpy_s(to->cFileName, sizeof to->cFileName, name, _TRUNCATE);
    return TRUE;
}

static BOOL describe_wide(struct search *search, LPWIN32_FIND_DATAW to) {
    struct stat found;
    const char *name = next_match(search, &found);
    wchar_t *wide;
    if (name == NULL)
        return fail_as(ERROR_NO_MORE_FILES);
    wide = widened(name);
    if (wide == NULL)
        return fail_as(ERROR_NOT_ENOUGH_MEMORY);
    DESCRIBE(to, &found);
    wcsncpy_s(to->cFileName, _countof(to->cFileName), wide, _TRUNCATE);
    free(wide);
    return TRUE;
}

/* The handle of a search, if its first file was found. */
static HANDLE handle_of(struct search *search, BOOL found) {
    struct open_file file = {-1, FALSE, FALSE, NULL, search};
    HANDLE handle;
    if (!found) {
        if (GetLastError() == ERROR_NO_MORE_FILES)
            SetLastError(ERROR_FILE_NOT_FOUND);
        drop_search(search);
        return INVALID_HANDLE_VALUE;
    }
    handle = add_file(file);
    if (handle == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        drop_search(search);
        return INVALID_HANDLE_VALUE;
    }
    return handle;
}

/* The search of a handle, or NULL with a last error. */
static struct search *search_of(HANDLE handle) {
    struct open_file *file = find_file(handle);
    if (file == NULL || file->search == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return NULL;
    }
    return file->search;
}

HANDLE FindFirstFileA(LPCSTR lpFileName, LPWIN32_FIND_DATAA lpFindFileData) {
    struct search *search;
    if (!in_memory(lpFindFileData, sizeof *lpFindFileData)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    search = begin_search(lpFileName);
    return search == NULL ? INVALID_HANDLE_VALUE
                          : handle_of(search, describe(search, lpFindFileData));
}

HANDLE FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData) {
    char *pattern = narrowed(lpFileName);
    struct search *search = NULL;
    if (!in_memory(lpFindFileData, sizeof *lpFindFileData))
        SetLastError(ERROR_INVALID_PARAMETER);
    else
        search = begin_search(pattern);
    free(pattern);
    return search == NULL ? INVALID_HANDLE_VALUE
                          : handle_of(search, describe_wide(search, lpFindFileData));
}

BOOL FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData) {
    struct search *search = search_of(hFindFile);
    if (search == NULL)
        return FALSE;
    if (!in_memory(lpFindFileData, sizeof *lpFindFileData))
        return fail_as(ERROR_INVALID_PARAMETER);
    return describe(search, lpFindFileData);
}

BOOL FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData) {
    struct search *search = search_of(hFindFile);
    if (search == NULL)
        return FALSE;
    if (!in_memory(lpFindFileData, sizeof *lpFindFileData))
        return fail_as(ERROR_INVALID_PARAMETER);
    return describe_wide(search, lpFindFileData);
}

BOOL FindClose(HANDLE hFindFile) {
    struct search *search = search_of(hFindFile);
    if (search == NULL)
        return FALSE;
    forget_handle((ULONG_PTR)hFindFile);
    drop_search(search);
    return TRUE;
}

static void describe_briefly(const char *name, const struct stat *found,
                             struct _finddata_t *to) {
    memset(to, 0, sizeof *to);
    to->attrib = S_ISDIR(found->st_mode) ? _A_SUBDIR : _A_ARCH;
    to->time_create = found->st_ctim.tv_sec;
    to->time_access = found->st_atim.tv_sec;
    to->time_write = found->st_mtim.tv_sec;
    to->size = (unsigned long)found->st_size;
    strncpy_s(to->name, sizeof to->name, name, _TRUNCATE);
}

long _findfirst(const char *pattern, struct _finddata_t *to) {
    struct search *search = begin_search(pattern);
    struct stat found;
    const char *name = search == NULL ? NULL : next_match(search, &found);
    HANDLE handle;
    if (search == NULL || name == NULL) {
        if (search != NULL)
            drop_search(search);
        errno = ENOENT;
        return -1;
    }
    describe_briefly(name, &found, to);
    handle = handle_of(search, TRUE);
    return handle == INVALID_HANDLE_VALUE ? -1 : (long)(LONG_PTR)handle;
}

int _findnext(long search, struct _finddata_t *to) {
    struct search *known = search_of((HANDLE)(LONG_PTR)search);
    struct stat found;
    const char *name = known == NULL ? NULL : next_match(known, &found);
    if (name == NULL) {
        errno = known == NULL ? EINVAL : ENOENT;
        return -1;
    }
    describe_briefly(name, &found, to);
    return 0;
}

int _findclose(long search) {
    return FindClose((HANDLE)(LONG_PTR)search) ? 0 : -1;
}
