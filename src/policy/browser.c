/* Would a browser store it? (6265bis 5.7) */
#include "browser.h"

#include "../cookie/name_prefix.h"

static const cg_span verdict_names[CG_BROWSER_VERDICT_COUNT] = {
    [CG_BROWSER_UNKNOWN] = {"unknown", 7},
    [CG_BROWSER_STORED] = {"stored", 6},
    [CG_BROWSER_DISALLOWED_CHARACTER] = {"DisallowedCharacter", 19},
    [CG_BROWSER_NO_COOKIE_CONTENT] = {"NoCookieContent", 15},
    [CG_BROWSER_NAME_VALUE_TOO_LONG] = {"NameValuePairExceedsMaxSize", 27},
    [CG_BROWSER_SECURE_ONLY] = {"SecureOnly", 10},
    [CG_BROWSER_INVALID_DOMAIN] = {"InvalidDomain", 13},
    [CG_BROWSER_INVALID_PREFIX] = {"InvalidPrefix", 13},
    [CG_BROWSER_SAME_SITE_NONE_INSECURE] = {"SameSiteNoneInsecure", 20},
    [CG_BROWSER_INVALID_PARTITIONED] = {"InvalidPartitioned", 18},
};

cg_span cg_browser_verdict_name(cg_browser_verdict verdict)
{
    return verdict_names[verdict];
}

static bool has(const cg_attributes *attributes, cg_attribute attribute)
{
    return (attributes->present & CG_ATTRIBUTE_BIT(attribute)) != 0;
}

/* An IPv6 address, or four groups of digits: a host of which nothing can lie below. Names seldom
 * end in a digit, so their end tells most of them. */
static bool is_address(cg_span host)
{
    size_t end = host.len;
    while (end && (cg_ascii_is_digit(host.at[end - 1]) || host.at[end - 1] == '.')) {
        end--;
    }
    return end == 0 || cg_span_find(host, ':') < host.len;
}

bool cg_host_matches_domain(cg_span host, cg_span domain)
{
    if (host.len <= domain.len || is_address(host)) {
        return cg_span_equal_folded(host, domain);
    }
    return host.at[host.len - domain.len - 1] == '.' &&
           cg_span_equal_folded(cg_span_part(host, host.len - domain.len, host.len), domain);
}

static bool is_ascii(cg_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool is_domain_acceptable(cg_span domain, cg_span host)
{
    if (domain.len == 0) {
        return true;
    }
    if (!is_ascii(domain)) {
        return false;
    }
    if (host.len == 0) {
        return true;
    }
    if (!cg_host_matches_domain(host, domain)) {
        return false;
    }
    return cg_span_equal_folded(host, domain) || cg_span_find(domain, '.') < domain.len;
}

/* The default path of `request_path` is "/" (6265bis 5.1.4). */
static bool default_path_is_root(cg_span request_path)
{
    if (request_path.len == 0 || request_path.at[0] != '/') {
        return true;
    }
    return memchr(request_path.at + 1, '/', request_path.len - 1) == NULL;
}

static bool path_is_root(const cg_attributes *attributes, cg_span request_path)
{
    if (attributes->path.len == 0 || attributes->path.at[0] != '/') {
        return default_path_is_root(request_path);
    }
    return attributes->path.len == 1;
}

static bool prefix_is_kept(cg_span name, const cg_attributes *attributes, cg_span request_path)
{
    cg_prefix prefix = cg_prefix_find(name);
    const cg_prefix_row *needs = &cg_prefix_rows[prefix];

    if (prefix == CG_PREFIX_NONE) {
        return true;
    }
    if (!has(attributes, CG_ATTRIBUTE_SECURE) ||
        (needs->needs_httponly && !has(attributes, CG_ATTRIBUTE_HTTPONLY))) {
        return false;
    }
    return !needs->needs_host_only ||
           (has(attributes, CG_ATTRIBUTE_PATH) && path_is_root(attributes, request_path) &&
            !(has(attributes, CG_ATTRIBUTE_DOMAIN) && attributes->domain.len));
}

/* A cookie without a name must not carry the value of one with a prefix (6265bis 5.7, step 22). */
static bool hides_prefix(const cg_set_cookie *cookie)
{
    return cookie->name.len == 0 && cg_prefix_find(cookie->value) != CG_PREFIX_NONE;
}

static cg_browser_verdict judge_line(cg_line_kind kind)
{
    switch (kind) {
    case CG_LINE_CONTROL_CHARACTER:
        return CG_BROWSER_DISALLOWED_CHARACTER;
    case CG_LINE_EMPTY:
        return CG_BROWSER_NO_COOKIE_CONTENT;
    case CG_LINE_TOO_LONG:
        return CG_BROWSER_NAME_VALUE_TOO_LONG;
    default:
        return CG_BROWSER_UNKNOWN;
    }
}

cg_browser_verdict cg_browser_judge(const cg_set_cookie *cookie, const cg_attributes *attributes,
                                    const cg_circumstances *circumstances)
{
    bool is_secure = has(attributes, CG_ATTRIBUTE_SECURE);

    if (cookie->kind != CG_LINE_COOKIE) {
        return judge_line(cookie->kind);
    }
    if (has(attributes, CG_ATTRIBUTE_DOMAIN) &&
        !is_domain_acceptable(attributes->domain, circumstances->host)) {
        return CG_BROWSER_INVALID_DOMAIN;
    }
    if (is_secure && !circumstances->is_https) {
        return CG_BROWSER_SECURE_ONLY;
    }
    if (!is_secure && has(attributes, CG_ATTRIBUTE_SAMESITE) &&
        attributes->same_site == CG_SAME_SITE_NONE) {
        return CG_BROWSER_SAME_SITE_NONE_INSECURE;
    }
    if (!prefix_is_kept(cookie->name, attributes, circumstances->request_path) ||
        hides_prefix(cookie)) {
        return CG_BROWSER_INVALID_PREFIX;
    }
    if (!is_secure && has(attributes, CG_ATTRIBUTE_PARTITIONED)) {
        return CG_BROWSER_INVALID_PARTITIONED;
    }
    return CG_BROWSER_STORED;
}
