/* The shared segment: what counts as seen, who was first, what summaries say; many processes at
 * once, processes that die, and memory that somebody else has written into. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_event.h"
#include "json_check.h"

#include "audit/segment.h"

static const unsigned char some_key[16] = "0123456789abcde";
static const char *const no_rules[3] = {NULL};

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Octets that a segment takes as far as the next line of 64, and the whole pages for them. */
static size_t lines_size(void)
{
    return (cg_segment_size() + 63) / 64 * 64;
}

static size_t pages_size(void)
{
    return (lines_size() + page_size() - 1) / page_size() * page_size();
}

/* Memory that processes share, with an untouchable page behind it. */
static void *new_memory(void)
{
    char *memory = mmap(NULL, pages_size() + page_size(), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + pages_size(), page_size(), PROT_NONE), 0);
    return memory + pages_size() - lines_size();
}

static void free_memory(void *memory)
{
    char *start = (char *)memory + lines_size() - pages_size();
    assert_int_equal(munmap(start, pages_size() + page_size()), 0);
}

static cg_segment *new_segment(void)
{
    return cg_segment_make(new_memory(), some_key);
}

static void assert_sound(const cg_segment *segment)
{
    const char *wrong = cg_segment_check(segment);
    if (wrong) {
        fail_msg("%s", wrong);
    }
}

/* An event with this name, noted. */
static cg_sight note_name(cg_segment *segment, cg_span name, int64_t time_us)
{
    cg_event_request request = some_request();
    cg_event event = {.request = &request, .mode = CG_MODE_ON};
    request.time_us = time_us;
    event.cookie.name = name;
    return cg_segment_note(segment, &event);
}

static cg_sight note_number(cg_segment *segment, unsigned number)
{
    char name[16];
    int len = snprintf(name, sizeof name, "name%u", number);
    return note_name(segment, (cg_span){name, (size_t)len}, EVENT_MOMENT);
}

/* -- counters ------------------------------------------------------------------------------ */

static void counts(void **state)
{
    cg_segment *segment = new_segment();
    (void)state;
    for (int i = 0; i < CG_COUNTER_COUNT; i++) {
        assert_int_equal(cg_counter_read(segment, (cg_counter)i), 0);
        cg_counter_add(segment, (cg_counter)i, (uint64_t)i + 1);
        cg_counter_add(segment, (cg_counter)i, UINT32_MAX);
    }
    for (int i = 0; i < CG_COUNTER_COUNT; i++) {
        assert_int_equal(cg_counter_read(segment, (cg_counter)i), (uint64_t)i + 1 + UINT32_MAX);
    }
    assert_sound(segment);
    free_memory(segment);
}

static void counters_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < CG_COUNTER_COUNT; i++) {
        assert_true(cg_counter_names[i].len > 0);
        assert_int_equal(cg_counter_names[i].len, strlen(cg_counter_names[i].at));
        for (int k = 0; k < i; k++) {
            assert_false(cg_span_equal(cg_counter_names[i], cg_counter_names[k]));
        }
    }
}

static void says_a_notice_once(void **state)
{
    static const unsigned notices[] = {0, 1, 63, 64, 65, CG_NOTICE_MAX - 1};
    cg_segment *segment = new_segment();
    (void)state;
    for (size_t i = 0; i < COUNT(notices); i++) {
        assert_true(cg_segment_notice_once(segment, notices[i]));
        assert_false(cg_segment_notice_once(segment, notices[i]));
    }
    assert_false(cg_segment_notice_once(segment, CG_NOTICE_MAX));
    assert_false(cg_segment_notice_once(segment, UINT32_MAX));
    assert_sound(segment);
    free_memory(segment);
}

/* -- what clients can cause at will -------------------------------------------------------- */

#define SECOND INT64_C(1000000)

/* How many of `tries` lines are allowed; what they tell of others goes to *held_back. */
static unsigned allow(cg_segment *segment, unsigned vhost, int64_t now_us, unsigned tries,
                      uint64_t *held_back)
{
    unsigned allowed = 0;
    for (unsigned i = 0; i < tries; i++) {
        uint64_t more = 0;
        allowed += cg_segment_allow_line(segment, vhost, now_us, &more);
        *held_back += more;
    }
    return allowed;
}

