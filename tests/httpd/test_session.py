"""mod_session with its sessions in the store: what a program gets and sets (modules/mod_sessionset.c),
a login from its form to its end, what reaches a CGI program and a backend, and what must not."""
import base64
import dataclasses
import hashlib
import re
import secrets
import signal
import urllib.parse

import pytest

from env import secret, tools
from env.clock import MINUTE, Clock
from env.httpd import Httpd
from env.scripted import ScriptedBackend
from env.session_client import COOKIE, Answer, spellings

MODULES = ["session", "auth_form", "authn_file", "authz_user", "request", "proxy", "proxy_http",
           "cache", "cache_disk"]


ALL = {b"path": b"/", b"secure": b"", b"httponly": b""}


@dataclasses.dataclass
class VirtualHost:
    """A virtual host of session.conf, and what its token's cookie is like."""
    host: bytes = b"guarded.test"
    cookie: bytes = COOKIE
    attributes: dict = dataclasses.field(default_factory=lambda: {**ALL, b"samesite": b"Lax"})


GUARDED = VirtualHost()
FRAMED = VirtualHost(b"framed.test", b"__Host-framed",
                     {**ALL, b"samesite": b"None", b"partitioned": b""})
STRICT = VirtualHost(b"strict.test", b"__Host-strict", {**ALL, b"samesite": b"Strict"})


def hashed(word):
    return "{SHA}" + base64.b64encode(hashlib.sha1(word.encode()).digest()).decode()


class Application:
    """A server that keeps sessions, with all that stands behind it."""

    def __init__(self, mpm):
        self.backend = ScriptedBackend()
        self.server = Httpd(
            f"session-{mpm}", "session.conf", mpm=mpm, ports_named=("plain",),
            modules=MODULES + (["cgi"] if mpm == "prefork" else ["cgid", "http2"]),
            defines={"port_backend": self.backend.port})
        root = self.server.root
        program = tools.compiled_module(tools.TESTS / "modules" / "mod_sessionset.c", root)
        text = self.server.config.read_text()
        self.server.config.write_text(text.replace(
            "Include conf/base.conf",
            f"LoadModule sessionset_module {program}\nInclude conf/base.conf"))
        (root / "guard").mkdir(mode=0o700)
        self.password = secret.value()
        (root / "state" / "users").write_text(f"alice:{hashed(self.password)}\n")
        self.clock = Clock(self.server)

    # -- as Httpd

    @property
    def name(self):
        return self.server.name

    @property
    def logs(self):
        return self.server.logs

    def start(self):
        self.server.start()
        return self

    def stop(self):
        self.server.expect("AH00170")  # prefork's way to say that it was told to
        self.server.stop(how=signal.SIGWINCH)
        self.backend.stop()

    def remove(self):
        self.server.remove()

    # -- requests

    def ask(self, token=None, path="/x", *, do=None, early=None, headers=(), site=GUARDED, **how):
        """A request; do: words of mod_sessionset.c."""
        fields = list(headers)
        if token:
            fields.append(("Cookie", b"first=1; " + site.cookie + b"=" + token + b"; last=2"))
        fields += [(name, said) for name, said in (("X-Do", do), ("X-Early", early)) if said]
        answer = Answer(self.server.request(path, headers=fields, host=site.host, **how),
                        site.cookie, site.attributes)
        if answer.token:
            self.logs.values |= spellings(answer.token)
        return answer

    def begin(self, do="set:a=1", **how):
        """The token of a new session."""
        token = self.ask(do=do, **how).token
        assert token
        return token

    def login(self, token=None, password=None, path="/login", **fields):
        form = urllib.parse.urlencode({"httpd_username": "alice",
                                       "httpd_password": password or self.password, **fields})
        return self.ask(token, path, method="POST", body=form.encode(),
                        headers=[("Content-Type", "application/x-www-form-urlencoded")])

    def entries(self, token, path="/x", **how):
        return entries_in(self.ask(token, path, **how))


def entries_in(answer):
    """[(key, value)] as the program found them when it was done."""
    assert answer.status == 200, answer.status
    found = [tuple(line.decode().split("=", 1)) for line in answer.response.body.splitlines()]
    return [(key, value) for key, value in found if key != "expiry"]


@pytest.fixture(params=("event", "prefork"))
def app(servers, request):
    return servers.get(("session", request.param), lambda: Application(request.param).start())


# -- a login, from its form to its end -----------------------------------------------------------

