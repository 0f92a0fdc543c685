"""Pages, errors and redirects that httpd makes itself, with cookies of mod_headers and
mod_rewrite."""
from env.paths import HTTP1, Path

VALUE = "cgsecret[0-9a-f]{16}"

CO = {"bare": f"bare_co={VALUE}; path=/; domain=guarded\\.test",
      "complete": f"complete_co={VALUE}; path=/; domain=guarded\\.test; secure; HttpOnly; "
                  "SameSite=Lax",
      "strict": f"strict_co={VALUE}; path=/; domain=guarded\\.test; SameSite=Strict"}
ASIS = {"bare": "bare_asis=cgsecretasis1",
        "complete": "complete_asis=cgsecretasis2; Path=/; Secure; HttpOnly; SameSite=Lax",
        "strict": "strict_asis=cgsecretasis3; Path=/; SameSite=Strict"}
EARLY = {"bare": "bare_early=cgsecretearly1",
         "complete": "complete_early=cgsecretearly2; Path=/; Secure; HttpOnly; SameSite=Lax",
         "strict": "strict_early=cgsecretearly3; Path=/; SameSite=Strict"}
NO_H2 = "a malformed HTTP/1 request"


def where(name):
    return {"X-Where": name}


def both_tables(line):
    return [b"err_" + line, b"out_" + line]


def early(name, words, status, raw, **more):
    """An error before httpd has a whole request: the vhost's fixed lines, all three at once."""
    return Path(name, words, raw=raw, status=status, made=EARLY, port="early",
                transports=("1.1", "1.1s"), why=NO_H2, **more)