static void allows_ten_lines_a_second(void **state)
{
    cg_segment *segment = new_segment();
    uint64_t more = 0;
    (void)state;

    assert_int_equal(allow(segment, 0, EVENT_MOMENT, 10, &more), 10);
    assert_int_equal(allow(segment, 0, EVENT_MOMENT + 1, 7, &more), 0);
    assert_int_equal(more, 0);
    assert_int_equal(allow(segment, 0, EVENT_MOMENT + SECOND, 1, &more), 1);
    assert_int_equal(more, 7);
    assert_int_equal(allow(segment, 0, EVENT_MOMENT + SECOND, 12, &more), 9);
    assert_int_equal(cg_segment_take_held_back(segment, 0), 3);
    assert_int_equal(cg_segment_take_held_back(segment, 0), 0);
    assert_int_equal(allow(segment, 0, EVENT_MOMENT + 9 * SECOND, 1, &more), 1);
    assert_int_equal(more, 7);
    assert_sound(segment);
    free_memory(segment);
}

static void limits_each_virtual_host_by_itself(void **state)
{
    static const unsigned vhosts[] = {0, 1, 2, CG_VHOSTS_MAX - 2, CG_VHOSTS_MAX - 1};
    cg_segment *segment = new_segment();
    uint64_t more = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(vhosts); i++) {
        assert_int_equal(allow(segment, vhosts[i], EVENT_MOMENT, 11, &more), 10);
    }
    assert_int_equal(allow(segment, CG_VHOSTS_MAX, EVENT_MOMENT, 1, &more), 0);
    assert_int_equal(allow(segment, UINT32_MAX, EVENT_MOMENT, 1, &more), 0);
    assert_int_equal(cg_segment_take_held_back(segment, CG_VHOSTS_MAX - 1), 3);
    assert_int_equal(cg_segment_take_held_back(segment, 0), 1);
    assert_sound(segment);
    free_memory(segment);
}

/* Processes may read the clock in another order than they write, and somebody may set it. */
static void bears_clocks_that_go_back(void **state)
{
    cg_segment *segment = new_segment();
    uint64_t more = 0;
    (void)state;

    assert_int_equal(allow(segment, 0, EVENT_MOMENT, 5, &more), 5);
    assert_int_equal(allow(segment, 0, EVENT_MOMENT - 30 * SECOND, 9, &more), 5);
    assert_int_equal(allow(segment, 0, EVENT_MOMENT - 3600 * SECOND, 9, &more), 9);
    assert_int_equal(allow(segment, 0, EVENT_MOMENT, 9, &more), 9);
    assert_int_equal(allow(segment, 1, INT64_MIN, 11, &more), 10);
    assert_int_equal(allow(segment, 1, INT64_MAX, 11, &more), 10);
    assert_sound(segment);
    free_memory(segment);
}

/* Of all processes together no more lines are allowed, and none is forgotten. */
static void limits_many_processes_together(void **state)
{
    enum { WORKERS = 4, TRIES = 20000 };
    cg_segment *segment = new_segment();
    uint64_t told = 0;
    unsigned lines = 0;
    (void)state;
    for (int p = 0; p < WORKERS; p++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            uint64_t more = 0;
            for (int i = 0; i < TRIES; i++) {
                unsigned allowed = allow(segment, 7, EVENT_MOMENT + i * SECOND / 1000, 1, &more);
                cg_counter_add(segment, CG_COUNTER_RECORDS, allowed);
            }
            cg_counter_add(segment, CG_COUNTER_UNSEEN, more);
            _exit(0);
        }
    }
    for (int p = 0; p < WORKERS; p++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    lines = (unsigned)cg_counter_read(segment, CG_COUNTER_RECORDS);
    told = cg_counter_read(segment, CG_COUNTER_UNSEEN) + cg_segment_take_held_back(segment, 7);
    assert_in_range(lines, 10, 10 * (TRIES / 1000 + 1)); /* as many seconds */
    assert_int_equal(lines + told, WORKERS * TRIES);
    assert_sound(segment);
    free_memory(segment);
}

