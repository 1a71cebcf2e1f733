/* Two threads send on one socket: what each call sends stays together, and both come to an end. */
#include "transcript.h"

#define RECORDS 100
#define LENGTH 40000

static SOCKET near_end, far_end;
static DWORD WINAPI sends(LPVOID parameter)
{
    static char records[2][LENGTH];
    char tag = (char)(ULONG_PTR)parameter, *record = records[tag == 'b'];
    int number;
    memset(record, tag, LENGTH);
    for (number = 0; number < RECORDS; number++) {
        record[0] = '<';
        record[LENGTH - 1] = '>';
        if (send(near_end, record, LENGTH, 0) != LENGTH)
            return 1;
    }
    return 0;
}

int main(void)
{
    static char record[LENGTH];
    HANDLE threads[2];
    DWORD code = 0, codes = 0;
    int number, whole = 0, position, small = 8192;

    start_winsock();
    stream_pair(&near_end, &far_end);
    NEEDED(setsockopt(near_end, SOL_SOCKET, SO_SNDBUF, (char *)&small, sizeof small) == 0);
    threads[0] = CreateThread(NULL, 0, sends, (LPVOID)'a', 0, NULL);
    threads[1] = CreateThread(NULL, 0, sends, (LPVOID)'b', 0, NULL);
    for (number = 0; number < 2 * RECORDS; number++) {
        char tag;
        int length = 0, more = 1;
        /* Wine ends a receive with MSG_WAITALL early now and then. */
        while (length < LENGTH && more > 0) {
            more = recv(far_end, record + length, LENGTH - length, 0);
            length += more > 0 ? more : 0;
        }
        if (length != LENGTH)
            break;
        tag = record[1];
        for (position = 1; position < LENGTH - 1 && record[position] == tag; position++)
            ;
        whole += record[0] == '<' && position == LENGTH - 1 && record[position] == '>';
    }
    note("whole: %d of %d", whole, 2 * RECORDS);
    CALL_WAIT(WaitForMultipleObjects(2, threads, TRUE, 20000));
    for (number = 0; number < 2; number++) {
        NEEDED(GetExitCodeThread(threads[number], &code));
        codes += code;
    }
    note("codes: %u", (unsigned)codes);
    return done();
}