PATHS = [
    # mod_headers in the server
    Path("header-set", "static file, `Header set` in the server", "/page.html",
         headers=where("set"), once_per="static"),
    Path("header-always-set", "static file, `Header always set` in the server", "/page.html",
         headers=where("always-set")),
    Path("header-add", "static file, `Header add` in the server", "/page.html",
         headers=where("add")),
    Path("header-always-add", "static file, `Header always add` in the server", "/page.html",
         headers=where("always-add")),
    Path("header-setifempty", "static file, `Header setifempty`", "/page.html",
         headers=where("setifempty")),
    Path("header-append", "static file, `Header append`", "/page.html", headers=where("append")),
    Path("header-edit", "static file, `Header edit` after `Header set`", "/static/edited"),
    # in sections
    Path("location-set", "static file, `Header set` in a Location", "/static/location-set"),
    Path("location-always-set", "static file, `Header always set` in a Location",
         "/static/location-always-set"),
    Path("location-add", "static file, `Header add` in a Location", "/static/location-add"),
    Path("both-tables", "static file, one cookie in each of httpd's two header tables",
         "/static/location-both", arrives=both_tables),
    Path("if-section", "static file, `Header always set` in an If", "/static/if"),
    Path("files-section", "negotiated file (MultiViews), `Header set` in a Files section",
         "/views/choice.html"),
    Path("htaccess-set", "static file, `Header set` in .htaccess", "/htaccess/set/page.html",
         once_per="htaccess"),
    Path("htaccess-always-set", "static file, `Header always set` in .htaccess",
         "/htaccess/always-set/page.html"),
    Path("htaccess-add", "static file, `Header add` in .htaccess", "/htaccess/add/page.html"),
    Path("htaccess-always-add", "static file, `Header always add` in .htaccess",
         "/htaccess/always-add/page.html"),
    Path("directory-index", "static index found by mod_dir", "/index-static/"),
    # kinds of response
    Path("head", "HEAD of a static file", "/page.html", method="HEAD", headers=where("set")),
    Path("head-404", "HEAD of a missing file", "/no-such-file", 404, method="HEAD",
         headers=where("always-set")),
    Path("not-modified", "304 for a static file, `Header set`", "/page.html", 304,
         headers={**where("set"), "If-None-Match": "*"},
         once_per="not modified"),
    Path("not-modified-always", "304 for a static file, `Header always set`", "/page.html", 304,
         headers={**where("always-set"), "If-None-Match": "*"}),
    Path("range", "206 for one range", "/page.html", 206,
         headers={**where("set"), "Range": "bytes=0-9"}),
    Path("ranges", "206 for several ranges (multipart)", "/page.html", 206,
         headers={**where("set"), "Range": "bytes=0-9,20-29"}),
    Path("range-bad", "416 for a range outside the file", "/page.html", 416,
         headers={**where("always-set"), "Range": "bytes=900000-"}, transports=HTTP1),
    Path("range-bad-h2", "the same over HTTP/2 (httpd sends the cookie of both its heads)",
         "/page.html", 416, headers={**where("always-set"), "Range": "bytes=900000-"},
         transports=("2", "2s"), arrives=lambda line: [line, line], mpms=("event",)),
    Path("precondition", "412 for a static file", "/page.html", 412,
         headers={**where("always-set"), "If-Match": '"none"'}),
    Path("options", "OPTIONS of a static file", "/page.html", method="OPTIONS",
         headers=where("always-set")),
    Path("trace", "TRACE (with TraceEnable on) and [CO]", "/co/{kind}/ok", method="TRACE",
         made=CO, transports=HTTP1, why="mod_rewrite makes the line; mod_http2 has no TRACE"),
    Path("post-static", "405 for POST to a static file", "/page.html", 405, method="DELETE",
         headers=where("always-set")),
    # mod_asis
    Path("asis", "mod_asis, 200", "/{kind}.asis", made=ASIS, why="the line stands in the file"),
    Path("asis-404", "mod_asis, 404", "/{kind}-404.asis", 404, made=ASIS,
         why="the line stands in the file"),
    # redirects
    Path("alias-301", "mod_alias, 301", "/alias/moved", 301),
    Path("alias-302", "mod_alias, 302", "/alias/found", 302, once_per="redirect"),
    Path("alias-303", "mod_alias, 303", "/alias/other", 303),
    Path("alias-307", "mod_alias, 307", "/alias/temp", 307),
    Path("alias-308", "mod_alias, 308", "/alias/perm", 308),
    Path("alias-410", "mod_alias, 410", "/alias/gone", 410),
    Path("alias-404", "mod_alias, 404", "/alias/hidden", 404),
    Path("rewrite-302", "mod_rewrite, 302", "/rewrite/found", 302),
    Path("rewrite-204", "mod_rewrite, 204", "/rewrite/nocontent", 204),
    Path("rewrite-403", "mod_rewrite, 403 [F]", "/rewrite/forbidden", 403),
    Path("rewrite-410", "mod_rewrite, 410 [G]", "/rewrite/gone", 410),
    Path("rewrite-500", "mod_rewrite, 500 [R=500]", "/rewrite/error", 500),
    Path("dir-slash", "mod_dir, 301 to the name with a slash", "/views", 301,
         headers=where("always-set")),
    # [CO]
    Path("co-200", "mod_rewrite [CO] on a 200", "/co/{kind}/ok", made=CO,
         why="mod_rewrite makes the line"),
    Path("co-302", "mod_rewrite [R,CO]", "/co/{kind}/found", 302, made=CO, once_per="[CO]",
         why="mod_rewrite makes the line"),
    Path("co-403", "mod_rewrite [F,CO]", "/co/{kind}/forbidden", 403, made=CO,
         why="mod_rewrite makes the line"),
    Path("co-404", "mod_rewrite [CO] before a 404", "/co/{kind}/missing", 404, made=CO,
         why="mod_rewrite makes the line"),
    Path("co-errordocument", "mod_rewrite [CO] before a local ErrorDocument",
         "/co/{kind}/errordoc", 404, made=CO, headers={"X-Line": ""},
         why="mod_rewrite makes the line"),
    # errors by httpd
    Path("error-401", "401 by httpd", "/httpd-error/401", 401),
    Path("error-403", "403 by httpd", "/httpd-error/403", 403, expects=(r"AH01630",)),
    Path("error-404", "404 by httpd", "/httpd-error/404", 404, once_per="error page"),
    Path("error-413", "413 by httpd (LimitRequestBody)", "/httpd-error/body", 413, method="POST",
         body=b"more than ten bytes", expects=(r"AH00588|AH01587|AH10490",),
         transports=HTTP1, why="over HTTP/2 httpd serves the file"),
    Path("error-417", "417 by httpd (Expect)", "/httpd-error/expect", 417,
         headers={**where("always-set"), "Expect": "the-unexpected"}, transports=("1.1", "1.1s"),
         expects=(r"AH00570",), why="mod_http2 and HTTP/1.0 ignore Expect"),
    Path("error-501", "501 by httpd (unknown method)", "/httpd-error/method", 501, method="FROB",
         expects=(r"AH00135",)),
    # ErrorDocument
    Path("errordocument-static", "local ErrorDocument, a file, `Header always set` there",
         "/errordoc-static/none", 404, once_per="ErrorDocument"),
    Path("errordocument-onsuccess", "local ErrorDocument, a file, `Header set` there",
         "/errordoc-onsuccess/none", 404),
    Path("errordocument-cgi", "local ErrorDocument, a CGI script that says 404",
         "/errordoc-cgi/none", 404),
    Path("errordocument-cgi-200", "local ErrorDocument, a CGI script that says 200",
         "/errordoc-cgi-200/none", 200),
    Path("errordocument-text", "ErrorDocument text", "/errordoc-text/none", 404),
    Path("errordocument-remote", "ErrorDocument with a full URL (302)", "/errordoc-remote/none",
         302),
    Path("errordocument-missing", "ErrorDocument that is missing itself",
         "/errordoc-missing/none", 404),
    # before there is a request
    early("early-404", "404 with cookies of all three kinds in one response", 404,
          b"GET /none HTTP/1.1\r\nHost: guarded.test\r\nConnection: close\r\n\r\n"),
    early("early-no-host", "400, no Host in HTTP/1.1", 400, b"GET / HTTP/1.1\r\n\r\n",
          once_per="early 400"),
    early("early-bad-header", "400, a header without colon", 400,
          b"GET / HTTP/1.1\r\nHost: guarded.test\r\nno colon\r\n\r\n"),
    early("early-bad-line", "400, a malformed request line", 400, b"GET\t/ HTTP/1.1\r\n\r\n"),
    early("early-bad-uri", "400, a URL with a bad escape", 400,
          b"GET /%zz HTTP/1.1\r\nHost: guarded.test\r\nConnection: close\r\n\r\n",
          expects=(r"AH10244",)),
    early("early-bad-host", "400, a malformed Host", 400,
          b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    early("early-long-line", "414, a request line that is too long", 414,
          b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: guarded.test\r\n\r\n"),
    early("early-many-fields", "400, too many header fields", 400,
          b"GET / HTTP/1.1\r\nHost: guarded.test\r\n" + b"X-Field: 1\r\n" * 50 + b"\r\n"),
    early("early-transfer-encoding", "400, an unknown Transfer-Encoding", 400,
          b"POST /page.html HTTP/1.1\r\nHost: guarded.test\r\nTransfer-Encoding: odd\r\n\r\n",
          expects=(r"AH01586|AH02555",)),
    Path("plain-on-tls", "400, plain HTTP spoken to the TLS port (the answer is plain: no "
         "Secure)", raw=b"GET / HTTP/1.1\r\nHost: guarded.test\r\n\r\n", status=400, made=EARLY,
         port="early_tls", transports=("1.1",), why="a plain request by its nature"),
]