static void counts_refusals_by_their_reasons(void **state)
{
    (void)state;
    for (int i = CG_REFUSAL_NONE + 1; i < CG_REFUSAL_COUNT; i++) {
        cg_span name = cg_counter_names[cg_counter_of_refusal((cg_refusal)i)];
        cg_span reason = cg_refusal_name((cg_refusal)i);
        assert_true(cg_span_starts(name, CG_SPAN("refused_")));
        assert_text("the name", cg_span_part(name, 8, name.len), reason);
    }
}

/* -- what is the same ---------------------------------------------------------------------- */

/* clang-format off: a row is a case. */
static const struct {
    const char *first;
    const char *second;
    bool is_same;
} sightings[] = {
    {"a=1", "a=1", true},
    {"a=1", "a=secret", true},
    {"a=1", "a=", true},
    {"a=1; Secure", "a=2;secure", true},
    {"a=1; Secure; HttpOnly", "a=1; HttpOnly; Secure", true},
    {"a=1; Max-Age=60", "a=1; Max-Age=61", true},
    {"a=1; Expires=Fri, 01 Jan 2027 00:00:00 GMT", "a=1; Expires=Sat, 02 Jan 2027 00:00:00 GMT",
     true},
    {"a=1; Priority=High", "a=1; Priority=Low", true},
    {"a=1; Path=/x; Path=/y", "a=1; Path=/z; Path=/y", true},
    {"a=1", "b=1", false},
    {"a=1", "A=1", false},
    {"a=1", "aa=1", false},
    {"a=1", "1", false},
    {"a=1", "a=1; Secure", false},
    {"a=1; Secure", "a=1; HttpOnly", false},
    {"a=1; SameSite=Lax", "a=1; SameSite=Strict", false},
    {"a=1; SameSite=Lax", "a=1; SameSite=Foo", false},
    {"a=1", "a=1; SameSite=Foo", false},
    {"a=1; Path=/x", "a=1; Path=/y", false},
    {"a=1; Path=/", "a=1", false},
    {"a=1; Path=/x; Domain=", "a=1; Path=; Domain=/x", false},
    {"a=1; Domain=shop.example", "a=1; Domain=example", false},
    {"a=1; Max-Age=60", "a=1", false},
    {"a=1; Max-Age=60", "a=1; Max-Age=40000000", false}, /* a finding: over 400 days */
    {"a=1; Max-Age=60", "a=1; Expires=Fri, 01 Jan 2027 00:00:00 GMT", false},
    {"a=1", "a=\"", false}, /* a finding: outside the grammar */
};
/* clang-format on */

static void knows_what_was_seen(void **state)
{
    const cg_event_request request = some_request();
    (void)state;
    for (size_t i = 0; i < COUNT(sightings); i++) {
        cg_segment *segment = new_segment();
        cg_event first = event_of(&request, cg_span_of(sightings[i].first), no_rules, true);
        cg_event second = event_of(&request, cg_span_of(sightings[i].second), no_rules, true);
        cg_sight wanted = sightings[i].is_same ? CG_SIGHT_AGAIN : CG_SIGHT_FIRST;
        assert_int_equal(cg_segment_note(segment, &first), CG_SIGHT_FIRST);
        if (cg_segment_note(segment, &second) != wanted) {
            fail_msg("%s | %s", sightings[i].first, sightings[i].second);
        }
        assert_int_equal(cg_segment_note(segment, &first), CG_SIGHT_AGAIN);
        assert_sound(segment);
        free_memory(segment);
    }
}

static void tells_modes_hosts_and_findings_apart(void **state)
{
    cg_segment *segment = new_segment();
    cg_event_request request = some_request();
    cg_event event = event_of(&request, CG_SPAN("a=1"), no_rules, true);
    (void)state;

    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_FIRST);
    event.mode = CG_MODE_REPORT;
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_FIRST);
    event.findings |= CG_FINDING_BIT(CG_FINDING_NAME_REPEATED);
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_FIRST);
    request.vhost = CG_SPAN("shop.example:80");
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_FIRST);
    request.client = CG_SPAN("192.0.2.8");
    request.path = CG_SPAN("/other");
    request.status = 200;
    request.time_us++;
    event.cookie.value = CG_SPAN("other");
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_AGAIN);
    free_memory(segment);
}

