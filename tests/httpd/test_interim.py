"""Heads that no filter of a request sees, beyond the table of paths: every form such a head can
have, and everything that the filter on the connection must not be in the way of."""
import base64
import hashlib
import re
import socket

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from env import http1, lines, secret
from env.http2_client import _drain
from paths.interim import UPGRADE

MODES = (None, "Report", "On")
MIB = 1 << 20
WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@pytest.fixture
def server(start, backends):
    """Function mode -> the server; None is one without the module."""
    def find(mode, mpm="event"):
        found = start(f"interim-{mpm}-{mode}", "interim.conf", mpm=mpm,
                      modules=["ssl", "socache_shmcb", "macro", "proxy", "proxy_http",
                               "proxy_wstunnel", "http2", "cgid"],
                      extra_modules={"cgtest_module": backends.cgtest},
                      ports_named=("plain", "tls", "forward"), guard=mode is not None,
                      defines={"port_backend": backends.scripted.port, "guard_mode": mode or "Off",
                               "cert": backends.defines["cert"], "key": backends.defines["key"]})
        found.expect(r"CG0002")  # Drop, and the mode is not On
        return found
    return find


def post(target, body, more=b""):
    return (b"POST %s HTTP/1.1\r\nHost: guarded.test\r\nConnection: close\r\n%s"
            b"Content-Length: %d\r\n\r\n" % (target.encode(), more, len(body)) + body)


def through(server, raw, *, size=1 << 16, tls=False, where=""):
    """What the client gets where a module sends `raw` to the connection in pieces."""
    data = post(f"/cgtest/handler/raw/{size}{where}", raw)
    return http1.send_raw(server.port("tls" if tls else "plain"), data, tls=tls)


def value():
    return secret.value().encode()


# -- the forms of a head ------------------------------------------------------------------------

