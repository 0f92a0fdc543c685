"""Heads that httpd sends straight to the connection: 100, 101, 103, and those of nph- scripts."""
from env.paths import Path, literal

HTTP11 = ("1.1", "1.1s")
HTTP2 = ("2", "2s")
SINCE_11 = ("1.1", "1.1s", "2", "2s")
NO_INTERIM = "interim responses begin with HTTP/1.1"
NO_UPGRADE = "HTTP/2 has no Upgrade"

FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nbackend\n"
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
HINT = literal({"bare": "bare_hint=cgsecrethint1",
                "complete": "complete_hint=cgsecrethint2; Path=/; Secure; HttpOnly; SameSite=Lax",
                "strict": "strict_hint=cgsecrethint3; Path=/; SameSite=Strict"})


def interim(status, *, count=1, then=FINAL):
    """An interim response with cookies, and the final one."""
    def play(line):
        named = [b"n%d_" % n + line for n in range(count)] if count > 1 else [line]
        return (b"HTTP/1.1 %d Word\r\nLink: <https://cdn.test>; rel=preconnect\r\n" % status
                + b"".join(b"Set-Cookie: " + each + b"\r\n" for each in named) + b"\r\n" + then)
    return play


def switching(line):
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSet-Cookie: " + line
            + b"\r\n\r\n\x81\x05hello")


def refused(line):
    return (b"HTTP/1.1 403 No\r\nContent-Length: 3\r\nConnection: close\r\nSet-Cookie: " + line
            + b"\r\n\r\nno\n")


def two(line):
    return [b"n0_" + line, b"n1_" + line]


PATHS = [
    Path("continue", "mod_proxy_http, 100 Continue from the backend", "/play/{key}",
         method="POST", body=b"a=b", headers={"Expect": "100-continue"}, play=interim(100),
         interim=100, transports=SINCE_11, why=NO_INTERIM, once_per="100"),
    Path("continue-two", "mod_proxy_http, 100 Continue with two cookies", "/play/{key}",
         method="POST", body=b"a=b", headers={"Expect": "100-continue"},
         play=interim(100, count=2), interim=100, arrives=two, joined=True,
         transports=SINCE_11, why=NO_INTERIM),
    Path("hints", "mod_proxy_http, 103 Early Hints from the backend (`H2EarlyHints on`)",
         "/play/{key}", play=interim(103), interim=103, transports=SINCE_11, why=NO_INTERIM,
         once_per="103"),
    Path("hints-two", "mod_proxy_http, 103 with two cookies", "/play/{key}",
         play=interim(103, count=2), interim=103, arrives=two, joined=True, transports=SINCE_11,
         why=NO_INTERIM),
    Path("hints-redirect", "mod_rewrite [P], 103 from the backend", "/rewritten/{key}",
         play=interim(103), interim=103, transports=SINCE_11, why=NO_INTERIM),
    Path("hints-404", "mod_proxy_http, 103 before a 404", "/play/{key}", 404,
         play=interim(103, then=b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), interim=103,
         transports=SINCE_11, why=NO_INTERIM),
    Path("hints-h2c", "mod_proxy_http2, 103 from an h2c backend", "/h2c-hints/nph-hints",
         interim=103, transports=HTTP2, mpms=("event", "worker"),
         why="mod_proxy_http2 relays it to HTTP/2 alone"),
    Path("hints-nph", "nph- script, 103 before its response", "/cgi-bin/nph-hints",
         interim=103, transports=SINCE_11, why=NO_INTERIM),
    Path("hints-module", "handler of a module that sends a 103", "/cgtest/handler/interim",
         interim=103, transports=SINCE_11, why=NO_INTERIM),
    Path("hints-configured", "mod_http2, H2EarlyHint with a Set-Cookie field", "/hint/{kind}",
         interim=103, made=HINT, transports=HTTP2, mpms=("event", "worker"),
         why="the line stands in the configuration"),
    Path("upgrade", "mod_proxy_http with `upgrade=websocket`, 101 from the backend",
         "/upgrade/{key}", 101, headers=UPGRADE, play=switching, transports=HTTP11,
         why=NO_UPGRADE, once_per="101"),
    Path("upgrade-refused", "mod_proxy_http with `upgrade=websocket`, 403 from the backend",
         "/upgrade/{key}", 403, headers={**UPGRADE, "Connection": "Upgrade, close"},
         play=refused, transports=HTTP11, why=NO_UPGRADE),
    Path("tunnel", "mod_proxy_wstunnel, 101 from the backend", "/tunnel/{key}", 101,
         headers=UPGRADE, play=switching, transports=HTTP11, why=NO_UPGRADE,
         once_per="mod_proxy_wstunnel"),
    Path("tunnel-refused", "mod_proxy_wstunnel, 403 from the backend", "/tunnel/{key}", 403,
         headers=UPGRADE, play=refused, transports=HTTP11, why=NO_UPGRADE),
    Path("nph", "nph- script", "/cgi-bin/nph-answer/200", once_per="nph"),
    Path("nph-404", "nph- script, 404", "/cgi-bin/nph-answer/404", 404),
    Path("nph-304", "nph- script, 304", "/cgi-bin/nph-answer/304", 304),
    Path("nph-head", "nph- script, HEAD", "/cgi-bin/nph-answer/304", 304, method="HEAD"),
    Path("nph-post", "nph- script, POST", "/cgi-bin/nph-answer/200", method="POST", body=b"a=b"),
    Path("nph-two", "nph- script with two cookies", "/cgi-bin/nph-two",
         arrives=lambda line: [b"a_" + line, b"b_" + line], joined=True),
    Path("nph-errordocument", "local ErrorDocument, an nph- script", "/nph-errordoc/none", 404),
]