/* Where one text ends and the next begins is part of what is hashed. */
static void does_not_run_texts_together(void **state)
{
    cg_segment *segment = new_segment();
    cg_event_request request = some_request();
    cg_event event = {.request = &request};
    (void)state;

    request.vhost = CG_SPAN("ab");
    event.cookie.name = CG_SPAN("c");
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_FIRST);
    request.vhost = CG_SPAN("a");
    event.cookie.name = CG_SPAN("bc");
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_FIRST);
    free_memory(segment);
}

static void tells_names_of_every_length_apart(void **state)
{
    static char text[700];
    cg_segment *segment = new_segment();
    (void)state;
    memset(text, 'n', sizeof text);
    for (size_t len = 0; len < sizeof text; len += 1 + len / 64) {
        cg_span name = guarded((cg_span){text, len});
        assert_int_equal(note_name(segment, name, 1), CG_SIGHT_FIRST);
        if (len) {
            ((char *)(uintptr_t)name.at)[len - 1] = 'm';
            assert_int_equal(note_name(segment, name, 1), CG_SIGHT_FIRST);
        }
    }
    assert_sound(segment);
    free_memory(segment);
}

static void takes_every_octet_in_names(void **state)
{
    cg_segment *segment = new_segment();
    (void)state;
    for (int octet = 0; octet < 256; octet++) {
        char c = (char)octet;
        assert_int_equal(note_name(segment, (cg_span){&c, 1}, 1), CG_SIGHT_FIRST);
    }
    assert_sound(segment);
    free_memory(segment);
}

/* -- summaries ----------------------------------------------------------------------------- */

typedef struct summary {
    unsigned calls;
    uint64_t sightings;
    cg_sighting_count last;
    char record[CG_RECORD_SIZE_MAX];
    size_t record_len;
} summary;

/* Every summary must make a record, whatever the segment holds. */
static void take_summary(const cg_sighting_count *count, void *context)
{
    summary *taken = context;
    cg_writer writer = {.at = taken->record, .size = sizeof taken->record};
    assert_true(count->vhost.len <= 264 && count->name.len <= 128 && count->before.len <= 320);
    assert_int_equal(count->findings >> CG_FINDING_COUNT, 0);
    cg_record_print_count(&writer, count);
    assert_true(writer.len <= sizeof taken->record);
    assert_true(json_is_valid((cg_span){writer.at, writer.len - 1}));
    taken->record_len = writer.len - 1;
    taken->last = *count;
    taken->calls++;
    taken->sightings += count->count;
}

static summary summarize(cg_segment *segment)
{
    summary taken = {.calls = 0};
    cg_segment_summarize(segment, EVENT_MOMENT + 5000000, take_summary, &taken);
    assert_sound(segment);
    return taken;
}

static void summarizes_what_was_seen_again(void **state)
{
    cg_segment *segment = new_segment();
    cg_event_request request = some_request();
    cg_event event = event_of(
        &request, CG_SPAN("SID=1; Priority=High; Path=/x; Secure; HttpOnly; SameSite=Lax"),
        no_rules, true);
    summary taken;
    (void)state;

    event.findings = CG_FINDING_BIT(CG_FINDING_NAME_REPEATED);
    event.mode = CG_MODE_REPORT;
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_FIRST);
    assert_int_equal(summarize(segment).calls, 0);
    for (int i = 1; i <= 3; i++) {
        request.time_us = EVENT_MOMENT + i;
        assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_AGAIN);
    }
    taken = summarize(segment);
    assert_int_equal(taken.calls, 1);
    assert_text(
        "the record", (cg_span){taken.record, taken.record_len},
        CG_SPAN("{\"@timestamp\":\"2026-11-23T18:14:05.123456Z\",\"event\":\"cookie-count\","
                "\"version\":1,\"vhost\":\"shop.example:443\",\"mode\":\"report\","
                "\"cookie\":\"SID\","
                "\"before\":\"Path=/x; Secure; HttpOnly; SameSite=Lax; (other)\","
                "\"count\":3,\"first\":\"2026-11-23T18:14:00.123456Z\","
                "\"last\":\"2026-11-23T18:14:00.123459Z\",\"findings\":[{"
                "\"id\":\"CG-NAME-REPEATED\",\"severity\":\"high\",\"asvs\":\"15.3.7\"}]}"));
    assert_int_equal(summarize(segment).calls, 0);
    assert_int_equal(cg_segment_note(segment, &event), CG_SIGHT_AGAIN);
    assert_int_equal(summarize(segment).sightings, 1);
    free_memory(segment);
}

