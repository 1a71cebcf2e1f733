/* The scanf family of Microsoft, with a room after each text. */
#include "transcript.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

int main(void)
{
    char word[10], other[10], letter;
    int number = 0, count;
    long long large = 0;
    count = sscanf_s("abc 42 xyz", "%s %d %s", word, (unsigned)sizeof word, &number, other,
                     (unsigned)sizeof other);
    note("%d: %s %d %s", count, word, number, other);
    count = sscanf_s("Q7", "%c%d", &letter, 1u, &number);
    note("%d: %c %d", count, letter, number);
    count = sscanf_s("key=value;", "%9[^=]=%[^;]", word, (unsigned)sizeof word, other,
                     (unsigned)sizeof other);
    note("%d: %s %s", count, word, other);
    count = sscanf_s("skip 5", "%*s %d", &number);
    note("%d: %d", count, number);
    count = sscanf_s("1 longer_than_fits 2", "%d %s %d", &number, word, 5u, &number);
    note("%d: [%s]", count, word);
    count = sscanf_s("1 four 2", "%d %s %d", &number, word, 5u, &number);
    note("%d: [%s] %d", count, word, number);
    count = sscanf_s("abc", "%3c", word, 3u);
    note("%d: [%.3s]", count, word);
    count = sscanf("-9000000000", "%I64d", &large);
    note("%d: %d", count, large == -9000000000LL);
    count = sscanf_s("12", "%d", &number);
    note("%d: %d", count, number);
    return done();
}
