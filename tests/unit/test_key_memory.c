/* Pages for keys: what the kernel says of them, and what a child finds. */
#include "unit.h"

#include <sys/wait.h>

#include "session/key_memory.h"

enum { SIZE = 5000 }; /* two pages */

typedef void *(*maker)(size_t size);

static void *make_inherited(size_t size)
{
    return cg_key_memory_make(size, true);
}

static void *make_own(size_t size)
{
    return cg_key_memory_make(size, false);
}

static const struct {
    const char *name;
    maker make;
    const char *flag; /* of VmFlags, beside "dd" (no dump) */
    int in_child;     /* what a child reads where 'k' stands; -1: nothing is there */
} kinds[] = {
    {"inherited", make_inherited, NULL, 'k'},
    {"own", make_own, "dc", -1},
    {"wiped by fork", cg_key_memory_make_wiped_by_fork, "wf", 0},
};

static size_t whole_size(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (SIZE + page - 1) / page * page;
}

/* Finds the mapping with `memory` in it, and copies its VmFlags. False: this system tells none. */
static bool find_flags(const void *memory, char flags[512])
{
    FILE *file = fopen("/proc/self/smaps", "r");
    unsigned long start, end, at = (unsigned long)(uintptr_t)memory;
    bool is_here = false, is_found = false;
    char line[512];

    while (file && !is_found && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
            is_here = start <= at && at < end;
        } else if (is_here && strncmp(line, "VmFlags:", 8) == 0) {
            memcpy(flags, line, sizeof line);
            is_found = true;
        }
    }
    if (file) {
        fclose(file);
    }
    return is_found;
}

static bool has_flag(const char *flags, const char *flag)
{
    char word[8];
    snprintf(word, sizeof word, " %s ", flag);
    return strstr(flags, word) != NULL;
}

static void the_kernel_was_told(void **state)
{
    char flags[512];
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char *memory = kinds[i].make(SIZE);
        assert_non_null(memory);
        if (!find_flags(memory, flags)) {
            skip();
        }
        if (!has_flag(flags, "dd") || (kinds[i].flag && !has_flag(flags, kinds[i].flag))) {
            fail_msg("%s: %s", kinds[i].name, flags);
        }
        if (kinds[i].flag == NULL && (has_flag(flags, "dc") || has_flag(flags, "wf"))) {
            fail_msg("%s: %s", kinds[i].name, flags);
        }
        cg_key_memory_free(memory, SIZE);
    }
}

static void it_is_zero_and_can_be_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char *memory = kinds[i].make(SIZE);
        assert_non_null(memory);
        for (size_t at = 0; at < SIZE; at++) {
            assert_int_equal(memory[at], 0);
        }
        memset(memory, 'k', SIZE);
        cg_key_memory_free(memory, SIZE);
    }
    cg_key_memory_free(NULL, SIZE);
}

/* Each page, of the first and of the last octet. The child asks the kernel, not its luck: a write from
 * memory that is not there fails with EFAULT. */
static int read_in_child(const char *at)
{
    int ends[2], status = 0;
    char octet = 'x';
    ssize_t count;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(write(ends[1], at, 1) == 1 ? 0 : 1);
    }
    close(ends[1]);
    count = read(ends[0], &octet, 1);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), count == 1 ? 0 : 1);
    return count == 1 ? (unsigned char)octet : -1;
}

static void a_child_finds_what_was_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char *memory = kinds[i].make(SIZE);
        assert_non_null(memory);
        memset(memory, 'k', whole_size());
        assert_int_equal(read_in_child(memory), kinds[i].in_child);
        assert_int_equal(read_in_child(memory + SIZE - 1), kinds[i].in_child);
        assert_int_equal(read_in_child(memory + whole_size() - 1), kinds[i].in_child);
        assert_int_equal(memory[0], 'k'); /* here it stays */
        cg_key_memory_free(memory, SIZE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_was_told),
        cmocka_unit_test(it_is_zero_and_can_be_written),
        cmocka_unit_test(a_child_finds_what_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