/* Texts that are longer than their fields: marked, and the flags behind a Path still seen. */
static void cuts_long_texts(void **state)
{
    static char text[5000];
    cg_segment *segment = new_segment();
    cg_event_request request = some_request();
    cg_event event = {.request = &request};
    cg_attributes *says = &event.cookie.attributes;
    summary taken;
    (void)state;

    memset(text, 'x', sizeof text);
    request.vhost = event.cookie.name = (cg_span){text, sizeof text};
    *says = (cg_attributes){
        .present = CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_COUNT) - 1,
        .same_site = CG_SAME_SITE_DEFAULT,
        .max_age = INT64_MIN,
        .expires = INT64_MAX,
        .path = {text, sizeof text},
        .domain = {text, sizeof text},
    };
    event.cookie.rest = CG_SPAN("; other");
    cg_segment_note(segment, &event);
    cg_segment_note(segment, &event);
    taken = summarize(segment);
    assert_true(taken.last.is_cut);
    assert_non_null(memmem(taken.record, taken.record_len, "xx...; Path=xx", 14));
    assert_non_null(memmem(taken.record, taken.record_len,
                           "; Secure; HttpOnly; SameSite=(invalid); Partitioned; (other)\"", 61));
    assert_non_null(memmem(taken.record, taken.record_len, "\"truncated\":true}", 17));
    free_memory(segment);
}

/* The longest host name with a port is not cut: records are sorted to their hosts by it. */
static void keeps_the_longest_host_name(void **state)
{
    static char vhost[259];
    cg_segment *segment = new_segment();
    cg_event_request request = some_request();
    cg_event event = {.request = &request};
    (void)state;
    memset(vhost, 'h', sizeof vhost);
    request.vhost = (cg_span){vhost, sizeof vhost};
    cg_segment_note(segment, &event);
    cg_segment_note(segment, &event);
    assert_false(summarize(segment).last.is_cut);
    free_memory(segment);
}

/* -- the table ----------------------------------------------------------------------------- */

static void goes_on_when_it_is_full(void **state)
{
    enum { NAMES = 5000 };
    static cg_sight sights[NAMES];
    cg_segment *segment = new_segment();
    unsigned first = 0, unseen = 0;
    (void)state;

    for (unsigned i = 0; i < NAMES; i++) {
        sights[i] = note_number(segment, i);
        first += sights[i] == CG_SIGHT_FIRST;
        unseen += sights[i] == CG_SIGHT_UNSEEN;
    }
    assert_int_equal(first + unseen, NAMES);
    assert_in_range(first, 1000, 1024);
    assert_int_equal(cg_counter_read(segment, CG_COUNTER_UNSEEN), unseen);
    assert_sound(segment);

    for (unsigned i = 0; i < NAMES; i++) {
        assert_int_equal(note_number(segment, i),
                         sights[i] == CG_SIGHT_FIRST ? CG_SIGHT_AGAIN : CG_SIGHT_UNSEEN);
    }
    assert_int_equal(summarize(segment).sightings, first);
    free_memory(segment);
}

