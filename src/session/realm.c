/* Realms and subjects: names, each with its length, hashed. */
#include "realm.h"

/* A count of names, and the names, each with its length in two octets. */
enum { LENGTH_SIZE = 2, NAMES_MAX = 2 };
typedef struct cg_names {
    unsigned char text[1 + NAMES_MAX * (LENGTH_SIZE + CG_HOST_NAME_MAX)];
    size_t len;
} cg_names;

static void put_length(unsigned char *at, size_t length, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (unsigned char)(length >> (8 * i) & 0xff);
    }
}

static bool put_name(cg_names *names, cg_span name, bool folds)
{
    unsigned char *at = names->text + names->len;
    if (name.len > CG_HOST_NAME_MAX) {
        return false;
    }
    put_length(at, name.len, LENGTH_SIZE);
    for (size_t i = 0; i < name.len; i++) {
        char c = folds ? cg_ascii_lower(name.at[i]) : name.at[i];
        at[LENGTH_SIZE + i] = (unsigned char)c;
    }
    names->text[0]++;
    names->len += LENGTH_SIZE + name.len;
    return true;
}

/* True if `text` is a colon and digits, or the colon alone (RFC 3986 3.2.3). */
static bool is_port(cg_span text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (!cg_ascii_is_digit(text.at[i])) {
            return false;
        }
    }
    return text.len > 0 && text.at[0] == ':';
}

/* The host alone: no port, not one dot at the end. Colons within brackets are an address's. */
static cg_span bare_host(cg_span name)
{
    size_t bracket = name.len && name.at[0] == '[' ? cg_span_find(name, ']') : 0;
    size_t start = bracket < name.len ? bracket : 0;
    size_t colon = start + cg_span_find(cg_span_part(name, start, name.len), ':');

    if (is_port(cg_span_part(name, colon, name.len))) {
        name.len = colon;
    }
    if (name.len && name.at[name.len - 1] == '.') {
        name.len--;
    }
    return name;
}

bool cg_realm_make(cg_crypto *crypto, cg_span server_name, cg_span host, cg_realm *realm)
{
    cg_names names = {.len = 1};
    return put_name(&names, bare_host(server_name), true) &&
           put_name(&names, bare_host(host), true) &&
           cg_sha256(crypto, names.text, names.len, realm->octets);
}

bool cg_realm_make_shared(cg_crypto *crypto, cg_span name, cg_realm *realm)
{
    cg_names names = {.len = 1};
    return put_name(&names, name, false) && cg_sha256(crypto, names.text, names.len, realm->octets);
}

bool cg_subject_make(cg_crypto *crypto, const unsigned char key[CG_KEY_SIZE], const cg_realm *realm,
                     cg_span user, unsigned char subject[CG_SUBJECT_SIZE])
{
    unsigned char length[8], digest[CG_DIGEST_SIZE];
    const cg_span parts[] = {
        {(const char *)realm->octets, sizeof realm->octets},
        {(const char *)length, sizeof length},
        user,
    };

    memset(subject, 0, CG_SUBJECT_SIZE);
    if (user.len == 0) {
        return true;
    }
    put_length(length, user.len, sizeof length);
    if (!cg_hmac_parts(crypto, key, parts, sizeof parts / sizeof parts[0], digest)) {
        return false;
    }
    memcpy(subject, digest, CG_SUBJECT_SIZE);
    return true;
}
