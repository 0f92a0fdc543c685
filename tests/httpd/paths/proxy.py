"""Backends behind mod_proxy: what they send is played back byte for byte."""
from env.paths import HTTP1, Path

STATUSES = [200, 201, 202, 203, 206, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405,
            409, 410, 415, 418, 422, 429, 451, 500, 501, 502, 503, 504, 507, 599]
ROUTE = {"bare": "bare_route=\\.one; path=/",
         "complete": "complete_route=\\.one; path=/; Secure; HttpOnly; SameSite=Lax",
         "strict": "strict_route=\\.one; path=/; SameSite=Strict"}


def answer(status=200, *, version=b"1.1", name=b"Set-Cookie", body=b"backend\n", extra=b"",
           end=b"\r\n"):
    """A scripted response with the line: the usual form, but for what is said."""
    def play(line):
        start = b"HTTP/" + version + b" %d Word\r\n" % status
        where = b"Location: http://guarded.test/elsewhere\r\n" if 300 <= status < 400 else b""
        length = b"Content-Length: %d\r\n" % len(body)
        return start + where + extra + length + name + b": " + line + end + b"\r\n" + body
    return play


def without_body(status):
    return lambda line: (b"HTTP/1.1 %d Word\r\nSet-Cookie: " % status + line + b"\r\n\r\n")


def chunked(line):
    return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: " + line
            + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")


def trailer(line):
    return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-After\r\nSet-Cookie: "
            + line + b"\r\n\r\n5\r\nhello\r\n0\r\nX-After: Set-Cookie\r\n\r\n")


def to_the_end(line):
    return b"HTTP/1.0 200 OK\r\nSet-Cookie: " + line + b"\r\n\r\nup to the end\n"


def no_reason(line):
    return b"HTTP/1.1 200\r\nContent-Length: 0\r\nSet-Cookie: " + line + b"\r\n\r\n"


def bare_newlines(line):
    return b"HTTP/1.1 200 OK\nContent-Length: 0\nSet-Cookie: " + line + b"\n\n"


def folded(line):
    name, mark, rest = line.partition(b";")
    return (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: " + name + mark
            + (b"\r\n " + rest.lstrip() if mark else b"\r\n\t") + b"\r\n\r\n")


def many(line):
    return (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
            + b"".join(b"Set-Cookie: n%d_" % n + line + b"\r\n" for n in range(20)) + b"\r\n")


def spread(line):
    return (b"HTTP/1.1 200 OK\r\nSet-Cookie: a_" + line + b"\r\nContent-Length: 0\r\nX-Other: 1"
            b"\r\nSET-COOKIE: b_" + line + b"\r\n\r\n")


def reverse(kind):
    attributes = {"bare": "", "complete": "; Secure; HttpOnly; SameSite=Lax",
                  "strict": "; SameSite=Strict"}[kind]
    return f"{kind}_cookie={{value}}; Domain=inside.test; Path=/inside/app{attributes}"


