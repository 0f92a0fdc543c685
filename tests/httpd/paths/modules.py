"""Cookies that httpd's own modules set, and filters that a response passes."""
from env.paths import HTTP1, Path

VALUE = "cgsecret[0-9a-f]{16}"


def made_by(prefix, bare, complete, strict):
    return {"bare": "bare_" + prefix + bare, "complete": "complete_" + prefix + complete,
            "strict": "strict_" + prefix + strict}


SESSION = made_by("session=what=" + VALUE, ";path=/",
                  ";path=/;Secure;HttpOnly;SameSite=Lax", ";path=/;SameSite=Strict")
EXPIRING = {"bare": f"bare_session=(expiry=[0-9]+&)?what={VALUE}(&expiry=[0-9]+)?"
                    ";Max-Age=[0-9]+;path=/"}
UUID = "[0-9a-f]{8}-[0-9a-f-]{27}"
DBD = made_by("dbd=" + UUID, ";path=/", ";path=/;Secure;HttpOnly;SameSite=Lax",
              ";path=/;SameSite=Strict")
FORM = made_by("form=[^;]+", ";path=/", ";path=/;Secure;HttpOnly;SameSite=Lax",
               ";path=/;SameSite=Strict")
LOGOUT = made_by("form=[^;]*", "(;Max-Age=[0-9]+)?;path=/",
                 "(;Max-Age=[0-9]+)?;path=/;Secure;HttpOnly;SameSite=Lax",
                 "(;Max-Age=[0-9]+)?;path=/;SameSite=Strict")
TRACK = made_by("track=[0-9a-f.:]+", "; path=/", "; path=/; SameSite=Lax; Secure; HttpOnly",
                "; path=/; SameSite=Strict")
LUA = {"bare": f"bare_setcookie={VALUE}; +Path=/;?"}
LOGIN = b"httpd_username=tester&httpd_password=right"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
BY = "the module makes the line"

CGI_STATUSES = [200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401,
                402, 403, 404, 405, 406, 409, 410, 415, 418, 422, 429, 451, 500, 501, 502, 503,
                504, 507]


def twice(line):
    return [line, line]


