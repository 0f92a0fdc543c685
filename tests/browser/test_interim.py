"""Cookies in heads that no request filter sees: what Chromium makes of them, and what it gets.

Chromium reads a 103 of HTTP/2 and stores no cookie of it; curl does store it. The 101 that opens a
WebSocket may set cookies in every browser, and so may a script whose name begins with nph-, which
writes its own head.
"""

import base64
import hashlib
import re
import subprocess

import pytest

from env.scripted import ScriptedBackend
from servers import FLAGS, PREFIX, SHOP, log_in

ENFORCED = {"secure": True, "http_only": True, "same_site": "Lax", "path": "/", "host_only": True}
EARLY = (b"HTTP/1.1 103 Early Hints\r\n"
         b"Link: </style.css>; rel=preload; as=style\r\n"
         b"Set-Cookie: early=1; Path=/\r\n\r\n"
         b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n"
         b"Set-Cookie: final=1; Path=/\r\n\r\nok")
NPH = """#!/bin/sh
printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nSet-Cookie: own=1; Path=/\\r\\n\\r\\nok'
"""


@pytest.fixture(scope="module")
def backend():
    """Sends responses byte for byte."""
    scripted = ScriptedBackend()
    yield scripted
    scripted.stop()


def url_of_early(street, backend, *rules):
    """The address of a page that is announced by a 103 with a cookie."""
    street.guard(f"ProxyPass /early/ http://127.0.0.1:{backend.port}/", "H2EarlyHints on", *rules)
    return street.url(SHOP, "/early/" + backend.play(EARLY))


def url_of_nph(street, *rules):
    """The address of a script that writes its own head."""
    scripts = street.httpd.root / "site" / "own"
    scripts.mkdir(exist_ok=True)
    (scripts / "nph-own").write_text(NPH, encoding="ascii")
    (scripts / "nph-own").chmod(0o755)
    street.guard("ProxyPass /own/ !", f"ScriptAlias /own/ {scripts}/", *rules)
    return street.url(SHOP, "/own/nph-own")


def url_of_socket(street, backend, *rules):
    """The address of a WebSocket whose 101 sets a cookie, and the heads that asked for it."""
    heads = []

    def open_socket(connection, head):
        heads.append(head.decode("latin-1"))
        key = re.search("(?im)^sec-websocket-key: *(.*?)\r$", heads[-1]).group(1)
        accept = base64.b64encode(hashlib.sha1(
            (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        connection.sendall((
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSet-Cookie: SOCK=1; Path=/\r\n\r\n").encode())

    street.guard(f"ProxyPass /socket/ http://127.0.0.1:{backend.port}/ upgrade=websocket", *rules)
    url = street.url(SHOP, "/socket/" + backend.play(open_socket))
    return url.replace("https:", "wss:"), heads


def open_socket_of(visitor, url):
    """Open a WebSocket in a script of the current page, until the server ends it."""
    return visitor.run("const socket = new WebSocket(value), told = [];"
                       "socket.onopen = () => told.push('open');"
                       "await new Promise(done => socket.onclose = done); return told;", url)


def curls_jar(url):
    """The names in curl's jar, and which of them have both flags."""
    host = url.split("/")[2]
    done = subprocess.run(["curl", "-q", "-s", "-S", "-k", "--noproxy", "*", "-o", "/dev/null",
                           "-c", "-", "--connect-to", f"{host}:127.0.0.1:{host.split(':')[1]}",
                           url], check=True, capture_output=True, text=True)
    lines = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    return {fields[5]: fields[0].startswith("#HttpOnly_") and fields[3] == "TRUE"
            for fields in lines}


def test_a_103_is_read_and_its_cookie_is_not_stored(visitor, bare, backend):
    url = url_of_early(bare, backend)
    visitor.visit(url)
    assert visitor.early()["set-cookie"] == "early=1; Path=/"
    assert [cookie.name for cookie in visitor.jar()] == ["final"]
    assert curls_jar(url) == {"early": False, "final": False}


def test_a_103_is_enforced(visitor, guarded, backend):
    url = url_of_early(guarded, backend, *FLAGS)
    visitor.visit(url)
    head = visitor.early()
    assert head["set-cookie"] == "early=1; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert head["link"] == "</style.css>; rel=preload; as=style"
    stored, = visitor.jar()
    assert stored.name == "final" and stored.flags == ENFORCED
    assert curls_jar(url) == {"early": True, "final": True}


def test_without_the_module_a_script_sets_a_bare_cookie(visitor, bare):
    assert visitor.visit(url_of_nph(bare)).text == "ok"
    stored, = visitor.jar("own")
    assert stored.flags == {**ENFORCED, "secure": False, "http_only": False, "same_site": None}


def test_a_script_is_enforced(visitor, guarded):
    assert visitor.visit(url_of_nph(guarded, *FLAGS)).text == "ok"
    stored, = visitor.jar("own")
    assert stored.flags == ENFORCED


def test_without_the_module_a_socket_sets_a_bare_cookie(visitor, bare, backend):
    url, _ = url_of_socket(bare, backend)
    visitor.visit(bare.url(SHOP))
    assert open_socket_of(visitor, url) == ["open"]
    stored, = visitor.jar("SOCK")
    assert stored.flags == {**ENFORCED, "secure": False, "http_only": False, "same_site": None}


def test_a_socket_is_enforced(visitor, guarded, backend):
    """The cookie of its 101, and the name of the one that comes with the question."""
    url, heads = url_of_socket(guarded, backend, *PREFIX,
                               "CookieGuardCookie SOCK Prefix=__Secure-")
    own = log_in(visitor, guarded)
    assert open_socket_of(visitor, url) == ["open"]
    stored, = visitor.jar("__Secure-SOCK")
    assert stored.flags == ENFORCED
    assert re.findall("(?im)^cookie: *(.*?)\r$", heads[-1]) == [f"SID={own}"]
