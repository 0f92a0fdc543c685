/* The key ring: its text, and how it turns. */
#include "key_ring.h"

#include "base64.h"
#include "moment.h"

/* Of a key: 43 letters and a sign of padding, which stand in groups of letters with some to spare. */
enum {
    KEY_TEXT_LEN = 44,
    KEY_GROUPS = 6,
    LETTERS_ROOM = KEY_GROUPS * CG_BASE64_LETTERS,
    OCTETS_ROOM = KEY_GROUPS * CG_BASE64_OCTETS
};
/* Draws until an id is new: with 64 keys the first one fails once in 67 million. */
enum { DRAWS_MAX = 8 };

#define ID_PURPOSE CG_SPAN("mod_cookieguard/1/id")

static const char head[] =
    "# The keys of mod_cookieguard's sessions: with one of them and a browser's token a session\n"
    "# opens, without a token none does. For the user who starts the server alone: mode 0600, and\n"
    "# in no backup that others read. It is read at start, restart and graceful.\n"
    "#\n"
    "# id, created, state (next, active, old, revoked), retired, key\n";

static const cg_span state_words[] = {
    [CG_KEY_REVOKED] = {"revoked", 7},
    [CG_KEY_OLD] = {"old", 3},
    [CG_KEY_NEXT] = {"next", 4},
    [CG_KEY_ACTIVE] = {"active", 6},
};

enum { STATES = sizeof state_words / sizeof state_words[0] };

/* -- fields of a line ----------------------------------------------------------------------- */

