/* The shared segment: where everything stands, and how it is written without a lock.
 *
 *        0  +-----------------------------------------------------------+
 *           | magic | key of the hash                                   |   64
 *       64  +-----------------------------------------------------------+
 *           | counters: 64-bit words, side by side                      |  512
 *      576  +-----------------------------------------------------------+
 *           | hashes: ENTRY_COUNT 64-bit words; 0: free                 | 8192
 *           |   |h h h 0 0 0 0 0|h h 0 ...|   lines of eight; a search  |
 *           |   goes through eight lines, on to the first free word     |
 *     8768  +-----------------------------------------------------------+
 *           | sightings: ENTRY_COUNT entries of 768, entry i for hash i |
 *           |   +-----------------------------------------------------+ |
 *           |   | count | last | is_filled      changed ever after    | |
 *           |   +-----------------------------------------------------+ |
 *           |   | first, findings, lengths, vhost, name, before       | |
 *           |   |                               written once          | |
 *           |   +-----------------------------------------------------+ |
 *           +-----------------------------------------------------------+
 *   795200  +-----------------------------------------------------------+
 *           | notices: one bit for each thing that is said once         |  512
 *   795712  +-----------------------------------------------------------+
 *           | rates: two words for each virtual host                    | 65536
 *           |   | second and lines written in it | lines held back |    |
 *   861248  +-----------------------------------------------------------+
 *
 * An entry's life: free -> claimed -> filled, and never back. Whoever exchanges the 0 in `hashes`
 * for a hash has claimed the entry, and nobody else ever has: that sighting is the first one. The
 * owner writes the texts and sets is_filled last (release); a reader that sees it set (acquire)
 * sees the texts. Who finds the hash there already only adds to `count`, whether the entry is
 * filled or not. If the owner dies in between, the entry stays claimed: it is counted in, and
 * never handed over.
 *
 * Counters stand side by side because one response adds to several of them: that is one cache
 * line to fetch, and each addition is one relaxed instruction. */
#include "segment.h"

#include <assert.h>
#include <stdatomic.h>

#include "keyed_hash.h"

#define BIT(name) CG_ATTRIBUTE_BIT(CG_ATTRIBUTE_##name)

enum {
    ENTRY_COUNT = 1024,
    SLOTS_PER_LINE = 8, /* hashes in a cache line */
    PROBES_MAX = 64,    /* a full table costs no more than eight cache lines */
    CACHE_LINE = 64,
    COUNTERS_ROOM = 64,
    LINES_ROOM = 16,  /* CG_LINES_PER_SECOND and no line fit into it */
    VHOST_SIZE = 264, /* the longest host name there is, with its port */
    NAME_SIZE = 128,
    BEFORE_SIZE = 320,
    PATH_SIZE = 80 /* of Path and of Domain in `before` */
};

static const uint64_t segment_magic = UINT64_C(0x6367617564697431); /* "cgaudit1" */

static const uint64_t all_findings = CG_FINDING_BIT(CG_FINDING_COUNT) - 1;

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the segment needs 64-bit atomics without a lock");
static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "atomics must be plain words");
static_assert((ENTRY_COUNT & (ENTRY_COUNT - 1)) == 0, "an odd step comes through every line");
static_assert(CG_FINDING_COUNT <= 48 && CG_ATTRIBUTE_COUNT <= 12 && CG_SAME_SITE_COUNT <= 4 &&
                  CG_MODE_ON < 4,
              "these share a word that is hashed");

static_assert((int)CG_COUNTER_COUNT <= COUNTERS_ROOM, "there is no room for so many counters");
static_assert(CG_LINES_PER_SECOND < LINES_ROOM, "a window has no room for so many lines");

/* What an entry tells. */
typedef struct sighting_facts {
    int64_t first_us;
    uint64_t findings;
    uint16_t vhost_len;
    uint16_t name_len;
    uint16_t before_len;
    uint8_t mode;
    uint8_t is_session_like;
    uint8_t is_cut;
    char vhost[VHOST_SIZE];
    char name[NAME_SIZE];
    char before[BEFORE_SIZE];
} sighting_facts;

typedef struct sighting {
    _Alignas(CACHE_LINE) _Atomic uint64_t count; /* since the first one or the last summary */
    _Atomic int64_t last_us;
    _Atomic uint32_t is_filled;
    sighting_facts facts; /* written once, before is_filled */
} sighting;