# What a module sends and what leaves in mode On, in plain: V stands for a value.
FORMS = {
    "usual": (b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V\r\nX: y\r\n\r\nbody",
              b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\nX: y\r\n\r\nbody"),
    "complete": (b"HTTP/1.1 200 OK\r\nset-cookie:a=V; httponly; SameSite=Strict\r\n\r\n", None),
    "no cookie": (b"HTTP/1.1 200 OK\r\nX: Set-Cookie: a=V\r\n\r\nSet-Cookie: a=V\r\n\r\n", None),
    "newlines alone": (b"HTTP/1.0 200 OK\nset-cookie: a=V\nX: y\n\nbody\n\n",
                       b"HTTP/1.0 200 OK\nset-cookie: a=V; HttpOnly; SameSite=Lax\nX: y\n\n"
                       b"body\n\n"),
    "folded": (b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V;\r\n\tPath=/\r\nX: y\r\n z\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V;  \tPath=/; HttpOnly; SameSite=Lax\r\n"
               b"X: y\r\n z\r\n\r\n"),
    "folded and complete": (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V; HttpOnly;\r\n SameSite=Lax\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V; HttpOnly;   SameSite=Lax\r\n\r\n"),
    "folded behind the name": (b"HTTP/1.1 200 OK\r\nSet-Cookie:\r\n a=V\r\n\r\n",
                               b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n"
                               b"\r\n"),
    "a lone CR": (b"HTTP/1.1 200 OK\r\nX: y\rSet-Cookie: a=V\r\n\r\n",
                  b"HTTP/1.1 200 OK\r\nX: y\rSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n\r\n"),
    "a blank before the colon": (
        b"HTTP/1.1 200 OK\r\nSET-COOKIE : a=V\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSET-COOKIE : a=V; HttpOnly; SameSite=Lax\r\n\r\n"),
    "empty lines first": (b"\r\n\nHTTP/1.1 200 OK\r\nSet-Cookie: a=V\r\n\r\n",
                          b"\r\n\nHTTP/1.1 200 OK\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n"
                          b"\r\n"),
    "lower case": (b"http/1.1 404 no\r\nSet-Cookie: a=V\r\n\r\n",
                   b"http/1.1 404 no\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n\r\n"),
    "no status": (b"HTTP/1.1\r\nSet-Cookie: a=V\r\n\r\nx",
                  b"HTTP/1.1\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n\r\nx"),
    "ignored by browsers": (b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V\x01\r\nSet-Cookie: a=V\0b\r\n"
                            b"Set-Cookie:\r\n\r\n", None),
    "cut off": (b"HTTP/1.1 200 OK\r\nX: y\r\nSet-Cookie: a=V",
                b"HTTP/1.1 200 OK\r\nX: y\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n"),
    "cut off in another field": (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V\r\nX",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\nX"),
    "dropped": (b"HTTP/1.1 200 OK\r\nSet-Cookie: gone=V\r\nSet-Cookie: a=V; HttpOnly; "
                b"SameSite=Lax\r\n\r\nbody",
                b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n\r\nbody"),
    "several heads": (
        b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=V\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 103\nSet-Cookie: b=V\n\nHTTP/1.1 200 OK\r\nSet-Cookie: c=V\r\n\r\n"
        b"HTTP/1.1 103 x\r\nSet-Cookie: no=cookie\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n\r\n"
        b"HTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 103\nSet-Cookie: b=V; HttpOnly; SameSite=Lax\n\n"
        b"HTTP/1.1 200 OK\r\nSet-Cookie: c=V; HttpOnly; SameSite=Lax\r\n\r\n"
        b"HTTP/1.1 103 x\r\nSet-Cookie: no=cookie\r\n\r\n"),
    "switching": (
        b"HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: a=V\r\n\r\nHTTP/1.1 200 OK\r\n"
        b"Set-Cookie: a=V\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: a=V; HttpOnly; SameSite=Lax\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=V\r\n\r\n"),
    "no head": (b"Content-Type: text/plain\r\nSet-Cookie: a=V\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", None),
    "almost a head": (b"HTT", None),
    "nothing": (b"", None),
    "empty lines alone": (b"\r\n\r\n\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: a=V\r\n\r\n", None),
}
PIECES = (1, 2, 3, 7, 1 << 16)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", PIECES)
def test_forms(server, form, size):
    """In whatever pieces it comes: in Report and without the module it leaves byte for byte."""
    mark = value()
    raw, judged = (text and text.replace(b"V", mark) for text in FORMS[form])
    assert through(server(None), raw, size=size) == raw
    assert through(server("Report"), raw, size=size) == raw
    assert through(server("On"), raw, size=size) == (raw if judged is None else judged)


def test_over_tls(server):
    raw = b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" % value()
    wanted = raw.replace(b"\r\n\r\nHTTP", b"; Secure; HttpOnly; SameSite=Lax\r\n\r\nHTTP")
    for size in PIECES:
        assert through(server("On"), raw, size=size, tls=True) == wanted


def test_a_prefix_in_every_head(server):
    """Over TLS it leaves as its guard says, in plain not at all; in Report nothing is renamed."""
    sent = b"held=%s; Domain=guarded.test" % value()
    raw = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: %s\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n"
           b"Set-Cookie: %s\r\n\r\n" % (sent, sent))
    held = (b"__Host-" + sent.replace(b"; Domain=guarded.test", b"")
            + b"; Path=/; Secure; HttpOnly; SameSite=Lax")
    for size in PIECES:
        assert through(server("On"), raw, size=size, tls=True) == raw.replace(sent, held)
        assert (through(server("On"), raw, size=size)
                == raw.replace(b"Set-Cookie: " + sent + b"\r\n", b""))
        assert through(server("Report"), raw, size=size, tls=True) == raw


# -- long heads ---------------------------------------------------------------------------------

def long_head(count, length, attribute=b""):
    fields = [b"Set-Cookie: n%d=%s%s; x=%s\r\n" % (n, value(), attribute, b"y" * length)
              for n in range(count)]
    return b"HTTP/1.1 200 OK\r\n" + b"".join(fields) + b"X: y\r\n\r\nbody\r\n\r\n"


@pytest.mark.parametrize("count, length", [(1000, 300), (20, 20_000), (5, 60_000), (2, 65_000)])
@pytest.mark.parametrize("size", [1000, 4096, 1 << 16, 1 << 20])
def test_long_heads_are_judged_in_parts(server, count, length, size):
    raw = long_head(count, length)
    wanted = raw.replace(b"y\r\nSet", b"y; HttpOnly; SameSite=Lax\r\nSet").replace(
        b"y\r\nX: y", b"y; HttpOnly; SameSite=Lax\r\nX: y")
    assert through(server("On"), raw, size=size) == wanted
    assert through(server("Report"), raw, size=size) == raw


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_a_field_too_long_to_collect(server, size):
    """A cookie that would have to be changed is left out, everything else stays."""
    start, end = b"HTTP/1.1 200 OK\r\n", b"X: y\r\n\r\nbody\r\n\r\n"
    long = b"y" * (70_000 if size == 1 else 300_000)
    bare = b"Set-Cookie: a=%s; x=%s\r\n" % (value(), long)
    complete = b"Set-Cookie: a=%s; HttpOnly; SameSite=Lax; x=%s\r\n" % (value(), long)
    other = b"X-Long: %s\r\n" % long
    short = b"Set-Cookie: b=%s; HttpOnly; SameSite=Lax\r\n" % value()
    assert through(server("On"), start + bare + short + end, size=size) == start + short + end
    folded = bare.replace(b"; x=", b";\r\n x=").replace(b"\r\nX", b"\r\n y\r\nX") + b" z\r\n\t\r\n"
    assert through(server("On"), start + short + folded + end, size=size) == start + short + end
    assert (through(server("On"), start + short + bare + other + end, size=size)
            == start + short + other + end)
    for raw in (start + complete + short + end, start + other + short + end,
                b"HTTP/1.1 200 " + long + b"\r\n" + short + end, long):
        assert through(server("On"), raw, size=size) == raw
    raw = start + bare + other + short + end
    assert through(server("Report"), raw, size=size) == raw


def test_a_long_head_that_never_ends(server):
    raw = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000
    assert through(server("On"), raw) == raw


# -- what must not notice -----------------------------------------------------------------------

def body_of(length):
    block = bytes(range(256)) + b"HTTP/1.1 103 x\r\nSet-Cookie: a=b\r\n\r\n"
    return (block * (length // len(block) + 1))[:length]


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_large_bodies(server, backends, mode, tls):
    """1 MiB behind every kind of head."""
    body = body_of(MIB)
    length = b"Content-Length: %d\r\n\r\n" % MIB
    port = server(mode).port("tls" if tls else "plain")
    hints = b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\n" % value()
    key = backends.scripted.play(hints + b"HTTP/1.1 200 OK\r\n" + length + body)
    assert http1.request(port, "/play/" + key, tls=tls).body == body
    raw = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=%s\r\n" % value() + length + body
    assert http1.parse(through(server(mode), raw, tls=tls)).body == body
    assert through(server(mode), body, tls=tls) == body


@pytest.mark.parametrize("mode", MODES)
def test_large_bodies_over_http2(server, backends, mode):
    body = body_of(MIB)
    raw = (b"HTTP/1.1 200 OK\r\nSet-Cookie: a=%s\r\nSet-Cookie: b=%s\r\nContent-Length: %d\r\n"
           b"\r\n" % (value(), value(), MIB)) + body
    response = server(mode).request("/cgtest/handler/raw/4096", over="h2", method="POST", body=raw)
    assert response.body == body
    key = backends.scripted.play(b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\n" % value()
                                 + raw)
    assert server(mode).request("/play/" + key, over="h2").body == body


def echo(handshake):
    """A backend that answers with `handshake` and then sends back all that it gets."""
    def play(sock, _head):
        sock.sendall(handshake)
        while data := sock.recv(65536):
            sock.sendall(data)
    return play


def receive(sock, length):
    data = b""
    while len(data) < length:
        part = sock.recv(length - len(data))
        assert part, f"the connection ended after {len(data)} octets"
        data += part
    return data


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("where", ["upgrade", "tunnel"])
@pytest.mark.parametrize("mode", MODES)
def test_upgraded_connections_carry_anything_both_ways(server, backends, mode, where, tls):
    cookie = b"Set-Cookie: a=%s" % value()
    handshake = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 b"Connection: Upgrade\r\n" + cookie + b"\r\n\r\n")
    key = backends.scripted.play(echo(handshake))
    fields = "".join(f"{name}: {word}\r\n" for name, word in UPGRADE.items())
    request = f"GET /{where}/{key} HTTP/1.1\r\nHost: guarded.test\r\n{fields}\r\n".encode()
    body = body_of(MIB)
    with http1.connect(server(mode).port("tls" if tls else "plain"), tls) as sock:
        sock.sendall(request)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive(sock, 1)
        for start in range(0, MIB, 1 << 16):
            piece = body[start:start + (1 << 16)]
            sock.sendall(piece)
            assert receive(sock, len(piece)) == piece
        sock.shutdown(socket.SHUT_RDWR)
    wanted = lines.enforced(cookie, tls) if mode == "On" else cookie
    assert wanted + b"\r\n" in head


def test_pipelined_requests(server, backends):
    """Seven on one connection, one of them with a 103, one with a body to wait for."""
    page = b"GET /page.html HTTP/1.1\r\nHost: guarded.test\r\n\r\n"
    last = page.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    hints = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\nHTTP/1.1 200 OK\r\n"
             b"Content-Length: 3\r\nSet-Cookie: b=%s\r\n\r\nend" % (value(), value()))
    got = {}
    for mode in MODES:
        keys = [backends.scripted.play(hints) for _ in range(2)]
        played = [b"GET /play/%s HTTP/1.1\r\nHost: guarded.test\r\n\r\n" % key.encode()
                  for key in keys]
        data = page + played[0] + page + page + played[1] + page + last
        rest = http1.send_raw(server(mode).port(), data)
        got[mode] = []
        for _ in range(7):
            response = http1.parse(rest)
            length = int(response.all(b"content-length")[0])
            got[mode].append((response.status, [i.set_cookies for i in response.interim],
                              response.set_cookies, response.body[:length]))
            rest = response.body[length:]
        assert rest == b""
    assert got["Report"] == got[None]
    assert [each[3] for each in got["On"]] == [each[3] for each in got[None]]
    for number in (1, 4):
        status, interim, final, _ = got["On"][number]
        assert status == 200
        assert [len(cookies) for cookies in interim] == [1]
        for cookie in interim[0] + final:
            assert cookie.endswith(b"; HttpOnly; SameSite=Lax")


def test_one_connection_many_requests(server, backends):
    """The filter is there once, whatever comes: a page, a 103, a page without one."""
    hints = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\nHTTP/1.1 200 OK\r\n"
             b"Content-Length: 3\r\n\r\nend")
    page = server("On").request("/page.html").body
    with http1.connect(server("On").port()) as sock:
        for _ in range(20):
            key = backends.scripted.play(hints % value())
            sock.sendall(b"GET /play/%s HTTP/1.1\r\nHost: guarded.test\r\n\r\n" % key.encode())
            data = b""
            while not data.endswith(b"end"):
                data += receive(sock, 1)
            assert data.count(b"; HttpOnly; SameSite=Lax") == 1
            sock.sendall(b"GET /page.html HTTP/1.1\r\nHost: guarded.test\r\n\r\n")
            data = b""
            while not data.endswith(page):
                data += receive(sock, 1)


@pytest.mark.parametrize("mode", MODES)
def test_http_0_9(server, mode):
    port = server(mode).port()
    page = http1.send_raw(port, b"GET /page.html\r\n")
    assert page.startswith(b"<") and b"Set-Cookie" not in page


@pytest.mark.parametrize("mode", MODES)
def test_h2c_upgrade(server, backends, mode):
    """The response of a request that upgrades its connection."""
    hints = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\nHTTP/1.1 200 OK\r\n"
             b"Content-Length: 3\r\nSet-Cookie: b=%s\r\n\r\nend" % (value(), value()))
    key = backends.scripted.play(hints)
    conn = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
    with http1.connect(server(mode).port()) as sock:
        settings = conn.initiate_upgrade_connection()
        sock.sendall(b"GET /play/%s HTTP/1.1\r\nHost: guarded.test\r\nConnection: Upgrade, "
                     b"HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: %s\r\n\r\n"
                     % (key.encode(), settings))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive(sock, 1)
        assert head.startswith(b"HTTP/1.1 101 ")
        cookies = stream_cookies(conn, sock, 1)
        conn.close_connection()
        sock.sendall(conn.data_to_send())
        _drain(sock)
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.endswith(b"; HttpOnly; SameSite=Lax") == (mode == "On")


