/* The client's network, and which site had a browser ask. */
#include "session_client.h"

#include <apr_siphash.h>

enum { ADDRESS_ROOM = 8 };

/* The octets of an address that count. */
static size_t network_of(const apr_sockaddr_t *address, const unsigned char **octets)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    enum { IPV4_LEN = 4, IPV6_LEN = 16, CUSTOMER_LEN = 7 };

    *octets = address->ipaddr_ptr;
    if (address->ipaddr_len == IPV6_LEN && !memcmp(*octets, mapped, sizeof mapped)) {
        *octets += sizeof mapped;
        return IPV4_LEN;
    }
    return address->ipaddr_len > CUSTOMER_LEN ? CUSTOMER_LEN : (size_t)address->ipaddr_len;
}

/* The key's second half: the table places handles by the first one. */
uint64_t cg_session_source(const request_rec *r, const cg_sub_keys *sub_keys, const cg_realm *realm)
{
    const unsigned char *key = sub_keys->of[sub_keys->active].keys[CG_PURPOSE_PLACE];
    unsigned char text[CG_REALM_SIZE + ADDRESS_ROOM] = {0};
    const unsigned char *octets;
    size_t len = network_of(r->useragent_addr, &octets);

    memcpy(text, realm->octets, CG_REALM_SIZE);
    memcpy(text + CG_REALM_SIZE, octets, len);
    text[sizeof text - 1] = (unsigned char)len;
    return apr_siphash24(text, sizeof text, key + CG_KEY_SIZE - APR_SIPHASH_KSIZE);
}

static bool field_is(const request_rec *r, const char *name, const char *value)
{
    const char *field = apr_table_get(r->headers_in, name);
    return field && !ap_cstr_casecmp(field, value);
}

/* What somebody sees in a tab of its own, and may have gone to himself. */
static bool is_page(const request_rec *r)
{
    return field_is(r, "Sec-Fetch-Mode", "navigate") && field_is(r, "Sec-Fetch-Dest", "document");
}

/* A Strict token is kept back from all that another site asks for, a Lax one from a form that is sent
 * from there (6265bis 5.6.7.1: with safe methods alone it goes along). */
static bool is_kept_back_from_page(const request_rec *r, cg_same_site same_site)
{
    while (r->prev) {
        r = r->prev;
    }
    return same_site == CG_SAME_SITE_STRICT || r->method_number != M_GET;
}

/* Where the token is kept back from a page as well, only a login is worth a new one (single sign-on
 * comes from elsewhere). */
bool cg_session_may_begin(const request_rec *r, bool is_login)
{
    cg_same_site same_site = cg_config_of(r->server)->session.same_site;

    if (same_site == CG_SAME_SITE_NONE || !field_is(r, "Sec-Fetch-Site", "cross-site")) {
        return true;
    }
    return is_page(r) && (is_login || !is_kept_back_from_page(r, same_site));
}
