"""Who may open a session, and who gets to see what: tokens that are none open nothing and change
nothing, and what is secret stands in no log, no environment, no request to a backend, and not in
the store."""
import base64
import re
import secrets

import pytest

from env import http1, secret
from env.clock import MINUTE
from env.session_client import COOKIE, TOKEN, handle_of, secret_of, spellings
from env.session_site import Site

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def other_digit(digit):
    return ALPHABET[(ALPHABET.index(digit) + 1) % 64]


def changed_at(token, place):
    return token[:place] + bytes([other_digit(token[place])]) + token[place + 1:]


def unknown():
    return b"1" + base64.urlsafe_b64encode(secrets.token_bytes(36))


FORGED = {  # what is tried with a token, and what the audit calls it
    "another secret": ("forged", lambda t: t[:17] + unknown()[17:]),
    "the first bits of the secret": ("forged", lambda t: changed_at(t, 17)),
    "the last bits of the secret": ("forged", lambda t: changed_at(t, 48)),
    "another handle": ("unknown", lambda t: t[:1] + unknown()[1:17] + t[17:]),
    "an unknown one": ("unknown", lambda t: unknown()),
    "no secret": ("malformed", lambda t: t[:17]),
    "one octet short": ("malformed", lambda t: t[:-1]),
    "without its letter": ("malformed", lambda t: t[1:]),
    "one octet long": ("malformed", lambda t: t + b"A"),
    "twice in one": ("malformed", lambda t: t + t),
    "padded": ("malformed", lambda t: t + b"="),
    "very long": ("malformed", lambda t: t + b"A" * 7000),
    "the letter of another format": ("malformed", lambda t: b"2" + t[1:]),
    "a letter nobody knows": ("malformed", lambda t: b"0" + t[1:]),
    "another alphabet": ("malformed", lambda t: t[:48] + b"+"),
    "in quotes": ("malformed", lambda t: b'"' + t + b'"'),
    "percent-encoded": ("malformed", lambda t: b"%31" + t[1:]),
    "half of it in octets over 0x7F": ("malformed", lambda t: t[:20] + b"\xc3\xbf" * 14 + t[48:]),
    "nothing": ("malformed", lambda t: b""),
    "one letter": ("malformed", lambda t: b"1"),
}


def is_no_session(site, token, **how):
    answer = site.ask(token, **how)
    return answer.session == {} and answer.is_silent


@pytest.mark.parametrize("how", FORGED)
def test_forged_tokens_open_nothing_and_change_nothing(site, how):
    kind, forge = FORGED[how]
    token = site.new_session()
    forged = forge(token)
    if len(forged) > 8:
        site.logs.values.add(forged)
    site.clock.advance(2)  # each has a second of its own, in which its line is written
    before = len(site.session_events())
    assert is_no_session(site, forged)
    (told,) = site.session_events()[before:]
    assert (told["action"], told.get("reason")) == (
        ("forged", None) if kind == "forged" else ("refused", kind))
    assert told["session"] == ""  # what was not opened says nothing of itself that counts
    assert site.ask(forged, "/form/logout").token is None
    assert site.ask(token).session == {"a": "1"}
    begun = site.ask(forged, set="b=2")  # whoever comes with it begins anew, and never with that one
    assert begun.token not in (None, token, forged)
    assert site.ask(token).session == {"a": "1"}


def test_forged_tokens_do_not_keep_a_session_alive(site):
    """Nothing is touched before it is opened."""
    token = site.new_session()
    for _ in range(3):
        site.clock.advance(9 * MINUTE)
        assert is_no_session(site, changed_at(token, 20))
    site.clock.advance(3 * MINUTE)
    assert site.ask(token).session == {}


# -- one virtual host's token at another ----------------------------------------------------------

@pytest.mark.parametrize("host", [b"other.test", b"aliased.test", b"alias.test", b"told.test",
                                  b"west.test"])
def test_tokens_of_another_virtual_host_open_nothing(site, host):
    token = site.new_session()
    assert is_no_session(site, token, host=host)
    theirs = site.ask(set="a=2", host=host).token
    assert is_no_session(site, theirs)
    assert site.ask(token).session == {"a": "1"}
    assert site.ask(theirs, host=host).session == {"a": "2"}