/* Three quarters of the table are sure to be taken: a search gives up where it is crowded. */
static void takes_768_names_for_every_key(void **state)
{
    (void)state;
    for (unsigned char k = 0; k < 100; k++) {
        unsigned char key[16] = {k};
        cg_segment *segment = cg_segment_make(new_memory(), key);
        for (unsigned i = 0; i < 768; i++) {
            assert_int_equal(note_number(segment, i), CG_SIGHT_FIRST);
        }
        assert_sound(segment);
        free_memory(segment);
    }
}

static void agrees_with_a_naive_table(void **state)
{
    enum { NAMES = 400 };
    uint64_t counted[NAMES] = {0};
    bool was_seen[NAMES] = {false};
    cg_segment *segment = new_segment();
    uint64_t seed = 42, due = 0;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        unsigned name = (unsigned)(next_random(&seed) % NAMES);
        assert_int_equal(note_number(segment, name),
                         was_seen[name] ? CG_SIGHT_AGAIN : CG_SIGHT_FIRST);
        counted[name] += was_seen[name];
        due += was_seen[name];
        was_seen[name] = true;
        if (next_random(&seed) % 500 == 0) {
            unsigned wanted = 0;
            summary taken = summarize(segment);
            for (int k = 0; k < NAMES; k++) {
                wanted += counted[k] != 0;
                counted[k] = 0;
            }
            assert_int_equal(taken.calls, wanted);
            assert_int_equal(taken.sightings, due);
            due = 0;
        }
    }
    free_memory(segment);
}

/* -- many processes ------------------------------------------------------------------------ */

enum { PROCESSES = 4, SHARED_NAMES = 700, ROUNDS = 20 };

/* What the processes found, in memory that they share. */
typedef struct findings_of_all {
    unsigned first[PROCESSES][SHARED_NAMES];
    unsigned wrong[PROCESSES];
} findings_of_all;

/* Each begins elsewhere and goes its own way round, so that all meet at every name. */
static void note_all(cg_segment *segment, findings_of_all *found, unsigned process)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < SHARED_NAMES; i++) {
            unsigned name = process % 2 ? SHARED_NAMES - 1 - i : i;
            cg_sight sight = note_number(segment, name);
            found->first[process][name] += sight == CG_SIGHT_FIRST;
            found->wrong[process] += sight == CG_SIGHT_UNSEEN;
            cg_counter_add(segment, CG_COUNTER_COOKIES, 1);
        }
        cg_segment_notice_once(segment, round);
    }
}

static pid_t start(cg_segment *segment, findings_of_all *found, unsigned process)
{
    pid_t pid = fork();
    if (pid == 0) {
        note_all(segment, found, process);
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

static void has_one_first_among_processes(void **state)
{
    cg_segment *segment = new_segment();
    findings_of_all *found = mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[PROCESSES];
    uint64_t summarized = 0;
    (void)state;

    assert_true(found != MAP_FAILED);
    for (unsigned p = 0; p < PROCESSES; p++) {
        pids[p] = start(segment, found, p);
    }
    for (unsigned p = 0; p < PROCESSES; p++) {
        int status;
        while (waitpid(pids[p], &status, WNOHANG) == 0) {
            summarized += summarize(segment).sightings;
        }
        assert_int_equal(status, 0);
        assert_int_equal(found->wrong[p], 0);
    }
    for (unsigned name = 0; name < SHARED_NAMES; name++) {
        unsigned first = 0;
        for (unsigned p = 0; p < PROCESSES; p++) {
            first += found->first[p][name];
        }
        assert_int_equal(first, 1);
    }
    summarized += summarize(segment).sightings;
    assert_int_equal(summarized, (PROCESSES * ROUNDS - 1) * SHARED_NAMES);
    assert_int_equal(cg_counter_read(segment, CG_COUNTER_COOKIES),
                     PROCESSES * ROUNDS * SHARED_NAMES);
    assert_false(cg_segment_notice_once(segment, 0));
    munmap(found, sizeof *found);
    free_memory(segment);
}

/* Killed at any moment, a process leaves a segment that the others go on with. */
static void survives_processes_that_are_killed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        cg_segment *segment = new_segment();
        pid_t pid = fork();
        int status;
        if (pid == 0) {
            for (unsigned name = 0;; name++) {
                note_number(segment, name % 2000);
                cg_counter_add(segment, CG_COUNTER_COOKIES, 1);
            }
        }
        assert_true(pid > 0);
        while (cg_counter_read(segment, CG_COUNTER_COOKIES) < i * 37) {
            assert_sound(segment);
        }
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_sound(segment);
        for (unsigned name = 0; name < 100; name++) {
            assert_int_not_equal(note_number(segment, name), CG_SIGHT_UNSEEN);
            assert_int_equal(note_number(segment, name), CG_SIGHT_AGAIN);
        }
        summarize(segment);
        free_memory(segment);
    }
}