def test_a_session_from_login_to_logout(app):
    outside = app.ask(path="/inside/page")
    assert outside.status == 401 and outside.is_silent

    refused = app.login(password="wrong")
    assert refused.status == 401 and refused.is_silent
    app.server.expect("AH01807")  # password Mismatch

    inside = app.login()
    assert inside.status == 302 and inside.token
    assert app.ask(inside.token, "/inside/page").status == 200
    assert app.ask(inside.token, "/inside/page").is_silent

    left = app.ask(inside.token, "/logout")
    assert left.status == 307 and left.deletes
    assert app.ask(inside.token, "/inside/page").status == 401
    assert app.entries(inside.token) == []


def test_a_login_replaces_the_token_that_came_with_it(app):
    before = app.begin("set:cart=3")
    after = app.login(before).token
    assert after and after != before
    assert ("cart", "3") in app.entries(after)
    assert app.entries(before) == [("cart", "3")], "what was written after the login is seen"
    assert app.ask(before, "/inside/page").status == 401

    left = app.ask(after, "/logout")
    assert left.token and left.token not in (before, after), "the cart goes on under a new token"
    assert app.entries(left.token) == [("cart", "3")]
    assert app.entries(after) == []


def test_a_login_on_the_way_to_a_page(app):
    """With a form that was filled in before the session ran out: mod_auth_form makes a sub-request
    of it."""
    answer = app.login(path="/inside/page", httpd_method="POST", httpd_body="x=1",
                       httpd_mimetype="application/x-www-form-urlencoded")
    assert answer.token and ("shop-user", "alice") in entries_in(answer)
    assert app.ask(answer.token, "/inside/page").status == 200


# -- what is handed on ---------------------------------------------------------------------------

def test_a_cgi_program_gets_the_session_and_not_the_token(app):
    token = app.login(app.begin("set:cart=3")).token
    told = app.ask(token, "/inside/cgi/environment").response.body.split(b"\n")
    (session,) = [line for line in told if line.startswith(b"HTTP_SESSION=")]
    assert b"cart=3" in session and b"shop-user=alice" in session
    assert b"REMOTE_USER=alice" in told and b"HTTP_COOKIE=first=1; last=2" in told
    assert not any(spelling in line for spelling in spellings(token) for line in told)


def test_a_backend_says_what_is_kept_and_does_not_see_the_token(app):
    heads = []

    def answer(sock, head):
        heads.append(head)
        said = re.search(rb"(?im)^X-Say: (.*)\r$", head)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                     + (b"X-Keep: " + said.group(1) + b"\r\n" if said else b"") + b"\r\nok")

    path = "/backend/" + app.backend.play(answer)
    begun = app.ask(path=path, headers=[("X-Say", "a=1&b=x%20y")])
    assert begun.token and not begun.response.all(b"x-keep")
    assert app.entries(begun.token) == [("a", "1"), ("b", "x y")]
    app.ask(begun.token, path, headers=[("X-Say", "a=2&b=")])
    assert app.entries(begun.token) == [("a", "2")]
    assert all(b"first=1; last=2" in head for head in heads[1:])
    assert not any(spelling in head for spelling in spellings(begun.token) for head in heads)


def test_a_token_closes_the_response_to_caches(app):
    """Answer looks at Cache-Control and Vary; what the application said otherwise goes."""
    path = "/backend/" + app.backend.play(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Keep: a=1\r\nVary: Accept\r\n"
        b"Cache-Control: public, max-age=60, no-transform\r\nSurrogate-Control: max-age=9\r\n\r\n")
    answer = app.ask(path=path)
    assert answer.token
    assert answer.response.all(b"cache-control") == [b"no-store, max-age=60, no-transform"]
    assert b"no-store" in answer.response.all(b"surrogate-control")[0]
    (vary,) = answer.response.all(b"vary")
    assert vary.replace(b" ", b"") == b"Accept,Cookie"
    again = app.ask(answer.token, path)
    assert again.is_silent and b"public" in again.response.all(b"cache-control")[0]


# -- entries -------------------------------------------------------------------------------------

def test_entries_keep_their_order_and_their_octets(app):
    token = app.begin("set:b=1 set:a=%00+&= set:c=")
    assert app.entries(token) == [("b", "1"), ("a", "%00+&="), ("c", "")]
    app.ask(token, do="set:b=2 set:d=4 unset:a")
    assert app.entries(token) == [("b", "2"), ("c", ""), ("d", "4")]
    assert app.ask(token, do="set:e=5 unset:e set:b=3 set:b=2").is_silent
    assert app.entries(token) == [("b", "2"), ("c", ""), ("d", "4")]


def test_an_entry_that_stands_twice_is_kept_once_by_its_last_value(app):
    token = app.begin("set:a=1 add:a=2")
    assert app.entries(token) == [("a", "2")]
    app.ask(token, do="add:a=3 add:a=2")
    assert app.entries(token) == [("a", "2")]
    app.ask(token, do="add:b=1 add:b=1")
    assert app.entries(token) == [("a", "2"), ("b", "1")]


