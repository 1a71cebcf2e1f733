/* Computes for ever. */
int main(void)
{
    volatile unsigned number = 0;
    for (;;)
        number++;
}