def stream_cookies(conn, sock, stream):
    """The cookies of all heads of a stream, when it has ended."""
    cookies = []
    while True:
        sock.sendall(conn.data_to_send())
        data = sock.recv(65536)
        assert data, "the connection ended early"
        for event in conn.receive_data(data):
            if isinstance(event, (h2.events.ResponseReceived,
                                  h2.events.InformationalResponseReceived)):
                cookies += [v for k, v in event.headers if k == b"set-cookie"]
            elif isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                return cookies


def test_a_forward_proxy_is_left_alone(server, backends):
    raw = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\nHTTP/1.1 200 OK\r\n"
           b"Content-Length: 0\r\nSet-Cookie: a=%s\r\n\r\n" % (value(), value()))
    key = backends.scripted.play(raw)
    target = f"http://127.0.0.1:{backends.scripted.port}/{key}"
    response = http1.request(server("On").port("forward"), target)
    cookies = response.interim[0].set_cookies + response.set_cookies
    assert len(cookies) == 2 and not any(b"HttpOnly" in cookie for cookie in cookies)


def test_a_section_that_is_off(server, backends):
    raw = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\nHTTP/1.1 200 OK\r\n"
           b"Content-Length: 0\r\n\r\n" % value())
    key = backends.scripted.play(raw)
    for where, is_judged in (("off", False), ("play", True)):
        interim = server("On").request(f"/{where}/{key}").interim
        assert interim[0].set_cookies[0].endswith(b"; SameSite=Lax") == is_judged