static int value_of_hex(char c)
{
    return cg_ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_id(cg_span text, cg_ring_key *key)
{
    if (text.len != CG_KEY_ID_TEXT_LEN) {
        return false;
    }
    for (size_t i = 0; i < CG_KEY_ID_SIZE; i++) {
        int high = value_of_hex(text.at[2 * i]), low = value_of_hex(text.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        key->id[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

void cg_key_id_print(const unsigned char id[CG_KEY_ID_SIZE], char text[CG_KEY_ID_TEXT_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < CG_KEY_ID_SIZE; i++) {
        text[2 * i] = digits[id[i] >> 4];
        text[2 * i + 1] = digits[id[i] & 15];
    }
    text[CG_KEY_ID_TEXT_LEN] = '\0';
}

static bool read_created(cg_span text, cg_ring_key *key)
{
    return cg_moment_parse(text, &key->created);
}

static bool read_state(cg_span text, cg_ring_key *key)
{
    for (unsigned i = 0; i < STATES; i++) {
        if (cg_span_equal(text, state_words[i])) {
            key->state = (cg_key_state)i;
            return true;
        }
    }
    return false;
}

static bool read_retired(cg_span text, cg_ring_key *key)
{
    key->retired = 0;
    return cg_span_equal(text, CG_SPAN("-")) || cg_moment_parse(text, &key->retired);
}

static bool is_zero(const unsigned char *octets, size_t count)
{
    unsigned char found = 0;
    for (size_t i = 0; i < count; i++) {
        found |= octets[i];
    }
    return found == 0;
}

/* The padding is read as letters of six zeros: then all octets behind the key must be zero. */
static bool read_key(cg_span text, cg_ring_key *key)
{
    unsigned char octets[OCTETS_ROOM];
    char letters[LETTERS_ROOM];
    bool is_key;

    if (text.len != KEY_TEXT_LEN || text.at[KEY_TEXT_LEN - 1] != '=') {
        return false;
    }
    memset(letters, 'A', sizeof letters);
    memcpy(letters, text.at, KEY_TEXT_LEN - 1);
    is_key = cg_base64_read(CG_BASE64, letters, KEY_GROUPS, octets) &&
             is_zero(octets + CG_KEY_SIZE, OCTETS_ROOM - CG_KEY_SIZE);
    if (is_key) {
        memcpy(key->key, octets, CG_KEY_SIZE);
    }
    cg_wipe(letters, sizeof letters);
    cg_wipe(octets, sizeof octets);
    return is_key;
}

static void write_key(cg_writer *writer, const cg_ring_key *key)
{
    unsigned char octets[OCTETS_ROOM] = {0};
    char letters[LETTERS_ROOM];

    memcpy(octets, key->key, CG_KEY_SIZE);
    cg_base64_print(CG_BASE64, octets, KEY_GROUPS, letters);
    cg_write(writer, (cg_span){letters, KEY_TEXT_LEN - 1});
    cg_write_char(writer, '=');
    cg_wipe(letters, sizeof letters);
    cg_wipe(octets, sizeof octets);
}

/* -- lines ---------------------------------------------------------------------------------- */

static const struct {
    bool (*read)(cg_span text, cg_ring_key *key);
    const char *sentence;
} fields[] = {
    {read_id, "the id is not 8 hexadecimal digits in lower case"},
    {read_created, "the moment of creation is none like 2026-11-24T01:53:27Z"},
    {read_state, "the state is none of next, active, old and revoked"},
    {read_retired, "the moment of retirement is neither - nor one like 2026-11-24T01:53:27Z"},
    {read_key, "the key is not 32 octets in base64: 43 letters and ="},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

/* Takes a line off *rest. */
static cg_span take_line(cg_span *rest)
{
    size_t end = cg_span_find(*rest, '\n');
    cg_span line = cg_span_part(*rest, 0, end);
    *rest = cg_span_part(*rest, end < rest->len ? end + 1 : end, rest->len);
    return line;
}

static cg_span take_field(cg_span *rest)
{
    cg_span text = cg_span_trim(*rest);
    size_t end = 0;
    while (end < text.len && !cg_ascii_is_wsp(text.at[end])) {
        end++;
    }
    *rest = cg_span_part(text, end, text.len);
    return cg_span_part(text, 0, end);
}

static bool make_id(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE],
                    unsigned char id[CG_KEY_ID_SIZE])
{
    unsigned char digest[CG_DIGEST_SIZE];
    if (!cg_hmac_once(crypto, key, ID_PURPOSE.at, ID_PURPOSE.len, digest)) {
        return false;
    }
    memcpy(id, digest, CG_KEY_ID_SIZE);
    return true;
}

/* What the fields of one key say of each other: null, or a sentence. */
static const char *check_key(cg_crypto *crypto, const cg_ring_key *key)
{
    bool is_in_use = key->state == CG_KEY_NEXT || key->state == CG_KEY_ACTIVE;
    unsigned char id[CG_KEY_ID_SIZE];

    if (is_in_use && key->retired) {
        return "a key that is next or active is not retired: - stands there";
    }
    if (!is_in_use && !key->retired) {
        return "a key that is old or revoked was retired at some moment";
    }
    if (key->retired && key->retired < key->created) {
        return "the key was retired before it was created";
    }
    if (!make_id(crypto, key->key, id)) {
        return "there is no memory to compute the id";
    }
    if (memcmp(id, key->id, sizeof id) != 0) {
        return "the id is not that of the key: one of the two was changed";
    }
    return NULL;
}

/* Null, or a sentence. */
static const char *parse_line(cg_crypto *crypto, cg_span line, cg_ring_key *key)
{
    for (unsigned i = 0; i < FIELDS; i++) {
        cg_span text = take_field(&line);
        if (text.len == 0) {
            return "a line has five fields: id, created, state, retired and key";
        }
        if (!fields[i].read(text, key)) {
            return fields[i].sentence;
        }
    }
    if (cg_span_trim(line).len) {
        return "something stands behind the key";
    }
    return check_key(crypto, key);
}

/* -- the whole ------------------------------------------------------------------------------ */

static unsigned count_state(const cg_key_ring *ring, cg_key_state state)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ring->count; i++) {
        count += ring->keys[i].state == state;
    }
    return count;
}

static bool has_id(const cg_key_ring *ring, const unsigned char id[CG_KEY_ID_SIZE])
{
    for (unsigned i = 0; i < ring->count; i++) {
        if (memcmp(ring->keys[i].id, id, CG_KEY_ID_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

/* What the key behind the last one of the ring says beside the others. */
static const char *check_newcomer(const cg_key_ring *ring, const cg_ring_key *key)
{
    if (has_id(ring, key->id)) {
        return "the key stands here twice";
    }
    if (key->state == CG_KEY_ACTIVE && count_state(ring, CG_KEY_ACTIVE)) {
        return "a second key is active";
    }
    if (key->state == CG_KEY_NEXT && count_state(ring, CG_KEY_NEXT)) {
        return "a second key is next";
    }
    return NULL;
}

static const char *parse_key(cg_crypto *crypto, cg_span line, cg_key_ring *ring)
{
    cg_ring_key *key = &ring->keys[ring->count];
    const char *sentence;

    if (ring->count == CG_RING_KEYS_MAX) {
        return "there are more than 64 keys";
    }
    sentence = parse_line(crypto, line, key);
    if (sentence == NULL) {
        sentence = check_newcomer(ring, key);
    }
    ring->count += sentence == NULL;
    return sentence;
}

static const char *parse_lines(cg_crypto *crypto, cg_span text, cg_key_ring *ring, unsigned *number)
{
    while (text.len) {
        cg_span line = cg_span_trim(take_line(&text));
        const char *sentence;
        ++*number;
        if (line.len == 0 || line.at[0] == '#') {
            continue;
        }
        sentence = parse_key(crypto, line, ring);
        if (sentence) {
            return sentence;
        }
    }
    *number = 0;
    return count_state(ring, CG_KEY_ACTIVE) ? NULL : "no key is active";
}

bool cg_key_ring_parse(cg_crypto *crypto, cg_span text, cg_key_ring *ring, cg_ring_error *error)
{
    *error = (cg_ring_error){0};
    memset(ring, 0, sizeof *ring);
    if (text.len > CG_RING_TEXT_MAX) {
        error->sentence = "the file is too long for a key ring";
        return false;
    }
    error->sentence = parse_lines(crypto, text, ring, &error->line);
    if (error->sentence) {
        cg_wipe(ring, sizeof *ring);
    }
    return error->sentence == NULL;
}

/* In columns: `text` was written, and blanks follow up to `width`. */
static void write_column(cg_writer *writer, cg_span text, size_t width)
{
    cg_write(writer, text);
    for (size_t i = text.len; i <= width; i++) {
        cg_write_char(writer, ' ');
    }
}

static cg_span print_retired(const cg_ring_key *key, char room[CG_MOMENT_TEXT_LEN])
{
    cg_writer writer = {.at = room, .size = CG_MOMENT_TEXT_LEN};
    if (key->retired == 0) {
        return CG_SPAN("-");
    }
    cg_moment_print(&writer, key->retired);
    return (cg_span){room, CG_MOMENT_TEXT_LEN};
}

static void print_line(const cg_ring_key *key, cg_writer *writer)
{
    char id[CG_KEY_ID_TEXT_LEN + 1], retired[CG_MOMENT_TEXT_LEN];

    cg_key_id_print(key->id, id);
    write_column(writer, cg_span_of(id), CG_KEY_ID_TEXT_LEN);
    cg_moment_print(writer, key->created);
    cg_write_char(writer, ' ');
    write_column(writer, state_words[key->state], state_words[CG_KEY_REVOKED].len);
    write_column(writer, print_retired(key, retired), CG_MOMENT_TEXT_LEN);
    write_key(writer, key);
    cg_write_char(writer, '\n');
}

void cg_key_ring_print(const cg_key_ring *ring, cg_writer *writer)
{
    cg_write(writer, CG_SPAN(head));
    for (unsigned i = 0; i < ring->count; i++) {
        print_line(&ring->keys[i], writer);
    }
}

/* -- turning -------------------------------------------------------------------------------- */

static bool draw_key(cg_crypto *crypto, const cg_key_ring *ring, int64_t now, cg_ring_key *key)
{
    *key = (cg_ring_key){.state = CG_KEY_NEXT, .created = now};
    for (int i = 0; i < DRAWS_MAX; i++) {
        if (!cg_random(crypto, key->key, sizeof key->key) || !make_id(crypto, key->key, key->id)) {
            break;
        }
        if (!has_id(ring, key->id)) {
            return true;
        }
    }
    cg_wipe(key, sizeof *key);
    return false;
}

bool cg_key_ring_make(cg_crypto *crypto, int64_t now, cg_key_ring *ring)
{
    memset(ring, 0, sizeof *ring);
    for (unsigned i = 0; i < 2; i++) {
        if (!draw_key(crypto, ring, now, &ring->keys[i])) {
            cg_wipe(ring, sizeof *ring);
            return false;
        }
        ring->count++;
    }
    ring->keys[0].state = CG_KEY_ACTIVE;
    return true;
}

static bool is_forgotten(const cg_ring_key *key, int64_t forget)
{
    return key->retired != 0 && key->retired < forget;
}

static unsigned count_forgotten(const cg_key_ring *ring, int64_t forget)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ring->count; i++) {
        count += is_forgotten(&ring->keys[i], forget);
    }
    return count;
}

static void leave_out_forgotten(cg_key_ring *ring, int64_t forget)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < ring->count; i++) {
        if (!is_forgotten(&ring->keys[i], forget)) {
            ring->keys[kept++] = ring->keys[i];
        }
    }
    cg_wipe(&ring->keys[kept], (ring->count - kept) * sizeof ring->keys[0]);
    ring->count = kept;
}

static void turn_states(cg_key_ring *ring, int64_t now)
{
    for (unsigned i = 0; i < ring->count; i++) {
        cg_ring_key *key = &ring->keys[i];
        if (key->state == CG_KEY_ACTIVE) {
            key->state = CG_KEY_OLD;
            key->retired = now > key->created ? now : key->created;
        } else if (key->state == CG_KEY_NEXT) {
            key->state = CG_KEY_ACTIVE;
        }
    }
}

/* Without a next one (it was revoked), the first of two new keys becomes active at once. That these
 * two have one id happens once in four thousand million times; then the next start tries again. */
bool cg_key_ring_rotate(cg_crypto *crypto, int64_t now, int64_t forget, cg_key_ring *ring)
{
    cg_ring_key drawn[2];
    unsigned count = count_state(ring, CG_KEY_NEXT) ? 1 : 2;
    bool is_drawn;

    if (ring->count - count_forgotten(ring, forget) + count > CG_RING_KEYS_MAX) {
        return false;
    }
    is_drawn = draw_key(crypto, ring, now, &drawn[0]) && draw_key(crypto, ring, now, &drawn[1]) &&
               memcmp(drawn[0].id, drawn[1].id, CG_KEY_ID_SIZE) != 0;
    if (is_drawn) {
        leave_out_forgotten(ring, forget);
        turn_states(ring, now);
        drawn[0].state = count == 2 ? CG_KEY_ACTIVE : CG_KEY_NEXT;
        memcpy(&ring->keys[ring->count], drawn, count * sizeof drawn[0]);
        ring->count += count;
    }
    cg_wipe(drawn, sizeof drawn);
    return is_drawn;
}

const cg_ring_key *cg_key_ring_active(const cg_key_ring *ring)
{
    for (unsigned i = 0; i < ring->count; i++) {
        if (ring->keys[i].state == CG_KEY_ACTIVE) {
            return &ring->keys[i];
        }
    }
    return NULL;
}