PATHS = [
    *[Path(f"proxy-{status}", f"mod_proxy_http, {status} from the backend", "/play/{key}", status,
           play=answer(status), once_per="mod_proxy_http")
      for status in STATUSES],
    Path("proxy-204", "mod_proxy_http, 204 from the backend", "/play/{key}", 204,
         play=without_body(204)),
    Path("proxy-304", "mod_proxy_http, 304 from the backend", "/play/{key}", 304,
         play=without_body(304)),
    Path("proxy-head", "mod_proxy_http, HEAD", "/play/{key}", method="HEAD",
         play=answer(body=b"")),
    Path("proxy-post", "mod_proxy_http, POST", "/play/{key}", method="POST", body=b"a=b",
         play=answer()),
    Path("proxy-chunked", "mod_proxy_http, chunked body", "/play/{key}", play=chunked),
    Path("proxy-trailer", "mod_proxy_http, chunked body with a trailer", "/play/{key}",
         play=trailer),
    Path("proxy-http10", "mod_proxy_http, HTTP/1.0 backend", "/play/{key}",
         play=answer(version=b"1.0")),
    Path("proxy-http10-close", "mod_proxy_http, HTTP/1.0 backend without a length",
         "/play/{key}", play=to_the_end),
    Path("proxy-http10-500", "mod_proxy_http, 500 of an HTTP/1.0 backend", "/play/{key}", 500,
         play=answer(500, version=b"1.0")),
    Path("proxy-no-reason", "mod_proxy_http, a status line without words", "/play/{key}",
         play=no_reason),
    Path("proxy-lower-case", "mod_proxy_http, `set-cookie`", "/play/{key}",
         play=answer(name=b"set-cookie")),
    Path("proxy-odd-case", "mod_proxy_http, `sEt-cOOkIE`", "/play/{key}",
         play=answer(name=b"sEt-cOOkIE")),
    Path("proxy-folded", "mod_proxy_http, a folded line", "/play/{key}", play=folded,
         arrives=lambda line: [line]),
    Path("proxy-bare-newlines", "mod_proxy_http, lines that end in LF alone", "/play/{key}",
         play=bare_newlines),
    Path("proxy-many", "mod_proxy_http, twenty cookies in order", "/play/{key}", play=many,
         arrives=lambda line: [b"n%d_" % n + line for n in range(20)]),
    Path("proxy-spread", "mod_proxy_http, cookies between other fields, names in two cases",
         "/play/{key}", play=spread, arrives=lambda line: [b"a_" + line, b"b_" + line]),
    Path("proxy-match", "ProxyPassMatch", "/match/{key}", play=answer()),
    Path("proxy-rewrite", "mod_rewrite [P]", "/rewritten/{key}", play=answer()),
    Path("proxy-handler", "SetHandler proxy:http:", "/handled-{key}", play=answer()),
    Path("proxy-unix", "mod_proxy_http over a Unix socket", "/unix/{key}", play=answer()),
    Path("proxy-tls", "mod_proxy_http to a TLS backend", "/to-tls/page.html"),
    Path("proxy-h2c", "mod_proxy_http2 to an h2c backend", "/h2c/page.html",
         mpms=("event", "worker"), why="httpd has no HTTP/2 on prefork", once_per="mod_proxy_http2"),
    Path("proxy-h2", "mod_proxy_http2 to an h2 backend over TLS", "/h2/page.html",
         mpms=("event", "worker"), why="httpd has no HTTP/2 on prefork"),
    Path("proxy-h2c-404", "mod_proxy_http2, 404 from the backend", "/h2c/cgi-bin/answer/404", 404,
         mpms=("event", "worker"), why="httpd has no HTTP/2 on prefork"),
    # errors of the proxy itself
    Path("proxy-down", "503 by mod_proxy, no backend there, `Header always set`",
         "/proxy-error/down", 503, expects=(r"AH00957|AH01114|AH00959",)),
    Path("proxy-garbage", "502 by mod_proxy, a backend that sends no HTTP, `Header always set`",
         "/proxy-error/play/{key}", 502, play=lambda line: b"\r\n\r\n",
         expects=(r"AH00898|AH01102|AH01097|AH10292|AH00957|AH10291",), transports=HTTP1,
         why="over HTTP/2 httpd answers 500 without a cookie"),
    Path("proxy-override", "ProxyErrorOverride with httpd's page (httpd drops the backend's "
         "cookie)", "/override/{key}", 503, play=answer(503), arrives=lambda line: []),
    Path("proxy-override-cgi", "ProxyErrorOverride with a CGI ErrorDocument",
         "/override-cgi/{key}", 503, play=answer(503)),
    Path("proxy-override-header", "ProxyErrorOverride and `Header always set`",
         "/override-header/{key}", 503, play=lambda line: answer(503)(b"dropped=by-httpd"),
         once_per="ProxyErrorOverride"),
    # what mod_proxy rewrites
    Path("proxy-reverse-cookie", "ProxyPassReverseCookiePath and -Domain", "/reverse/{key}",
         play=answer(), sends={kind: reverse(kind) for kind in ("bare", "complete", "strict")},
         arrives=lambda line: [line.replace(b"inside.test", b"guarded.test")
                               .replace(b"/inside/app", b"/outside")]),
    Path("proxy-balancer", "mod_proxy_balancer with its sticky cookie by `Header add`",
         "/balanced/{kind}/{key}", play=lambda line: without_cookie(), made=ROUTE,
         why="the configuration makes the line"),
    Path("proxy-forward", "forward proxy: not this server's cookies, left alone",
         "http://127.0.0.1:{backend}/{key}", play=answer(), port="forward", guarded=False,
         transports=("1.0", "1.1"), why="a forward proxy speaks HTTP/1"),
]


def without_cookie():
    return b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nbackend\n"