# -- HTTP/2 -------------------------------------------------------------------------------------

def over_http2(server, raw, size=4096):
    return server.request(f"/cgtest/handler/raw/{size}", over="h2", method="POST", body=raw)


@pytest.mark.parametrize("size", PIECES)
def test_http2_keeps_cookies_apart(server, size):
    """httpd joins them with a comma, as the server without the module and Report show."""
    a, b = b"a=" + value(), b"b=" + value()
    raw = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: %s\r\nLink: <x>\r\nSet-Cookie: %s\r\n\r\n"
           b"HTTP/1.1 404 No\r\nContent-Type: text/x-nph\r\nSet-Cookie: %s\r\nX-Nph: yes\r\n"
           b"Connection: close\r\nSet-Cookie: %s\r\nSet-Cookie: gone=%s\r\n\r\nbody"
           % (a, b, a, b, value()))
    for mode in (None, "Report"):
        response = over_http2(server(mode), raw, size)
        assert [head.set_cookies for head in response.interim] == [[a + b", " + b]]
        assert len(response.set_cookies) == 1
    response = over_http2(server("On"), raw, size)
    guarded = [lines.enforced(a, False), lines.enforced(b, False)]
    assert [head.set_cookies for head in response.interim] == [[line] for line in guarded]
    assert [head.all(b"link") for head in response.interim] == [[b"<x>"], []]
    assert (response.status, response.set_cookies, response.body) == (404, guarded, b"body")
    assert response.all(b"content-type") == [b"text/x-nph"]
    assert response.all(b"x-nph") == [b"yes"]
    assert response.all(b"connection") == []