/* -- memory that others wrote into --------------------------------------------------------- */

/* Where the words stand: the drawing in segment.c, of which the compiler sees to it that it is
 * right. */
enum {
    MAGIC = 0,
    HASHES = 576,
    ENTRIES = 8768,
    RATES = 795712,
    ENTRY_SIZE = 768,
    ENTRY_COUNT = 1024,
    IS_FILLED = 16,
    FINDINGS = 32,
    VHOST_LEN = 40,
    NAME_LEN = 42,
    BEFORE_LEN = 44,
    MODE = 46,
    IS_SESSION_LIKE = 47,
    IS_CUT = 48
};

static size_t taken_slot(const void *memory)
{
    const uint64_t *hashes = (const uint64_t *)((const char *)memory + HASHES);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        if (hashes[i]) {
            return i;
        }
    }
    fail_msg("no entry");
    return 0;
}

/* As a process leaves it that died after its claim: the hash stands there, the entry is empty. */
static void goes_on_after_a_claim_without_an_owner(void **state)
{
    char *other = new_memory();
    char *memory = new_memory();
    cg_segment *segment = cg_segment_make(memory, some_key);
    size_t place;
    (void)state;

    assert_int_equal(note_number(cg_segment_make(other, some_key), 1), CG_SIGHT_FIRST);
    place = HASHES + 8 * taken_slot(other);
    memcpy(memory + place, other + place, 8);
    assert_sound(segment);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(note_number(segment, 1), CG_SIGHT_AGAIN);
    }
    assert_int_equal(summarize(segment).calls, 0);
    assert_int_equal(note_number(segment, 2), CG_SIGHT_FIRST);
    free_memory(other);
    free_memory(memory);
}

/* One octet of a segment with one entry, and what the check says of it. */
static const struct {
    const char *what;
    size_t place; /* in the entry, or in the segment where `is_absolute` */
    bool is_absolute;
    unsigned char octet;
    const char *sentence;
} damages[] = {
    {"magic", MAGIC, true, 0xEE, "this is no segment"},
    {"is_filled", IS_FILLED, false, 2, "an entry is neither filled nor not"},
    {"vhost_len", VHOST_LEN + 1, false, 0xFF, "a text is longer than its field"},
    {"name_len", NAME_LEN, false, 129, "a text is longer than its field"},
    {"before_len", BEFORE_LEN + 1, false, 0x10, "a text is longer than its field"},
    {"mode", MODE, false, 3, "an entry says something that no event says"},
    {"is_session_like", IS_SESSION_LIKE, false, 2, "an entry says something that no event says"},
    {"is_cut", IS_CUT, false, 0xFF, "an entry says something that no event says"},
    {"findings", FINDINGS + 7, false, 0x80, "an entry has a finding that is not in the table"},
    {"a rate", RATES, true, 11, "more lines were written than may be"},
};

static void finds_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(damages); i++) {
        char *memory = new_memory();
        cg_segment *segment = cg_segment_make(memory, some_key);
        size_t place = damages[i].place;
        assert_int_equal(note_number(segment, 1), CG_SIGHT_FIRST);
        assert_int_equal(note_number(segment, 1), CG_SIGHT_AGAIN);
        assert_sound(segment);
        place += damages[i].is_absolute ? 0 : ENTRIES + ENTRY_SIZE * taken_slot(memory);
        memory[place] = (char)damages[i].octet;
        assert_text(damages[i].what, cg_span_of(cg_segment_check(segment)),
                    cg_span_of(damages[i].sentence));
        free_memory(memory);
    }
}

