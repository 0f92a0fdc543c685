/* Numbers for the bounded writer. */
#include "writer.h"

enum { DIGITS_MAX = 20 };

void cg_write_padded(cg_writer *writer, int64_t number, unsigned digits)
{
    char text[DIGITS_MAX];
    uint64_t rest = number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number;
    size_t start = DIGITS_MAX;

    do {
        text[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    while (DIGITS_MAX - start < digits && start > 0) {
        text[--start] = '0';
    }
    cg_write(writer, (cg_span){text + start, DIGITS_MAX - start});
}

void cg_write_number(cg_writer *writer, int64_t number)
{
    if (number < 0) {
        cg_write_char(writer, '-');
    }
    cg_write_padded(writer, number, 1);
}