def test_an_entry_put_back_as_it_was_is_no_change(app):
    token = app.begin("set:a=1 set:b=2")
    app.ask(token, do="unset:a set:a=1 set:b=2")
    assert sorted(app.entries(token)) == [("a", "1"), ("b", "2")]


def test_expiry_is_no_entry(app):
    """SessionEnv and SessionMaxAge put one among them."""
    assert app.ask(path="/aged").is_silent
    token = app.ask(path="/aged", do="set:a=1").token
    told = app.ask(token).response.body
    assert told == b"a=1\n"
    assert app.ask(token, "/aged", do="set:expiry=1").is_silent
    assert app.ask(token).response.body == told


@pytest.mark.parametrize("path", ("/x", "/aged"))
def test_an_empty_session_is_none(app, path):
    assert app.ask(path=path).is_silent
    assert app.ask(path=path, do="set:a=1 unset:a").is_silent
    token = app.begin("set:a=1")
    assert app.ask(token, path, do="unset:a").deletes
    assert app.entries(token) == []


def test_a_key_that_no_record_holds_is_refused_with_all_that_came_with_it(app):
    token = app.begin("set:a=1")
    assert app.entries(token, do=f"set:a=2 set:{'k' * 256}=1")[0] == ("a", "2")
    assert app.entries(token) == [("a", "1")]
    app.server.expect("CG0055")
    app.ask(token, do=f"set:a=2 set:{'k' * 255}=1")
    assert app.entries(token) == [("a", "2"), ("k" * 255, "1")]


def test_an_age_that_ends_within_a_request_takes_nothing_with_it(app):
    """mod_session would go on with a blank session, and what was set in the other one be lost."""
    token = app.begin("set:a=1")
    answer = app.ask(token, "/aged", do="set:b=2 age set:c=3")
    assert entries_in(answer) == [("a", "1"), ("b", "2"), ("c", "3")]
    assert app.entries(token) == [("a", "1"), ("b", "2"), ("c", "3")]


def test_session_max_age_counts_from_the_last_use(app):
    """Also where mod_session does not save for each use (SessionExpiryUpdateInterval)."""
    token = app.ask(path="/aged", do="set:a=1").token
    for _ in range(4):
        app.clock.advance(4 * MINUTE)
        assert app.entries(token, "/aged") == [("a", "1")]
    app.clock.advance(11 * MINUTE)
    assert app.entries(token, "/aged") == []


# -- requests made of requests -------------------------------------------------------------------

@pytest.mark.parametrize("status, shows", ((403, False), (409, True)))
def test_what_is_set_is_kept_where_the_request_fails(app, status, shows):
    """The error page knows of sessions (409), or does not, and mod_session saves none (403)."""
    failed = app.ask(path="/broken", do=f"set:a=1 fail:{status}")
    assert failed.status == status and failed.token
    assert failed.response.body == (b"a=1\n" if shows else b"")
    assert app.ask(failed.token, "/broken", do=f"set:b=2 fail:{status}").status == status
    assert app.entries(failed.token) == [("a", "1"), ("b", "2")]


def test_a_sub_request_has_the_session_of_its_request(app):
    """mod_session saves for both when the first response passes."""
    answer = app.ask(do="set:a=1 ask:/sub")
    assert answer.token and answer.response.body == b"a=1\n" * 2
    again = app.ask(answer.token, do="ask:/off/sub ask:/sub set:b=2 unset:a")
    assert again.is_silent, "the head has left when the session is changed"
    assert app.entries(answer.token) == [("a", "1")]


def test_a_session_set_before_any_handler(app):
    token = app.ask(early="set:a=1").token
    assert app.entries(token, early="set:b=2", do="set:c=3") == [("a", "1"), ("b", "2"), ("c", "3")]
    assert app.entries(token) == [("a", "1"), ("b", "2"), ("c", "3")]


def test_no_session_where_mod_session_is_off(app):
    token = app.begin("set:a=1")
    answer = app.ask(token, "/off", do="set:b=2")
    assert answer.is_silent and answer.response.body == b""
    assert app.entries(token) == [("a", "1")]


# -- who may begin one ---------------------------------------------------------------------------

def fetched(from_where, mode, dest):
    return [("Sec-Fetch-Site", from_where), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]


PAGE = ("cross-site", "navigate", "document")
EMBEDDED = (("cross-site", "navigate", "iframe"), ("cross-site", "no-cors", "image"),
            ("cross-site", "cors", "empty"))
OWN = (("same-site", "no-cors", "image"), ("same-origin", "cors", "empty"),
       ("none", "navigate", "document"))


