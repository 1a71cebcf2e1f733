/* Files and directories, by the functions of Microsoft's C library and of Win32. */
#include <windows.h>

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <sys/stat.h>

/* What went wrong, or 0. */
static int told(BOOL done) {
    return done ? 0 : (int)GetLastError();
}

static int told_handle(HANDLE handle) {
    return told(handle != INVALID_HANDLE_VALUE);
}

static HANDLE opened(const char *path, DWORD access, DWORD disposition) {
    return CreateFileA(path, access, FILE_SHARE_READ, NULL, disposition, FILE_ATTRIBUTE_NORMAL,
                       NULL);
}

static void by_stdio(void) {
    FILE *stream;
    char line[32] = "";
    printf("fopen before there is a directory: %d\n", fopen("sub\\one.txt", "wb") != NULL);
    printf("mkdir: %d, again: %d\n", _mkdir("sub"), _mkdir("sub"));
    printf("fopen_s: %d\n", fopen_s(&stream, ".\\sub\\one.txt", "wt"));
    fputs("hello\n", stream);
    fclose(stream);
    stream = _wfopen(L"sub\\one.txt", L"r");
    printf("read: %s", fgets(line, sizeof line, stream));
    fclose(stream);
}

static void by_number(void) {
    struct _stat status;
    int file = _open("sub/two.bin", _O_CREAT | _O_RDWR | _O_BINARY, _S_IREAD | _S_IWRITE);
    char bytes[4] = "";
    printf("write: %d\n", _write(file, "\r\n\x1a.", 4));
    printf("length: %ld, place: %ld\n", _filelength(file), _lseek(file, 1, SEEK_SET));
    printf("read: %d\n", _read(file, bytes, 4));
    printf("as written: %d, end: %d\n", memcmp(bytes, "\n\x1a.", 3) == 0, _eof(file));
    _close(file);
    printf("stat: %d\n", _stat("sub\\two.bin", &status));
    printf("size: %d, a file: %d\n", (int)status.st_size, (status.st_mode & _S_IFMT) == _S_IFREG);
    printf("access: %d %d\n", _access("sub\\two.bin", 4), _access("sub\\none", 0));
}

static void by_handle(void) {
    LARGE_INTEGER size;
    OVERLAPPED place = {0};
    DWORD count = 0;
    char bytes[16] = "";
    HANDLE file = opened("sub\\three.txt", GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
    printf("write: %d", told(WriteFile(file, "0123456789", 10, &count, NULL)));
    printf(", %lu bytes\n", count);
    printf("pointer: %lu\n", SetFilePointer(file, 3, NULL, FILE_BEGIN));
    printf("read: %d", told(ReadFile(file, bytes, 4, &count, NULL)));
    printf(", %lu: %.4s\n", count, bytes);
    place.Offset = 8;
    printf("at 8: %d", told(ReadFile(file, bytes, 4, &count, &place)));
    printf(", %lu: %.2s\n", count, bytes);
    place.Offset = 10;
    printf("at the end: %d\n", told(ReadFile(file, bytes, 4, &count, &place)));
    printf("before the beginning: %lx, error %lu\n", SetFilePointer(file, -50, NULL, FILE_CURRENT),
           GetLastError());
    SetFilePointer(file, 5, NULL, FILE_BEGIN);
    printf("cut: %d", told(SetEndOfFile(file)));
    GetFileSizeEx(file, &size);
    printf(", size %d\n", (int)size.QuadPart);
    printf("kind: %lu\n", GetFileType(file));
    printf("close: %d", told(CloseHandle(file)));
    printf(", again: %d\n", told(CloseHandle(file)));
    printf("of a closed one: %d\n", told(ReadFile(file, bytes, 4, &count, NULL)));
    printf("new again: %d\n", told_handle(opened("sub\\three.txt", GENERIC_WRITE, CREATE_NEW)));
    printf("nowhere: %d\n", told_handle(opened("none\\a.txt", GENERIC_READ, OPEN_EXISTING)));
    printf("nothing: %d\n", told_handle(opened("sub\\a.txt", GENERIC_READ, OPEN_EXISTING)));
    printf("a directory: %d\n", told_handle(opened("sub", GENERIC_READ, OPEN_EXISTING)));
    file = opened("sub\\three.txt", GENERIC_READ, OPEN_EXISTING);
    printf("written to, if only read: %d\n", told(WriteFile(file, "x", 1, &count, NULL)));
    CloseHandle(file);
    file = CreateFileW(L"sub\\three.txt", GENERIC_WRITE, 0, NULL, OPEN_ALWAYS,
                       FILE_FLAG_DELETE_ON_CLOSE, NULL);
    printf("was there: %d\n", (int)GetLastError());
    CloseHandle(file);
    printf("gone with its handle: %d\n", told(DeleteFileA("sub\\three.txt")));
}

static void searches(void) {
    WIN32_FIND_DATAA found;
    WIN32_FIND_DATAW wide;
    HANDLE search = FindFirstFileA("sub\\ONE.*", &found);
    printf("found %s, %lu bytes, %lx\n", found.cFileName, found.nFileSizeLow,
           found.dwFileAttributes);
    printf("next: %d\n", told(FindNextFileA(search, &found)));
    printf("closed as a file: %d, as a search: %d\n", told(CloseHandle(search)),
           told(FindClose(search)));
    printf("none: %d\n", told_handle(FindFirstFileA("sub\\*.zip", &found)));
    printf("nowhere: %d\n", told_handle(FindFirstFileA("none\\*", &found)));
    search = FindFirstFileW(L"sub", &wide);
    printf("found %ls, %lx\n", wide.cFileName, wide.dwFileAttributes);
    FindClose(search);
}

static void names(void) {
    char room[64], *name;
    printf("attributes: %lx", GetFileAttributesA("sub"));
    printf(" and %lx\n", GetFileAttributesA("sub\\none"));
    printf("copy: %d", told(CopyFileA("sub\\one.txt", "sub\\copy.txt", TRUE)));
    printf(", again: %d\n", told(CopyFileA("sub\\one.txt", "sub\\copy.txt", TRUE)));
    printf("move: %d", told(MoveFileA("sub\\copy.txt", "sub\\moved.txt")));
    printf(", over another: %d\n", told(MoveFileA("sub\\moved.txt", "sub\\one.txt")));
    printf("delete: %d", told(DeleteFileA("sub\\moved.txt")));
    printf(", again: %d\n", told(DeleteFileA("sub\\moved.txt")));
    printf("remove what is not empty: %d\n", told(RemoveDirectoryA("sub")));
    GetFullPathNameA("sub/./x/..\\y.txt", sizeof room, room, &name);
    printf("whole: %s, name: %s\n", room, name);
    printf("temporary: %lu, error %lu\n", GetTempPathA(sizeof room, room), GetLastError());
    _unlink("sub\\one.txt");
    _unlink("sub\\two.bin");
    printf("remove: %d\n", told(RemoveDirectoryA("sub")));
}

int main(int argc, char **argv) {
    DWORD count;
    if (argc > 1) {
        FILE *stream = fopen(argv[1], "r");
        printf("read: %d, ", stream != NULL);
        printf("write: %d\n", fopen(argv[1], "r+") != NULL);
        return 0;
    }
    by_stdio();
    by_number();
    by_handle();
    searches();
    names();
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "done\n", 5, &count, NULL);
    return 0;
}
