/* The bounded writer: what it measures is what it writes, and it never writes beyond its room. */
#include "unit.h"

#include "cookie/writer.h"

static const struct {
    int64_t number;
    unsigned digits; /* 0: cg_write_number */
    const char *text;
} numbers[] = {
    {0, 0, "0"},
    {7, 0, "7"},
    {10, 0, "10"},
    {-1, 0, "-1"},
    {34560000, 0, "34560000"},
    {INT64_MAX, 0, "9223372036854775807"},
    {INT64_MIN, 0, "-9223372036854775808"},
    {0, 1, "0"},
    {0, 2, "00"},
    {7, 2, "07"},
    {1994, 2, "1994"},
    {42, 4, "0042"},
    {1, 20, "00000000000000000001"},
    {1, 99, "00000000000000000001"},
};

static void writes_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char text[64];
        cg_writer writer = {.at = text, .size = sizeof text};
        if (numbers[i].digits) {
            cg_write_padded(&writer, numbers[i].number, numbers[i].digits);
        } else {
            cg_write_number(&writer, numbers[i].number);
        }
        assert_text(numbers[i].text, (cg_span){text, writer.len}, cg_span_of(numbers[i].text));
    }
}

static void write_a_text(cg_writer *writer)
{
    cg_write(writer, CG_SPAN("Max-Age="));
    cg_write_number(writer, -86400);
    cg_write(writer, (cg_span){NULL, 0});
    cg_write_char(writer, ';');
    cg_write_padded(writer, 5, 3);
}

static void measures_what_it_writes_at_every_size(void **state)
{
    static const char wanted[] = "Max-Age=-86400;005";
    const size_t len = sizeof wanted - 1;
    (void)state;

    for (size_t size = 0; size <= len + 1; size++) {
        cg_writer writer = {.at = guard_page_end() - size, .size = size};
        write_a_text(&writer);
        assert_int_equal(writer.len, len);
        assert_int_equal(cg_writer_is_full(&writer), len > size);
        assert_memory_equal(writer.at, wanted, size < len ? size : len);
    }
}

static void measures_without_memory(void **state)
{
    cg_writer writer = {.at = NULL, .size = 0};
    (void)state;
    write_a_text(&writer);
    assert_int_equal(writer.len, 18);
    assert_true(cg_writer_is_full(&writer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(measures_what_it_writes_at_every_size),
        cmocka_unit_test(measures_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
