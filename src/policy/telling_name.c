/* Words in names, and names that are known. */
#include "telling_name.h"

/* What a word in a name says of its cookie. */
enum { SAYS_SESSION = 1, SAYS_FORGERY = 2, SAYS_SESSION_ALONE = 4 };

typedef struct name_word {
    const char *text; /* lower case; null ends a list */
    unsigned says;
} name_word;

/* For each letter the words that begin with it. "sid" counts only as a whole word: not in
 * "president". */
enum { LETTERS = 26, WORDS_OF_A_LETTER = 3 };
static const name_word name_words[LETTERS][WORDS_OF_A_LETTER + 1] = {
    ['a' - 'a'] = {{"auth", SAYS_SESSION}},
    ['c' - 'a'] = {{"csrf", SAYS_FORGERY}},
    ['f' - 'a'] = {{"forgery", SAYS_FORGERY}},
    ['j' - 'a'] = {{"jwt", SAYS_SESSION}},
    ['l' - 'a'] = {{"login", SAYS_SESSION}},
    ['s' - 'a'] = {{"sess", SAYS_SESSION}, {"sid", SAYS_SESSION_ALONE}, {"sso", SAYS_SESSION}},
    ['t' - 'a'] = {{"token", SAYS_SESSION}},
    ['x' - 'a'] = {{"xsrf", SAYS_FORGERY}},
};

/* What a letter is to some word: most places in a name are told by two letters. */
enum { BEGINS_WORD = 1, COMES_SECOND = 2 };
static const unsigned char places[256] = {
    ['A'] = BEGINS_WORD,
    ['C'] = BEGINS_WORD,
    ['E'] = COMES_SECOND,
    ['F'] = BEGINS_WORD,
    ['I'] = COMES_SECOND,
    ['J'] = BEGINS_WORD,
    ['L'] = BEGINS_WORD,
    ['O'] = COMES_SECOND,
    ['S'] = BEGINS_WORD | COMES_SECOND,
    ['T'] = BEGINS_WORD,
    ['U'] = COMES_SECOND,
    ['W'] = COMES_SECOND,
    ['X'] = BEGINS_WORD,
    ['a'] = BEGINS_WORD,
    ['c'] = BEGINS_WORD,
    ['e'] = COMES_SECOND,
    ['f'] = BEGINS_WORD,
    ['i'] = COMES_SECOND,
    ['j'] = BEGINS_WORD,
    ['l'] = BEGINS_WORD,
    ['o'] = COMES_SECOND,
    ['s'] = BEGINS_WORD | COMES_SECOND,
    ['t'] = BEGINS_WORD,
    ['u'] = COMES_SECOND,
    ['w'] = COMES_SECOND,
    ['x'] = BEGINS_WORD,
};

/* The letter's number, case left out; LETTERS or more for octets that are none. */
static inline unsigned letter_of(char c)
{
    return ((unsigned char)c | 0x20u) - 'a';
}

static inline bool is_letter(char c)
{
    return letter_of(c) < LETTERS;
}

/* Their first letter is known to be the same. A letter is lower case if its bit 0x20 is set. */
static inline bool begins_with_word(cg_span text, const char *word)
{
    size_t i = 1;
    while (i < text.len && word[i] && (text.at[i] | 0x20) == word[i]) {
        i++;
    }
    return word[i] == '\0';
}

/* The "sid" at `at` is at the end of the name or before something that is no letter, and after
 * none, unless the case changes there: SID, connect.sid, PHPSID, userSid. */
static bool stands_alone(cg_span name, size_t at)
{
    cg_span part = cg_span_part(name, at, at + 3);
    bool starts_here = at == 0 || !is_letter(name.at[at - 1]) ||
                       cg_span_equal(part, CG_SPAN("SID")) ||
                       (part.at[0] == 'S' && cg_ascii_lower(name.at[at - 1]) == name.at[at - 1]);
    return starts_here && (at + 3 == name.len || !is_letter(name.at[at + 3]));
}

/* What the word that begins at `at`, with a letter, says, if one does. */
static unsigned read_word(cg_span name, size_t at)
{
    for (const name_word *word = name_words[letter_of(name.at[at])]; word->text; word++) {
        if (!begins_with_word(cg_span_part(name, at, name.len), word->text)) {
            continue;
        }
        if (word->says != SAYS_SESSION_ALONE) {
            return word->says;
        }
        return stands_alone(name, at) ? SAYS_SESSION : 0;
    }
    return 0;
}

bool cg_name_is_session_like(cg_span name)
{
    unsigned said = 0;
    unsigned before = 0, place;
    for (size_t i = 0; i < name.len; i++, before = place) {
        place = places[(unsigned char)name.at[i]];
        if ((before & BEGINS_WORD) && (place & COMES_SECOND)) {
            said |= read_word(name, i - 1);
        }
    }
    return said == SAYS_SESSION;
}

/* Names that tell what runs behind them: whole, or from the start where a `*` ends them. For each
 * letter those that begin with it, and last those that begin with no letter. */
enum { NAMES_OF_A_LETTER = 5 };
static const cg_span technology_names[LETTERS + 1][NAMES_OF_A_LETTER + 1] = {
    ['a' - 'a'] = {{"ASP.NET_*", 9}, {"ASPSESSIONID*", 13}},
    ['b' - 'a'] = {{"BIGipServer*", 12}},
    ['c' - 'a'] =
        {{"CFID", 4}, {"CFTOKEN", 7}, {"CAKEPHP", 7}, {"ci_session", 10}, {"connect.sid", 11}},
    ['g' - 'a'] = {{"grafana_session", 15}},
    ['j' - 'a'] = {{"JSESSIONID*", 11}},
    ['l' - 'a'] = {{"laravel_session", 15}},
    ['n' - 'a'] = {{"NSC_*", 5}},
    ['p' - 'a'] = {{"PHPSESSID", 9}, {"PLAY_SESSION", 12}, {"phpMyAdmin", 10}},
    ['r' - 'a'] = {{"rack.session", 12}},
    ['w' - 'a'] = {{"wordpress_*", 11}, {"wp-settings-*", 13}},
    [LETTERS] = {{".AspNetCore.*", 13}},
};

static bool is_technology(cg_span name, cg_span known)
{
    bool is_beginning = known.at[known.len - 1] == '*';
    known.len -= is_beginning;
    return is_beginning ? cg_span_starts(name, known) : cg_span_equal(name, known);
}

bool cg_name_reveals_technology(cg_span name)
{
    unsigned letter = name.len && is_letter(name.at[0]) ? letter_of(name.at[0]) : LETTERS;
    for (const cg_span *known = technology_names[letter]; known->len; known++) {
        if (is_technology(name, *known)) {
            return true;
        }
    }
    return false;
}
