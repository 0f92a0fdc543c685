"""The contenders of bench/session: where mod_session keeps a session, and what it costs there.

The application is session_driver.c. All stores hold the same entries.
"""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import sqlite3
import tempfile

import contenders
import server

HOST = contenders.host_of(0)
COOKIE = "session"
USES = ("read", "write")


@dataclasses.dataclass(frozen=True)
class Shape:
    """Of a session: octets as mod_session encodes it, and in how many entries."""
    size: int
    entries: int
    title: str


SMALL, LARGE = Shape(200, 1, "200 B"), Shape(2048, 1, "2 KiB")
SHAPES = {"small": SMALL, "large": LARGE, "small-6": Shape(200, 6, "200 B in 6"),
          "large-16": Shape(2048, 16, "2 KiB in 16")}

# What ours may cost, in instructions over httpd alone that gets the same request without a cookie.
BARS = {("read", SMALL): 22_000, ("write", SMALL): 42_000, ("read", LARGE): 27_000}

STATEMENTS = {
    "deletesession": "delete from session where key = %s",
    "updatesession": "update session set value = %s, expiry = %lld, key = %s where key = %s",
    "insertsession": "insert into session (value, expiry, key) values (%s, %lld, %s)",
    "selectsession": "select value from session where key = %s"
                     " and (expiry = 0 or expiry > %lld)",
    "cleansession": "delete from session where expiry != 0 and expiry < %lld",
}
IN_COOKIE = f"SessionCookieName {COOKIE} path=/\n"
IN_DATABASE = (f"SessionDBDCookieName {COOKIE} path=/\n" +
               "".join(f'DBDPrepareSQL "{text}" {name}\n' for name, text in STATEMENTS.items()))
OURS = contenders.GUARD + "CookieGuardAuditLog logs/audit\nCookieGuardSession On\n"


@dataclasses.dataclass(frozen=True)
class Store:
    key: str
    title: str
    text: str = ""          # stands in the virtual host
    httpd: tuple = ()       # modules of httpd's own
    module: str = ""        # "guard", or nothing
    preamble: str = ""      # stands before the virtual host
    has_session: bool = True
    is_slow: bool = False   # then a tenth of the requests are counted


STORES = (
    Store("none", "none (no session)", has_session=False),
    Store("entries", "a provider that costs nothing: entries",
          preamble="SessionDriverStore entries\n"),
    Store("encoded", "the same, with the encoded text", preamble="SessionDriverStore encoded\n"),
    Store("cookie", "mod_session_cookie", IN_COOKIE, ("session_cookie",)),
    Store("crypto", "the same + mod_session_crypto",
          IN_COOKIE + "SessionCryptoPassphrase 0f9e8d7c6b5a\n",
          ("session_cookie", "session_crypto"), is_slow=True),
    Store("dbd", "mod_session_dbd, sqlite3 on tmpfs", IN_DATABASE, ("dbd", "session_dbd"),
          preamble="DBDriver sqlite3\nDBDParams {database}\n"),
    Store("ours", "mod_cookieguard, CookieGuardSession On", OURS, module="guard",
          preamble="CookieGuardStateDir state\n"),
)
BY_KEY = {store.key: store for store in STORES}


@contextlib.contextmanager
def database():
    """The file of mod_session_dbd's database, in memory where the system has a place for that."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    place = pathlib.Path(tempfile.mkdtemp(prefix="cookieguard-bench-", dir=memory))
    file = place / "sessions"
    try:
        with contextlib.closing(sqlite3.connect(file)) as base:
            base.execute("create table session (key text primary key, expiry integer, value text)")
            base.commit()
        if os.geteuid() == 0:
            for path in (place, file):
                os.chown(path, server.NOBODY, server.NOBODY)
        yield file
    finally:
        shutil.rmtree(place)


def site_of(store, file):
    """The whole site. The driver comes behind mod_session, whose hooks it needs."""
    if not store.has_session:
        return contenders.virtual_host(HOST, "")
    lines = [server.load_httpd(name) for name in ("session", *store.httpd)]
    lines.append(server.load_compiled("sessiondriver", "session_driver.c"))
    lines.append(store.preamble.format(database=file))
    lines.append(contenders.virtual_host(HOST, store.text + "<Location />\nSession On\n</Location>\n"))
    return "".join(lines)


def visit(query=""):
    return server.Visit(HOST, "/page.html" + (f"?{query}" if query else ""))


def beginning(store, shape):
    """The visits that make a session of this shape. First a small one: of a session that nobody came
    back with, a store may want to keep little."""
    queries = ("begin", f"fill={shape.size},{shape.entries}") if store.has_session else ()
    return [visit(query) for query in queries]


def visit_for(use):
    return visit("write" if use == "write" else "")


def check(store, shape, writes, seen):
    """A store that does not do its work has no figure: the session is as large as it should be, and
    has all that was written."""
    wanted = f"{writes} {shape.size}" if store.has_session else ""
    if seen != wanted:
        raise RuntimeError(f"{store.title}: {seen!r} in place of {wanted!r}")