def test_a_name_of_a_virtual_host_is_a_realm_of_its_own(site):
    """As the browser keeps its cookies: by the host that it addressed, if that is one of the names."""
    names = (b"aliased.test", b"alias.test", b"one.wild.test", b"two.wild.test")
    tokens = {name: site.ask(set="n=" + name.decode(), host=name).token for name in names}
    for name, token in tokens.items():
        for host in names:
            wanted = {"n": name.decode()} if host == name else {}
            assert site.ask(token, host=host).session == wanted


@pytest.mark.parametrize("host", [b"GUARDED.test", b"guarded.test.", b"guarded.test:443",
                                  b"Guarded.Test.:8443", b"nobody.test", b"[::1]"])
def test_spellings_of_a_host(site, host):
    """Another one than the virtual host's is none of its names: then its first one stands in."""
    token = site.new_session()
    assert site.ask(token, host=host).session == {"a": "1"}


def test_a_realm_that_is_shared_on_purpose(site):
    token = site.ask(set="a=1", host=b"east.test").token
    assert site.ask(token, host=b"west.test").session == {"a": "1"}
    assert is_no_session(site, token)


# -- more than one token --------------------------------------------------------------------------

@pytest.mark.parametrize("over", ("http/1.1", "h2"))
@pytest.mark.parametrize("fields", [
    [b"%(name)s=%(mine)s", b"%(name)s=%(mine)s"],
    [b"%(name)s=%(mine)s", b"%(name)s=%(other)s"],
    [b"%(name)s=%(other)s", b"%(name)s=%(mine)s"],
    [b"%(name)s=%(mine)s; %(name)s=%(other)s"],
    [b"%(name)s=%(mine)s; x=1; %(name)s=%(mine)s"],
    [b"%(name)s=%(mine)s; %(name)s="],
    [b"%(name)s=; %(name)s=%(mine)s"],
    [b"%(name)s=%(mine)s; %(name)s=1"],
    [b"%(name)s=%(mine)s, %(name)s=%(other)s"],
    [b"x=1", b"%(name)s=%(mine)s", b"y=1", b"%(name)s=%(mine)s"]],
    ids=lambda fields: " | ".join(f.decode().replace("%(name)s", "T") for f in fields))
def test_duplicate_token_is_no_session(event_site, fields, over):
    """Two fields of HTTP/1.1, two crumbs of HTTP/2, two in one: nobody can tell whose is whose."""
    site = event_site
    names = {b"name": COOKIE, b"mine": site.new_session(), b"other": site.new_session(a="2")}
    told = [field % names for field in fields]
    answer = site.ask(told, over=over)
    assert answer.session == {} and answer.is_silent
    assert COOKIE not in answer.cookies and not TOKEN.search(answer.cookies)
    assert site.ask(names[b"mine"]).session == {"a": "1"}
    assert site.ask(names[b"other"]).session == {"a": "2"}


def test_crumbs_of_one_token(event_site):
    """HTTP/2 takes Cookie apart."""
    token = event_site.new_session()
    crumbs = [b"x=1", COOKIE + b"=" + token, b"y=2"]
    answer = event_site.ask(crumbs, over="h2")
    assert answer.session == {"a": "1"} and answer.cookies == b"x=1; y=2"


# -- what is written down -------------------------------------------------------------------------

def live(site):
    """All that a session goes through, and all that is tried against one; returns what is secret."""
    value = secret.value()
    heads = []

    def backend(sock, head):
        heads.append(head)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    key = site.backend.play(backend)
    first = site.ask(set=f"kept={value}").token
    tokens = [first]
    assert site.ask(first).session == {"kept": value}
    site.clock.advance(15 * MINUTE)
    tokens.append(site.ask(tokens[-1]).token)
    tokens.append(site.login(tokens[-1]).token)
    assert site.ask(tokens[-1], "/form/page").user == "alice"
    site.login(tokens[-1], password=secret.value())
    told = [site.ask(tokens[-1], path).response.body for path in
            ("/quiet/cgi-bin/environment", "/walk/parts.shtml", "/no-such-page")]
    site.ask(tokens[-1], f"/backend/{key}")
    site.ask(tokens[1], set="x=1")  # mute
    site.ask([COOKIE + b"=" + token for token in tokens])
    for _, forge in FORGED.values():
        site.ask(forge(tokens[-1]), set="y=1", status=404)
    site.ask(tokens[-1], host=b"other.test")
    site.ask(tokens[-1], host=b"bare.test", set="z=1")
    site.ask(tokens[-1], line=COOKIE + b"=" + tokens[-1])
    site.ask(tokens[-1], set="big=" + "A" * 7000)
    site.clock.advance(10)
    site.ask(tokens[1])
    tokens.append(site.ask(tokens[-1], "/form/logout").token)
    site.ask(tokens[-2])
    return tokens, value, b"".join(heads + told[:1])