/* How many lines were written in the last second that saw one. */
typedef struct line_rate {
    _Atomic uint64_t window; /* the second since 1970, times LINES_ROOM, plus the lines */
    _Atomic uint64_t held_back;
} line_rate;

struct cg_segment {
    _Alignas(CACHE_LINE) uint64_t magic;
    unsigned char key[CG_HASH_KEY_SIZE];
    _Alignas(CACHE_LINE) _Atomic uint64_t counters[COUNTERS_ROOM];
    _Alignas(CACHE_LINE) _Atomic uint64_t hashes[ENTRY_COUNT];
    sighting sightings[ENTRY_COUNT];
    _Atomic uint64_t notices[CG_NOTICE_MAX / 64];
    line_rate rates[CG_VHOSTS_MAX];
};

static_assert(sizeof(sighting) == 768, "the drawing shows another entry");
static_assert(offsetof(struct cg_segment, counters) == 64 &&
                  offsetof(struct cg_segment, hashes) == 576 &&
                  offsetof(struct cg_segment, sightings) == 8768 &&
                  offsetof(struct cg_segment, notices) == 795200 &&
                  offsetof(struct cg_segment, rates) == 795712 &&
                  sizeof(struct cg_segment) == 861248,
              "the drawing shows another segment");

#define NAME(name)                                                                                 \
    {                                                                                              \
        name, sizeof(name) - 1                                                                     \
    }
#define SESSION(action) [CG_COUNTER_SESSIONS + CG_TOLD_##action - 1]
#define REFUSAL(reason) [CG_COUNTER_REFUSALS + CG_REFUSAL_##reason - 1]

const cg_span cg_counter_names[CG_COUNTER_COUNT] = {
    [CG_COUNTER_RESPONSES] = NAME("responses"),
    [CG_COUNTER_COOKIES] = NAME("cookies"),
    [CG_COUNTER_REWRITTEN] = NAME("rewritten"),
    [CG_COUNTER_DROPPED] = NAME("dropped"),
    [CG_COUNTER_WITHHELD] = NAME("withheld"),
    [CG_COUNTER_TOKENS_SET] = NAME("tokens_set"),
    [CG_COUNTER_REFUSED] = NAME("refused"),
    [CG_COUNTER_CACHE_MARKED] = NAME("cache_marked"),
    [CG_COUNTER_IGNORED] = NAME("ignored"),
    [CG_COUNTER_FINDINGS] = NAME("findings"),
    [CG_COUNTER_RECORDS] = NAME("records"),
    [CG_COUNTER_RECORDS_LOST] = NAME("lost"),
    [CG_COUNTER_UNSEEN] = NAME("unseen"),
    [CG_COUNTER_HEADS] = NAME("heads"),
    [CG_COUNTER_HEADS_REWRITTEN] = NAME("heads_rewritten"),
    SESSION(CREATED) = NAME("sessions_created"),
    SESSION(ROTATED) = NAME("sessions_rotated"),
    SESSION(IDENTIFIED) = NAME("sessions_identified"),
    SESSION(ENDED) = NAME("sessions_ended"),
    SESSION(EXPIRED) = NAME("sessions_expired"),
    SESSION(EVICTED) = NAME("sessions_evicted"),
    SESSION(REFUSED) = NAME("tokens_refused"),
    SESSION(FORGED) = NAME("tokens_forged"),
    SESSION(REUSED) = NAME("tokens_reused"),
    SESSION(MUTED) = NAME("sessions_muted"),
    SESSION(DROPPED) = NAME("sessions_dropped"),
    SESSION(FULL) = NAME("sessions_full"),
    SESSION(TOO_LARGE) = NAME("sessions_too_large"),
    SESSION(FAILED) = NAME("sessions_failed"),
    [CG_COUNTER_RESTORED] = NAME("restored"),
    REFUSAL(SPELLING) = NAME("refused_spelling"),
    REFUSAL(PLAIN) = NAME("refused_plain"),
    REFUSAL(EMBEDDED) = NAME("refused_embedded"),
    REFUSAL(REPEATED) = NAME("refused_repeated"),
    REFUSAL(DOLLAR) = NAME("refused_dollar"),
    REFUSAL(QUOTE) = NAME("refused_quote"),
    REFUSAL(SURPLUS) = NAME("refused_surplus"),
};