PATHS = [
    *[Path(f"cgi-{status}", f"CGI script, {status}", f"/cgi-bin/answer/{status}", status,
           once_per="CGI")
      for status in CGI_STATUSES],
    Path("cgi-local-redirect", "CGI script, local redirect to a page", "/cgi-bin/local-redirect"),
    Path("cgi-remote-redirect", "CGI script, Location without Status", "/cgi-bin/remote-redirect",
         302),
    Path("cgi-head", "CGI script, HEAD", "/cgi-bin/answer/200", method="HEAD"),
    Path("cgi-post", "CGI script, POST", "/cgi-bin/answer/200", method="POST", body=b"a=b"),
    Path("cgi-index", "CGI script as DirectoryIndex", "/index-cgi/"),
    Path("cgi-broken", "500, CGI script that ends early, `Header always set`",
         "/broken-cgi/broken", 500, expects=(r"Premature end of script headers",)),
    Path("cgi-action", "mod_actions, a CGI script as handler", "/static/action"),
    Path("rewrite-through", "mod_rewrite [PT] to a page", "/rewrite/through",
         headers={"X-Where": "always-set"}),
    Path("ssi", "a script included by SSI (httpd drops the cookie)", "/ssi.shtml",
         arrives=lambda line: []),
    Path("refused-header-page", "500 because httpd refused a header of mod_lua, ErrorDocument "
         "file with `Header always set`", "/refused/lua", 500, expects=(r"AH02430|AH02429",),
         needs="lua", transports=HTTP1, why="over HTTP/2 httpd resets the stream",
         once_per="refused header"),
    Path("refused-header-cgi", "500 because httpd refused a header of mod_lua, ErrorDocument "
         "CGI script", "/refused-cgi/lua", 500, expects=(r"AH02430|AH02429",), needs="lua",
         transports=HTTP1, why="over HTTP/2 httpd resets the stream"),
    # mod_lua
    Path("lua-handler-out", "mod_lua handler, headers_out", "/lua/out", once_per="lua"),
    Path("lua-handler-err", "mod_lua handler, err_headers_out", "/lua/err"),
    Path("lua-handler-setcookie", "mod_lua handler, `r:setcookie`", "/lua/setcookie", made=LUA,
         only=("bare",), why="mod_lua makes the line"),
    Path("lua-handler-404", "mod_lua handler that returns 404", "/lua/status", 404),
    Path("lua-hook", "mod_lua hook (fixups)", "/static/lua-hook"),
    Path("lua-filter", "mod_lua output filter", "/static/lua-filter"),
    Path("lua-quick-out", "LuaQuickHandler, headers_out", "/lua/quick/out"),
    Path("lua-quick-err", "LuaQuickHandler, err_headers_out", "/lua/quick/err"),
    # a module of the tests
    Path("quick-out", "quick handler of a module, headers_out", "/cgtest/quick/out",
         once_per="quick handler"),
    Path("quick-err", "quick handler of a module, err_headers_out", "/cgtest/quick/err"),
    Path("early-responder-out", "responder in post_read_request, headers_out",
         "/cgtest/early/out", once_per="early responder"),
    Path("early-responder-err", "responder in post_read_request, err_headers_out",
         "/cgtest/early/err"),
    Path("handler-out", "handler of a module, headers_out", "/cgtest/handler/out"),
    Path("handler-err", "handler of a module, err_headers_out", "/cgtest/handler/err"),
    Path("handler-both", "handler of a module, the same line in both tables",
         "/cgtest/handler/both", arrives=twice),
    Path("handler-die", "handler of a module that returns 403", "/cgtest/handler/die", 403),
    Path("handler-empty", "handler of a module without a body", "/cgtest/handler/empty"),
    Path("handler-flush", "handler of a module that flushes", "/cgtest/handler/flush"),
    Path("handler-redirect", "handler of a module that redirects internally",
         "/cgtest/handler/redirect"),
    Path("handler-late", "handler of a module that sets a cookie again after the head is gone "
         "(httpd drops it)", "/cgtest/handler/late"),
    Path("handler-subrequest", "sub-request of a module (httpd drops the cookie)",
         "/cgtest/handler/subrequest", arrives=lambda line: []),
    # sessions and tracking
    Path("session-cookie", "mod_session_cookie", "/session/{kind}", made=SESSION, why=BY,
         once_per="mod_session"),
    Path("session-cookie-age", "mod_session_cookie with SessionMaxAge", "/session/expiring",
         made=EXPIRING, only=("bare",), why=BY),
    Path("session-dbd", "mod_session_dbd (sends its line twice, once per table)",
         "/session-dbd/{kind}", made=DBD, arrives=twice, why=BY),
    Path("auth-form-login", "mod_auth_form, the redirect after login", "/form/{kind}/login", 302,
         method="POST", body=LOGIN, headers=FORM_TYPE, made=FORM, why=BY,
         once_per="mod_auth_form"),
    Path("auth-form-logout", "mod_auth_form, logout", "/form/{kind}/logout", 307, made=LOGOUT,
         why=BY),
    Path("usertrack", "mod_usertrack on a page", "/static/track-{kind}", made=TRACK, why=BY),
    Path("usertrack-404", "mod_usertrack on an error page", "/missing/track-{kind}", 404,
         made=TRACK, why=BY, once_per="mod_usertrack"),
    # filters
    Path("deflate", "mod_deflate", "/static/deflate", headers={"Accept-Encoding": "gzip"},
         once_per="filter"),
    Path("deflate-head", "mod_deflate, HEAD", "/static/deflate", method="HEAD",
         headers={"Accept-Encoding": "gzip"}),
    Path("substitute", "mod_substitute", "/static/substitute"),
    Path("ratelimit", "mod_ratelimit", "/static/ratelimit"),
    Path("buffer", "mod_buffer", "/static/buffer"),
    # other generators
    Path("status", "mod_status", "/server-status?auto"),
    Path("autoindex", "mod_autoindex", "/views/"),
    Path("dav-put", "mod_dav, 201 or 204 after PUT", "/dav/{kind}.txt", (201, 204), method="PUT",
         body=b"text", once_per="mod_dav"),
    Path("dav-propfind", "mod_dav, 207", "/dav/", 207, method="PROPFIND",
         headers={"Depth": "0"}),
    Path("dav-404", "mod_dav, 404", "/dav/none", 404, method="DELETE"),
]