@pytest.mark.parametrize("status", [204, 304])
def test_http2_without_a_body(server, status):
    raw = (b"HTTP/1.1 %d Word\r\nSet-Cookie: a=%s\r\nSet-Cookie: b=%s\r\n\r\n"
           % (status, value(), value()))
    response = over_http2(server("On"), raw)
    assert response.status == status and len(response.set_cookies) == 2 and not response.body


def accepting(cookies):
    """A WebSocket backend that sets cookies, says hello and then sends back what it gets."""
    def play(sock, head):
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head).group(1)
        accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET_GUID).digest())
        echo(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Accept: " + accept + b"\r\n"
             + b"".join(b"Set-Cookie: " + cookie + b"\r\n" for cookie in cookies)
             + b"\r\nhello")(sock, head)
    return play


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("mode", MODES)
def test_websockets_over_http2(server, backends, mode, count):
    """RFC 8441: a CONNECT over HTTP/2, a 101 from the backend, a 200 to the client."""
    cookies = [b"c%d=" % n + value() for n in range(count)]
    key = backends.scripted.play(accepting(cookies))
    body = body_of(1 << 14)
    conn = h2.connection.H2Connection(h2.config.H2Configuration(
        header_encoding=None, validate_outbound_headers=False, validate_inbound_headers=False))
    with http1.connect(server(mode).port("tls"), True, alpn="h2") as sock:
        conn.initiate_connection()
        conn.send_headers(1, [(b":method", b"CONNECT"), (b":protocol", b"websocket"),
                              (b":scheme", b"https"), (b":authority", b"guarded.test"),
                              (b":path", b"/upgrade/" + key.encode()),
                              (b"sec-websocket-version", b"13")])
        conn.send_data(1, body)
        head, got = {}, b""
        while len(got) < len(body) + 5:
            sock.sendall(conn.data_to_send())
            data = sock.recv(65536)
            assert data, "the connection ended early"
            for event in conn.receive_data(data):
                assert not isinstance(event, h2.events.StreamReset), event
                if isinstance(event, h2.events.ResponseReceived):
                    head = event.headers
                elif isinstance(event, h2.events.DataReceived):
                    got += event.data
                    conn.acknowledge_received_data(event.flow_controlled_length, 1)
        conn.end_stream(1)
        conn.close_connection()
        sock.sendall(conn.data_to_send())
        _drain(sock)
    assert got == b"hello" + body
    assert dict(head)[b":status"] == b"200"
    found = [line for name, line in head if name == b"set-cookie"]
    if mode == "On":
        assert found == [lines.enforced(cookie, True) for cookie in cookies]
    else:
        assert found == [b", ".join(cookies)]