size_t cg_segment_size(void)
{
    return sizeof(cg_segment);
}

cg_segment *cg_segment_make(void *memory, const unsigned char key[CG_HASH_KEY_SIZE])
{
    cg_segment *segment = memory;
    assert(((uintptr_t)memory & (CACHE_LINE - 1)) == 0);
    memcpy(segment->key, key, CG_HASH_KEY_SIZE);
    segment->magic = segment_magic;
    return segment;
}

void cg_counter_add(cg_segment *segment, cg_counter counter, uint64_t number)
{
    atomic_fetch_add_explicit(&segment->counters[counter], number, memory_order_relaxed);
}

uint64_t cg_counter_read(const cg_segment *segment, cg_counter counter)
{
    return atomic_load_explicit(&segment->counters[counter], memory_order_relaxed);
}

/* -- what makes two sightings the same ----------------------------------------------------- */

/* A hash that stands for the sighting; never 0. Two that differ meet in it by chance alone, and
 * nobody without the key can look for them. */
static uint64_t hash_event(const cg_event *event, const unsigned char key[CG_HASH_KEY_SIZE])
{
    const cg_attributes *says = &event->cookie.attributes;
    const cg_span vhost = event->request->vhost;
    const cg_span name = event->cookie.name;
    const cg_span path = says->present & BIT(PATH) ? says->path : (cg_span){NULL, 0};
    const cg_span domain = says->present & BIT(DOMAIN) ? says->domain : (cg_span){NULL, 0};
    const cg_span texts[] = {vhost, name, path, domain};
    uint64_t same_site = says->present & BIT(SAMESITE) ? (uint64_t)says->same_site : 0;
    cg_keyed_hash hash = cg_hash_begin(key);
    uint64_t end;

    cg_hash_word(&hash, event->findings << 16 | (uint64_t)says->present << 4 | same_site << 2 |
                            (uint64_t)event->mode);
    cg_hash_word(&hash, (uint64_t)name.len << 48 | (uint64_t)path.len << 32 |
                            (uint64_t)domain.len << 16 | (uint64_t)vhost.len);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cg_hash_text(&hash, texts[i]);
    }
    end = cg_hash_end(&hash);
    return end ? end : 1;
}

/* -- the table ----------------------------------------------------------------------------- */

/* The slot that a search for `hash` looks at after `probe` others: line by line, the lines in an
 * order of the hash's own, so that crowds do not grow. */
static size_t slot_of(uint64_t hash, unsigned probe)
{
    enum { LINE_COUNT = ENTRY_COUNT / SLOTS_PER_LINE };
    uint64_t step = (hash >> 32) | 1;
    uint64_t line = (hash + probe / SLOTS_PER_LINE * step) % LINE_COUNT;
    return (size_t)line * SLOTS_PER_LINE + probe % SLOTS_PER_LINE;
}

/* Copies a text into its field. One that is too long ends in "...". */
static uint16_t store_text(char *field, size_t size, cg_span text, uint8_t *is_cut)
{
    if (text.len <= size) {
        if (text.len) {
            memcpy(field, text.at, text.len);
        }
        return (uint16_t)text.len;
    }
    memcpy(field, text.at, size - 3);
    memcpy(field + size - 3, "...", 3);
    *is_cut = 1;
    return (uint16_t)size;
}

static uint16_t store_attributes(sighting_facts *facts, const cg_set_cookie *cookie)
{
    cg_attributes says = cookie->attributes;
    cg_writer writer = {.at = facts->before, .size = BEFORE_SIZE};
    char path[PATH_SIZE];
    char domain[PATH_SIZE];

    if (says.present & BIT(PATH)) {
        says.path.len = store_text(path, sizeof path, says.path, &facts->is_cut);
        says.path.at = path;
    }
    if (says.present & BIT(DOMAIN)) {
        says.domain.len = store_text(domain, sizeof domain, says.domain, &facts->is_cut);
        says.domain.at = domain;
    }
    cg_attributes_print(&writer, &says, cg_set_cookie_has_others(cookie));
    assert(!cg_writer_is_full(&writer));
    return (uint16_t)writer.len;
}

