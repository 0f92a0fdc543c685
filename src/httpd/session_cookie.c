/* Writing the token's Set-Cookie line. */
#include "session_cookie.h"

#include "cache_control.h"
#include "judging.h"

/* Octets of a line besides the name and the value. */
enum { LINE_ROOM = 128 };

static void write_attributes(cg_writer *line, const cg_session_settings *settings)
{
    cg_write(line, CG_SPAN("; Secure; HttpOnly; SameSite="));
    cg_write(line, cg_same_site_name(settings->same_site));
    if (settings->is_partitioned) {
        cg_write(line, CG_SPAN("; Partitioned"));
    }
}

static cg_span make_line(request_rec *r, cg_span value, cg_span lifetime)
{
    const cg_session_settings *settings = &cg_config_of(r->server)->session;
    cg_writer line = {.size = settings->cookie_name.len + value.len + LINE_ROOM};

    line.at = apr_palloc(r->pool, line.size + 1);
    cg_write(&line, settings->cookie_name);
    cg_write_char(&line, '=');
    cg_write(&line, value);
    cg_write(&line, CG_SPAN("; Path=/"));
    cg_write(&line, lifetime);
    write_attributes(&line, settings);
    ap_assert(!cg_writer_is_full(&line));
    line.at[line.len] = '\0';
    return (cg_span){line.at, line.len};
}

static void vary_by_cookie(request_rec *r)
{
    const char *vary = apr_table_get(r->headers_out, "Vary");
    if (!vary || !(ap_find_token(r->pool, vary, "Cookie") || ap_find_token(r->pool, vary, "*"))) {
        apr_table_mergen(r->headers_out, "Vary", "Cookie");
    }
}

/* No policy judges the line, with this head or with a later one of the same request. */
static void send_line(request_rec *r, cg_span line)
{
    cg_response *response = cg_response_make(r);
    cg_own_line *own = apr_palloc(r->pool, sizeof *own);

    *own = (cg_own_line){.text = line.at, .next = response->own_lines};
    response->own_lines = own;
    apr_table_addn(r->err_headers_out, "Set-Cookie", line.at);
    cg_cache_control_forbid(r);
    vary_by_cookie(r);
}

cg_span cg_session_cookie_send(request_rec *r, cg_token *token)
{
    char text[CG_TOKEN_TEXT_LEN + 1];
    cg_span line;

    cg_token_print(token, text);
    line = make_line(r, (cg_span){text, CG_TOKEN_TEXT_LEN}, (cg_span){NULL, 0});
    cg_wipe(text, sizeof text);
    cg_wipe(token, sizeof *token);
    send_line(r, line);
    return line;
}

void cg_session_cookie_delete(request_rec *r)
{
    send_line(r, make_line(r, (cg_span){NULL, 0}, CG_SPAN("; Max-Age=0")));
}
