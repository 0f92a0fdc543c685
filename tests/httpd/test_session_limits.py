"""What a session may hold, and what becomes of whom when the store is full."""
import pytest

from env.clock import MINUTE
from env.session_client import Line, TOKEN, request_text
from env.session_site import HOST, Site

STRICT = {b"path": b"/", b"secure": b"", b"httponly": b"", b"samesite": b"Strict"}
NARROW = {"host": b"narrow.test", "cookie": b"__Host-narrow", "attributes": STRICT}
REFUSES = b"refuses.test"


# -- CookieGuardSessionMaxSize 1k -----------------------------------------------------------------

def test_session_max_size_refused_with_the_old_record_intact(site):
    site.server.expect("CG0055")
    token = site.ask(set="a=1&big=" + "x" * 900, **NARROW).token
    before = site.ask(token, **NARROW).session
    assert before["a"] == "1"
    for words in ("more=" + "y" * 200, "a=2&big=" + "z" * 1100, "a=2&b=3&c=" + "y" * 3000):
        assert site.ask(token, set=words, **NARROW).is_silent
        assert site.ask(token, **NARROW).session == before
    assert site.ask(token, set="a=2&big=", **NARROW).is_silent
    assert site.ask(token, **NARROW).session == {"a": "2"}


def test_a_session_that_would_begin_too_large_does_not(site):
    site.server.expect("CG0055")
    assert site.ask(set="big=" + "x" * 1100, **NARROW).is_silent


def test_a_newborn_holds_two_kib(site):
    """More only once its token has come back: a flood of newcomers is a flood of small ones."""
    site.server.expect("CG0055")
    big = "big=" + "x" * 3000
    assert site.ask(set=big).is_silent
    token = site.ask(set="a=1").token
    assert site.ask(token, set=big).is_silent
    assert site.ask(token).session["big"] == "x" * 3000


def test_a_login_that_would_be_too_large_is_none(site):
    """The user's name and password have no room beside what is there; the session stays as it was."""
    site.server.expect("CG0055")
    token = site.ask(set="a=1&big=" + "x" * 950, **NARROW).token
    assert site.login(token, **NARROW).is_silent
    assert "shop-user" not in site.ask(token, **NARROW).session
    assert site.ask(token, **NARROW).session["a"] == "1"


# -- a store of 1 MiB -----------------------------------------------------------------------------

@pytest.fixture(scope="module")
def small():
    """Function that starts a server whose store holds the least that there may be."""
    started = []

    def start(name):
        site = Site(name, store_size="1M")
        started.append(site)
        return site.start()

    yield start
    for site in started:
        try:
            site.stop()
        finally:
            site.server.stop(check=False)
            site.remove()


def log_in(site, number, host, octets=7000):
    """Somebody else each time, with much to keep; the token, or None."""
    return site.ask(set="kept=" + "x" * octets, host=host,
                    more={"X-Say-User": f"user{number}"}).token


def fill(site, host):
    """Logs users in until one is refused; returns the tokens of the others."""
    tokens = []
    while token := log_in(site, len(tokens), host):
        tokens.append(token)
        assert len(tokens) < 200, "1 MiB holds more than it can"
    assert len(tokens) > 50
    return tokens


def flood(site, count, host=HOST):
    """So many throw-away sessions, on a connection that is kept."""
    line = Line(site.server.port())
    begun = 0
    for _ in range(count):
        line.send(request_text("/page", host, site.headers(set="a=1")))
        begun += any(TOKEN.search(cookie) for cookie in line.receive().set_cookies)
    line.close()
    return begun


def is_alive(site, token, host):
    return site.ask(token, host=host).session.get("kept") == "x" * 7000


def test_store_full_refuses_a_login_and_harms_nobody(small):
    site = small("sessions-full")
    site.server.expect("CG0056")
    tokens = fill(site, REFUSES)
    assert all(is_alive(site, token, REFUSES) for token in tokens)
    visitor = site.ask(set="a=1", host=REFUSES).token
    assert site.ask(visitor, host=REFUSES).session == {"a": "1"}
    assert site.ask(visitor, set="kept=" + "x" * 7000, host=REFUSES,
                    more={"X-Say-User": "late"}).is_silent
    assert site.ask(visitor, host=REFUSES).session == {"a": "1"}
    site.clock.advance(20 * MINUTE)
    assert log_in(site, 1000, REFUSES) is None  # idle for long, and kept all the same
    site.clock.advance(10 * MINUTE)
    assert log_in(site, 1001, REFUSES)  # those that ran out make room


def test_store_full_evicts_who_is_idle_for_longest(small):
    site = small("sessions-evicting")
    site.server.expect("CG0056")
    host = b"told.test"
    first = fill(site, host)
    site.clock.advance(5 * MINUTE)
    assert log_in(site, 1000, host) is None  # nobody is idle for half of the idle timeout
    for token in first[1:]:
        assert is_alive(site, token, host)
    site.clock.advance(10 * MINUTE + 1)
    assert log_in(site, 1001, host)
    assert not is_alive(site, first[0], host)
    assert all(is_alive(site, token, host) for token in first[1:])


def test_throw_away_sessions_log_nobody_out(small):
    """More than twice what the store holds, all of them taken; and who is about to log in can."""
    site = small("sessions-flooded")
    users = [log_in(site, number, b"told.test", octets=200) for number in range(100)]
    returning = site.new_session(kept="1")
    assert all(users)
    assert flood(site, 10000) == 10000
    kept = {"kept": "x" * 200}
    assert [site.ask(token, host=b"told.test").session for token in users] == [kept] * len(users)
    assert site.ask(returning).session == {"kept": "1"}
    assert log_in(site, 1000, b"told.test", octets=200)