static void fill(sighting *entry, const cg_event *event)
{
    sighting_facts *facts = &entry->facts;
    facts->first_us = event->request->time_us;
    facts->findings = event->findings;
    facts->mode = (uint8_t)event->mode;
    facts->is_session_like = cg_name_is_session_like(event->cookie.name);
    facts->vhost_len = store_text(facts->vhost, VHOST_SIZE, event->request->vhost, &facts->is_cut);
    facts->name_len = store_text(facts->name, NAME_SIZE, event->cookie.name, &facts->is_cut);
    facts->before_len = store_attributes(facts, &event->cookie);
    atomic_store_explicit(&entry->is_filled, 1, memory_order_release);
}

/* Whoever takes the count has the moment too, and sees the entry claimed. */
static void note_again(sighting *entry, int64_t time_us)
{
    atomic_store_explicit(&entry->last_us, time_us, memory_order_relaxed);
    atomic_fetch_add_explicit(&entry->count, 1, memory_order_release);
}

cg_sight cg_segment_note(cg_segment *segment, const cg_event *event)
{
    uint64_t hash = hash_event(event, segment->key);

    for (unsigned i = 0; i < PROBES_MAX; i++) {
        size_t slot = slot_of(hash, i);
        uint64_t found = atomic_load_explicit(&segment->hashes[slot], memory_order_relaxed);
        if (found == 0 &&
            atomic_compare_exchange_strong_explicit(&segment->hashes[slot], &found, hash,
                                                    memory_order_release, memory_order_relaxed)) {
            fill(&segment->sightings[slot], event);
            return CG_SIGHT_FIRST;
        }
        if (found == hash) {
            note_again(&segment->sightings[slot], event->request->time_us);
            return CG_SIGHT_AGAIN;
        }
    }
    cg_counter_add(segment, CG_COUNTER_UNSEEN, 1);
    return CG_SIGHT_UNSEEN;
}

/* -- what is said once --------------------------------------------------------------------- */

bool cg_segment_notice_once(cg_segment *segment, unsigned notice)
{
    _Atomic uint64_t *word;
    uint64_t bit = UINT64_C(1) << (notice % 64);
    if (notice >= CG_NOTICE_MAX) {
        return false;
    }
    word = &segment->notices[notice / 64];
    if (atomic_load_explicit(word, memory_order_relaxed) & bit) {
        return false;
    }
    return (atomic_fetch_or_explicit(word, bit, memory_order_relaxed) & bit) == 0;
}

/* -- what clients can cause at will -------------------------------------------------------- */

enum { CLOCKS_DIFFER_MAX = 60 }; /* seconds; a clock that is further back was set */

/* The window after one more line, or 0 if it has no room for one. */
static uint64_t add_line(uint64_t window, uint64_t second)
{
    uint64_t begun = window / LINES_ROOM;
    if (second > begun || second + CLOCKS_DIFFER_MAX < begun) {
        return second * LINES_ROOM + 1;
    }
    return window % LINES_ROOM < CG_LINES_PER_SECOND ? window + 1 : 0;
}

static line_rate *rate_of(cg_segment *segment, unsigned vhost)
{
    return &segment->rates[vhost < CG_VHOSTS_MAX ? vhost : CG_VHOSTS_MAX - 1];
}