@pytest.mark.parametrize("site, fetch, begins", (
    *((GUARDED, fetch, False) for fetch in EMBEDDED), (GUARDED, PAGE, True),
    *((STRICT, fetch, False) for fetch in (*EMBEDDED, PAGE)),
    *((FRAMED, fetch, True) for fetch in (*EMBEDDED, PAGE)),
    *((site, fetch, True) for site in (GUARDED, STRICT, FRAMED) for fetch in OWN)),
    ids=lambda case: case.host.decode() if isinstance(case, VirtualHost) else str(case))
def test_where_a_browser_keeps_its_token_back_no_session_begins(app, site, fetch, begins):
    """A new token would replace the one that it has."""
    headers = fetched(*fetch)
    answer = app.ask(do="set:a=1", headers=headers, site=site)
    assert bool(answer.token) == begins and (answer.token or answer.is_silent)
    token = app.begin(site=site)
    answer = app.ask(token, do="set:b=2", headers=headers, site=site)
    assert answer.is_silent, "one that came with its token is no beginning"
    assert app.entries(token, site=site) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("site, begins", ((GUARDED, False), (STRICT, False), (FRAMED, True)),
                         ids=("lax", "strict", "none"))
def test_a_form_sent_from_another_site_begins_no_session(app, site, begins):
    """A Lax token goes along with what is only looked at, and a form is more."""
    answer = app.ask(do="set:a=1", method="POST", headers=fetched(*PAGE), site=site)
    assert bool(answer.token) == begins and (answer.token or answer.is_silent)
    own = app.ask(do="set:a=1", method="POST", site=site,
                  headers=fetched("same-origin", "navigate", "document"))
    assert own.token
    login = app.ask(do="set:shop-user=alice", method="POST", headers=fetched(*PAGE), site=site)
    assert login.token, "single sign-on may end with a form"


def test_who_logs_in_from_elsewhere_gets_a_session_under_strict_too(app):
    """Single sign-on ends with a page that another site sends the browser to."""
    answer = app.ask(do="set:shop-user=alice", headers=fetched(*PAGE), site=STRICT)
    assert answer.token
    framed = app.ask(do="set:shop-user=alice", headers=fetched(*EMBEDDED[0]), site=STRICT)
    assert framed.is_silent


@pytest.mark.parametrize("site", (FRAMED, STRICT), ids=lambda site: site.host.decode())
def test_a_deletion_has_the_attributes_of_its_cookie(app, site):
    """Answer compares them."""
    assert app.ask(app.begin(site=site), do="unset:a", site=site).deletes


# -- mod_cache -----------------------------------------------------------------------------------

def is_hit(answer):
    return bool(answer.response.all(b"age"))


def test_mod_cache_stores_nothing_of_a_session(app):
    place = f"/cached/{secrets.token_hex(4)}"
    app.ask(path=place)
    assert is_hit(app.ask(path=place)), "what belongs to nobody is stored"

    token = app.begin()
    assert app.entries(token, place + "/mine") == [("a", "1")]
    other = app.ask(path=place + "/mine")
    assert not is_hit(other) and other.response.body == b""

    assert app.ask(path=place + "/new", do="set:a=1").token
    other = app.ask(path=place + "/new")
    assert not is_hit(other) and other.response.body == b"" and other.is_silent


# -- loading -------------------------------------------------------------------------------------

def configuration(server, order):
    modules = {"guard": f"LoadModule cookieguard_module {tools.guard_module()}",
               "session": f"LoadModule session_module {tools.module_directory()}/mod_session.so"}
    lines = [modules[name] for name in order]
    lines += ["Include conf/base.conf", f"Listen {server.port()}", "CookieGuardHTTPS on",
              f"CookieGuardStateDir {server.root}/guard", "CookieGuardSession On",
              "CookieGuardAuditLog logs/audit_log"]
    if "session" in order:
        program = tools.compiled_module(tools.TESTS / "modules" / "mod_sessionset.c", server.root)
        lines += [f"LoadModule sessionset_module {program}",
                  "<Location />", "Session On", "SetHandler session-set", "</Location>"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("order", (("guard", "session"), ("session", "guard"), ("guard",)))
def test_mod_session_is_found_wherever_it_is_loaded(order):
    server = Httpd("-".join(("loaded", *order)), None, guard=False, ports_named=("plain",))
    (server.root / "guard").mkdir(mode=0o700)
    text = server.config.read_text().replace("Include conf/base.conf",
                                             configuration(server, order))
    server.config.write_text(text)
    server.guard = True
    server.expect("CG00[34][0-9]")  # what is said of a server without mod_session
    server.start()
    try:
        for _ in range(2):
            answer = Answer(server.request("/", headers=[("X-Do", "set:a=1")]))
            assert bool(answer.token) == ("session" in order)
            server.graceful()
    finally:
        server.stop(how=signal.SIGWINCH)
        server.remove()