/* Entries that have no hash, twins, and a hash far from its place. */
static void finds_misplaced_entries(void **state)
{
    char *memory = new_memory();
    cg_segment *segment = cg_segment_make(memory, some_key);
    uint64_t *hashes = (uint64_t *)(void *)(memory + HASHES);
    size_t slot;
    uint64_t hash;
    (void)state;

    assert_int_equal(note_number(segment, 1), CG_SIGHT_FIRST);
    slot = taken_slot(memory);
    hash = hashes[slot];

    hashes[slot] = 0;
    assert_string_equal(cg_segment_check(segment), "a free entry is in use");
    hashes[slot] = hash;
    hashes[(slot + 1) % ENTRY_COUNT] = hash;
    assert_string_equal(cg_segment_check(segment), "a hash stands where no search finds it");
    hashes[(slot + 1) % ENTRY_COUNT] = 0;
    hashes[(slot + 2) % ENTRY_COUNT] = hash ^ (UINT64_C(1) << 60);
    assert_string_equal(cg_segment_check(segment), "a hash stands where no search finds it");
    hashes[(slot + 2) % ENTRY_COUNT] = 0;
    hashes[(slot + 500) % ENTRY_COUNT] = hash ^ (UINT64_C(1) << 60);
    assert_string_equal(cg_segment_check(segment), "a hash stands where no search finds it");
    hashes[(slot + 500) % ENTRY_COUNT] = 0;
    assert_sound(segment);
    free_memory(memory);
}

/* Whatever stands in the memory: nothing outside it is read, every summary makes a record, and
 * noting ends. */
static void reads_any_memory(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int i = 0; i < 12; i++) {
        char *memory = new_memory();
        cg_segment *segment = cg_segment_make(memory, some_key);
        summary taken = {.calls = 0};
        for (size_t k = 0; k + 8 <= cg_segment_size(); k += 8) {
            uint64_t word = next_random(&seed);
            memcpy(memory + k, &word, 8);
        }
        for (size_t k = 0; k < ENTRY_COUNT; k++) {
            const uint32_t is_filled = 1;
            memcpy(memory + ENTRIES + ENTRY_SIZE * k + IS_FILLED, &is_filled, sizeof is_filled);
        }
        cg_segment_check(segment);
        cg_segment_summarize(segment, (int64_t)next_random(&seed), take_summary, &taken);
        assert_int_equal(taken.calls, ENTRY_COUNT);
        for (unsigned name = 0; name < 100; name++) {
            note_number(segment, name);
        }
        free_memory(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(counters_have_names),
        cmocka_unit_test(says_a_notice_once),
        cmocka_unit_test(allows_ten_lines_a_second),
        cmocka_unit_test(limits_each_virtual_host_by_itself),
        cmocka_unit_test(bears_clocks_that_go_back),
        cmocka_unit_test(limits_many_processes_together),
        cmocka_unit_test(counts_refusals_by_their_reasons),
        cmocka_unit_test(knows_what_was_seen),
        cmocka_unit_test(tells_modes_hosts_and_findings_apart),
        cmocka_unit_test(does_not_run_texts_together),
        cmocka_unit_test(tells_names_of_every_length_apart),
        cmocka_unit_test(takes_every_octet_in_names),
        cmocka_unit_test(summarizes_what_was_seen_again),
        cmocka_unit_test(cuts_long_texts),
        cmocka_unit_test(keeps_the_longest_host_name),
        cmocka_unit_test(goes_on_when_it_is_full),
        cmocka_unit_test(takes_768_names_for_every_key),
        cmocka_unit_test(agrees_with_a_naive_table),
        cmocka_unit_test(has_one_first_among_processes),
        cmocka_unit_test(survives_processes_that_are_killed),
        cmocka_unit_test(goes_on_after_a_claim_without_an_owner),
        cmocka_unit_test(finds_damage),
        cmocka_unit_test(finds_misplaced_entries),
        cmocka_unit_test(reads_any_memory),
    };
    return cmocka_run_group_tests(tests, set_up_events, tear_down_events);
}