bool cg_segment_allow_line(cg_segment *segment, unsigned vhost, int64_t now_us, uint64_t *held_back)
{
    line_rate *rate = rate_of(segment, vhost);
    uint64_t second = now_us > 0 ? (uint64_t)now_us / 1000000 : 0;
    uint64_t window = atomic_load_explicit(&rate->window, memory_order_relaxed);
    uint64_t next;

    do {
        next = add_line(window, second);
        if (next == 0) {
            atomic_fetch_add_explicit(&rate->held_back, 1, memory_order_relaxed);
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&rate->window, &window, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    *held_back = cg_segment_take_held_back(segment, vhost);
    return true;
}

uint64_t cg_segment_take_held_back(cg_segment *segment, unsigned vhost)
{
    line_rate *rate = rate_of(segment, vhost);
    if (atomic_load_explicit(&rate->held_back, memory_order_relaxed) == 0) {
        return 0;
    }
    return atomic_exchange_explicit(&rate->held_back, 0, memory_order_relaxed);
}

/* -- summaries ----------------------------------------------------------------------------- */

static size_t bounded(uint16_t len, size_t size)
{
    return len < size ? len : size;
}

/* Tells of a copy of an entry's facts, which nobody else can change; what they say is not
 * trusted. */
static void summarize(const sighting_facts *facts, cg_sighting_count summary,
                      cg_summary_writer *write, void *context)
{
    summary.first_us = facts->first_us;
    summary.mode = facts->mode <= CG_MODE_ON ? (cg_mode)facts->mode : CG_MODE_OFF;
    summary.vhost = (cg_span){facts->vhost, bounded(facts->vhost_len, VHOST_SIZE)};
    summary.name = (cg_span){facts->name, bounded(facts->name_len, NAME_SIZE)};
    summary.before = (cg_span){facts->before, bounded(facts->before_len, BEFORE_SIZE)};
    summary.findings = facts->findings & all_findings;
    summary.is_session_like = facts->is_session_like != 0;
    summary.is_cut = facts->is_cut != 0;
    write(&summary, context);
}

void cg_segment_summarize(cg_segment *segment, int64_t now_us, cg_summary_writer *write,
                          void *context)
{
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        sighting *entry = &segment->sightings[i];
        cg_sighting_count summary = {.time_us = now_us};
        sighting_facts copy;
        if (atomic_load_explicit(&entry->is_filled, memory_order_acquire) != 1) {
            continue;
        }
        summary.count = atomic_exchange_explicit(&entry->count, 0, memory_order_acquire);
        if (summary.count == 0) {
            continue;
        }
        summary.last_us = atomic_load_explicit(&entry->last_us, memory_order_relaxed);
        memcpy(&copy, &entry->facts, sizeof copy);
        summarize(&copy, summary, write, context);
    }
}

/* -- the check ----------------------------------------------------------------------------- */

/* True if a search for the hash in `slot` gets there: no free slot and no twin on its way. */
static bool is_reachable(const cg_segment *segment, size_t slot, uint64_t hash)
{
    for (unsigned i = 0; i < PROBES_MAX; i++) {
        size_t passed = slot_of(hash, i);
        uint64_t found = atomic_load_explicit(&segment->hashes[passed], memory_order_relaxed);
        if (passed == slot) {
            return true;
        }
        if (found == 0 || found == hash) {
            return false;
        }
    }
    return false;
}

static const char *check_facts(const sighting_facts *facts)
{
    if (facts->vhost_len > VHOST_SIZE || facts->name_len > NAME_SIZE ||
        facts->before_len > BEFORE_SIZE) {
        return "a text is longer than its field";
    }
    if (facts->mode > CG_MODE_ON || facts->is_session_like > 1 || facts->is_cut > 1) {
        return "an entry says something that no event says";
    }
    if (facts->findings & ~all_findings) {
        return "an entry has a finding that is not in the table";
    }
    return NULL;
}

/* The hash is read last: whoever made the other words visible saw it before. */
static const char *check_entry(const cg_segment *segment, size_t slot)
{
    const sighting *entry = &segment->sightings[slot];
    uint32_t is_filled = atomic_load_explicit(&entry->is_filled, memory_order_acquire);
    uint64_t count = atomic_load_explicit(&entry->count, memory_order_acquire);
    uint64_t hash = atomic_load_explicit(&segment->hashes[slot], memory_order_acquire);

    if (is_filled > 1) {
        return "an entry is neither filled nor not";
    }
    if (hash == 0 && (is_filled || count)) {
        return "a free entry is in use";
    }
    if (hash && !is_reachable(segment, slot, hash)) {
        return "a hash stands where no search finds it";
    }
    return is_filled ? check_facts(&entry->facts) : NULL;
}

static const char *check_rate(const line_rate *rate)
{
    uint64_t window = atomic_load_explicit(&rate->window, memory_order_relaxed);
    return window % LINES_ROOM > CG_LINES_PER_SECOND ? "more lines were written than may be" : NULL;
}

const char *cg_segment_check(const cg_segment *segment)
{
    if (segment->magic != segment_magic) {
        return "this is no segment";
    }
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        const char *wrong = check_entry(segment, i);
        if (wrong) {
            return wrong;
        }
    }
    for (size_t i = 0; i < CG_VHOSTS_MAX; i++) {
        const char *wrong = check_rate(&segment->rates[i]);
        if (wrong) {
            return wrong;
        }
    }
    return NULL;
}