# -- shared caches ------------------------------------------------------------------------------

# What an nph- script says to caches, and what leaves in mode On.
SAID = {"": [b"private"], "max-age=60": [b"private, max-age=60"], "no-store": [b"no-store"],
        "public, s-maxage=60, max-age=5": [b"private, max-age=5"]}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("over, count", [("http/1.1", 1), ("http/1.1", 2), ("h2", 1), ("h2", 2)])
def test_shared_caches_are_told(server, over, count, said):
    """Those of a CDN: no cache of httpd ever sees what an nph- script writes."""
    sent = [b"a=" + value(), b"b=" + value()][:count]
    headers = dict(zip(("X-Line", "X-Second"), sent), **({"X-Cache": said} if said else {}))
    for mode, wanted in ((None, [said.encode()] if said else []), ("On", SAID[said])):
        response = server(mode).request("/cgi-bin/nph-answer/200", over=over, headers=headers)
        assert response.all(b"cache-control") == wanted
        assert response.body == b"nph 200\n"
        assert response.all(b"x-nph") == [b"yes"]
        if mode:
            assert response.set_cookies == [lines.enforced(line, False) for line in sent]


def test_interim_responses_say_nothing_to_caches(server, backends):
    key = backends.scripted.play(b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=%s\r\n\r\n"
                                 b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" % value())
    response = server("On").request("/play/" + key)
    assert response.interim[0].all(b"cache-control") == response.all(b"cache-control") == []


# -- the audit ----------------------------------------------------------------------------------

def test_interim_cookies_are_findings(server, backends):
    name = b"audited_" + value()[-8:]
    raw = (b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: %s=x\r\n\r\nHTTP/1.1 404 No\r\n"
           b"Content-Length: 0\r\nSet-Cookie: %s=x\r\n\r\n" % (name, name))
    for mode in ("On", "Report"):
        key = backends.scripted.play(raw)
        server(mode).request("/play/" + key)
        records = server(mode).wait_for_audit(
            lambda all_of: sum(r.get("cookie") == name.decode() for r in all_of) == 2)
        found = {r["status"]: {f["id"] for f in r["findings"]} for r in records
                 if r.get("cookie") == name.decode()}
        assert "CG-INTERIM" in found[103] and "CG-INTERIM" not in found[404]


def test_an_nph_script_has_its_own_status_in_the_audit(server):
    name = b"nph_" + value()[-8:]
    through(server("On"), b"HTTP/1.1 418 Tea\r\nSet-Cookie: %s=x\r\n\r\n" % name)
    records = server("On").wait_for_audit(
        lambda all_of: any(r.get("cookie") == name.decode() for r in all_of))
    assert [r["status"] for r in records if r.get("cookie") == name.decode()] == [418]