@pytest.fixture(scope="module")
def told_all():
    """A server that logs all it can, short of printing what it reads and writes (trace4)."""
    site = Site("sessions-debug", flags=["LOG_ALL"])
    site.logs.allowed.append(re.compile("."))
    try:
        site.start()
        yield site, *live(site)
        site.stop()
    finally:
        site.server.stop(check=False)
        site.remove()


def test_no_secret_in_any_log_at_loglevel_debug(told_all):
    site, tokens, value, _ = told_all
    assert b"[cookieguard:debug]" in site.server.log_text("error_log") or b":debug]" in (
        site.server.log_text("error_log"))
    assert site.server.log_text("cookies_log") and site.server.log_text("audit_log")
    for token in tokens:
        assert not site.held_in(token)
    for path in (site.server.root / "logs").iterdir():
        text = path.read_bytes()
        assert not TOKEN.search(text), path.name
        for word in (value, *site.passwords.values()):
            assert word.encode() not in text, path.name


REFUSED_EARLY = {  # before any module is asked
    "an expectation that nobody knows": (417, b"Expect: the-unexpected"),
    "a name of a field that is none": (400, b"Two words: 1"),
    "a field that is too long": (400, b"X-Long: " + b"a" * 9000),
    "a length that is none": (400, b"Content-Length: many")}


@pytest.mark.parametrize("how", REFUSED_EARLY)
def test_no_token_in_the_log_of_a_request_that_httpd_refuses(site, how):
    status, field = REFUSED_EARLY[how]
    token, name = site.new_session(), secrets.token_hex(8).encode()
    site.server.expect("AH00561", "AH00570", "AH02418", "AH03083")
    head = b"\r\n".join([b"GET /" + name + b" HTTP/1.1", b"Host: guarded.test", b"Connection: close",
                         b"Cookie: a=1; " + COOKIE + b"=" + token + b"; b=2", b"X: 1",
                         field, b"", b""])
    answer = http1.parse(http1.send_raw(site.server.port("plain"), head))
    assert answer.status == status
    (line,) = [line for line in site.server.log_text("cookies_log").splitlines() if name in line]
    assert b" a=1; b=2 " in line


def test_no_secret_is_handed_on(told_all):
    """To programs and backends. What SessionEnv tells of the session is asked for, and no token."""
    _, tokens, _, handed_on = told_all
    assert handed_on
    for token in tokens:
        assert not [spelling for spelling in spellings(token) if spelling in handed_on]
    for word in told_all[0].passwords.values():
        assert word.encode() not in handed_on.partition(b"X-Session: ")[0]


def shared_memory_of(pid):
    """What stands in the POSIX segments that a process has mapped."""
    found = b""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        for line in maps:
            if "/dev/shm/" in line and "rw-s" in line:
                start, end = line.split()[0].split("-")
                with open(f"/proc/{pid}/map_files/{start}-{end}", "rb") as segment:
                    found += segment.read()
    return found


def test_the_store_holds_no_plain_text(event_site):
    """Who reads all of it, with all keys of the server, opens no session: no value, no key of one, no
    user, and no secret of a token stand there."""
    site = event_site
    mark = "plain" + secrets.token_hex(8)
    token = site.login(site.new_session(**{mark: secret.value()})).token
    assert mark in site.ask(token).session
    memory = shared_memory_of(site.server.daemon.pid)
    assert handle_of(token) in memory  # it is the store
    for text in (mark.encode(), secret.MARK.encode(), b"shop-user", secret_of(token),
                 base64.urlsafe_b64encode(secret_of(token)), site.passwords["alice"].encode()):
        assert text not in memory
