"""A hostile backend: very many lines, very long lines, every octet in every place. Nothing
crashes, the promises hold, and work and memory grow with the size of the response and no faster.

Work is counted in CPU time of the server's threads as the kernel keeps it, memory as the
resident size: how they grow is compared, nothing has to end within a given time.
"""
import os
import re

import pytest

from env import lines as kinds
from env import secret
from env.process import session_members

MANY = 10_000
LONG = 60_000
IGNORED = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


@pytest.fixture
def server(start, origin):
    found = start("hostile", "hostile.conf", modules=["proxy", "proxy_http"],
                  ports_named=("plain",), defines={"port_backend": origin.port})
    found.expect(r"AH02430|AH02429",  # httpd refuses a head that is not HTTP
                 r"CG0022")           # more names than the table of sightings takes
    return found


def response_with(cookie_lines):
    return (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
            + b"".join(b"Set-Cookie: " + line + b"\r\n" for line in cookie_lines) + b"\r\nok")


def through(server, origin, host, cookie_lines):
    key = origin.play(response_with(cookie_lines))
    response = server.request("/" + key, host=host)
    del origin.answers[key]
    return response


def both(server, origin, cookie_lines):
    """The Set-Cookie lines with the guard and without it."""
    off = through(server, origin, b"off.test", cookie_lines)
    guarded = through(server, origin, b"guarded.test", cookie_lines)
    assert guarded.status == off.status
    return guarded.set_cookies, off.set_cookies


def assert_promises(guarded, off):
    """The promises that can be seen from outside, whatever the lines are."""
    assert len(guarded) == len(off), "keep-rest: number of cookies"
    for got, sent in zip(guarded, off):
        pair = sent.split(b";")[0]
        name, equals, value = pair.partition(b"=")
        name, value = name.strip(b" \t"), value.strip(b" \t")
        size = len(name) + len(value) if equals else len(pair.strip(b" \t"))
        if IGNORED.search(sent) or size == 0 or size > 4096:
            assert got == sent, "ignored"
            continue
        assert got.split(b";")[0].rstrip(b" \t") == pair.rstrip(b" \t"), "keep-value, order"
        names = [n for n, _ in kinds.attributes(got)]
        for flag in (b"secure", b"httponly", b"samesite"):
            assert names.count(flag) == 1, f"once: {flag} in {got[:300]!r}"
        kept = [a for a in kinds.attributes(sent) if a[0] not in KNOWN and a[0]]
        assert [a for a in kinds.attributes(got) if a[0] not in KNOWN and a[0]] == kept, \
            "keep-rest: unknown attributes"


KNOWN = {b"secure", b"httponly", b"samesite", b"path", b"domain", b"max-age", b"expires",
         b"partitioned"}


# --- very many lines ----------------------------------------------------------------------


def test_ten_thousand_lines(server, origin):
    sent = [b"n%d=" % n + secret.bytes_value() for n in range(MANY)]
    guarded, off = both(server, origin, sent)
    assert off == sent
    assert guarded == [line + b"; Secure; HttpOnly; SameSite=Lax" for line in sent]


def test_ten_thousand_lines_of_one_name(server, origin):
    sent = [b"same=" + secret.bytes_value()] * MANY
    guarded, _ = both(server, origin, sent)
    assert guarded == [line + b"; Secure; HttpOnly; SameSite=Lax" for line in sent]


def test_ten_thousand_complete_lines_stay_as_they_are(server, origin):
    sent = [b"n%d=1; Path=/; Secure; HttpOnly; SameSite=Lax" % n for n in range(MANY)]
    guarded, _ = both(server, origin, sent)
    assert guarded == sent


def test_ten_thousand_deletions(server, origin):
    sent = [b"n%d=; Max-Age=0" % n for n in range(MANY)]
    guarded, _ = both(server, origin, sent)
    assert guarded == [line + b"; Secure; HttpOnly; SameSite=Lax" for line in sent]


# --- very long lines ----------------------------------------------------------------------

LONG_LINES = {
    "value": b"v=" + b"x" * LONG,
    "name": b"n" * LONG + b"=1",
    "no equals": b"y" * LONG,
    "path": b"p=1; Path=/" + b"p" * LONG,
    "domain": b"d=1; Domain=" + b"d" * LONG,
    "unknown attribute": b"u=1; " + b"u" * LONG,
    "unknown value": b"u=1; Unknown=" + b"u" * LONG,
    "many semicolons": b"s=1" + b";" * LONG,
    "many unknown attributes": b"m=1" + b"; a=b" * (LONG // 5),
    "many flags": b"f=1" + b"; Secure" * (LONG // 8),
    "many same-sites": b"f=1" + b"; SameSite=Strict; SameSite=None" * (LONG // 34),
    "many max-ages": b"f=1" + b"; Max-Age=60" * (LONG // 12),
    "many expires": b"f=1" + b"; Expires=Fri, 01 Jan 2038 00:00:00 GMT" * (LONG // 40),
    "many paths": b"f=1" + b"; Path=/a" * (LONG // 9),
    "many blanks": b"b=1;" + b" " * LONG + b"; Path=/",
    "many tabs": b"b=1;" + b"\t" * LONG + b"Secure",
    "many equals": b"e" + b"=" * 4000 + b"; Path" + b"=" * LONG,
    "long number": b"a=1; Max-Age=" + b"9" * 1000,
    "longer number": b"a=1; Max-Age=" + b"9" * LONG,
    "long date": b"a=1; Expires=" + b"1 " * 500,
    "quotes": b'q="' + b'"' * 4000 + b'"; Path=/',
    "at the limit": b"l=" + b"x" * 4095,
    "over the limit": b"l=" + b"x" * 4096,
}


@pytest.mark.parametrize("what", LONG_LINES)
def test_a_long_line(server, origin, what):
    """The line as httpd itself hands it on is the measure: mod_proxy takes blanks off its end."""
    assert_promises(*both(server, origin, [b"before=1", LONG_LINES[what], b"after=1"]))


# --- every octet in every place -----------------------------------------------------------

PLACES = {
    "name": b"na%sme=value; Path=/",
    "start": b"%sname=value",
    "value": b"name=va%slue; Path=/",
    "end of value": b"name=value%s; Path=/",
    "attribute name": b"name=value; Unk%snown=1; Path=/",
    "known attribute name": b"name=value; Sec%sure; Path=/",
    "attribute value": b"name=value; Path=/a%sb",
    "flag value": b"name=value; Secure=%s; HttpOnly%s",
    "same-site": b"name=value; SameSite=La%sx",
    "max-age": b"name=value; Max-Age=6%s0",
    "expires": b"name=value; Expires=Fri, 01 Jan%s2038 00:00:00 GMT",
    "end": b"name=value; Path=/%s",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("first", range(0, 256, 32))
def test_octets(server, origin, place, first):
    """32 octets at once, each in a line of its own."""
    sent = [PLACES[place].replace(b"%s", bytes([octet])) for octet in range(first, first + 32)
            if not IGNORED.match(bytes([octet]))]
    guarded, off = both(server, origin, sent)
    assert len(off) == len(sent), "the lines came through httpd itself"
    assert_promises(guarded, off)


@pytest.mark.parametrize("octet", [octet for octet in range(128) if IGNORED.match(bytes([octet]))])
def test_control_characters_are_refused_by_httpd_itself(server, origin, octet):
    """With the guard as without it: what httpd answers in place of the response. Some it takes
    for the end of a line, or for a blank there, and the line arrives without them."""
    server.expect("AH10404|AH01106|AH00898|AH01097|AH01102")
    for place in ("name", "value", "end", "same-site"):
        line = PLACES[place].replace(b"%s", bytes([octet]))
        guarded, off = both(server, origin, [line])
        assert_promises(guarded, off)


# --- growth -------------------------------------------------------------------------------


def cpu_ns(server):
    """CPU time of all threads of the server, in nanoseconds."""
    total = 0
    for pid in session_members(server.daemon.pid):
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as stat:
                    total += int(stat.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def memory_kib(server, field):
    """The largest VmRSS (now) or VmHWM (ever) of the server's processes."""
    largest = 0
    for pid in session_members(server.daemon.pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            found = re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.MULTILINE)
        largest = max(largest, int(found.group(1)))
    return largest


def work(server, origin, host, cookie_lines, rounds):
    key = origin.play(response_with(cookie_lines))
    before = cpu_ns(server)
    for _ in range(rounds):
        server.request("/" + key, host=host)
    spent = cpu_ns(server) - before
    del origin.answers[key]
    return spent


def cost_of_guard(server, origin, cookie_lines, rounds):
    """What the guard adds; the smallest of three, since others use the machine too."""
    return max(1, min(work(server, origin, b"guarded.test", cookie_lines, rounds)
                      - work(server, origin, b"off.test", cookie_lines, rounds)
                      for _ in range(3)))


def name_lines(count):
    return [b"n%d=%d" % (n, n) for n in range(count)]


GROWING = {
    # what grows -> the lines for a size; four times the size may cost about four times as much
    "lines": lambda size: name_lines(size),
    "lines of one name": lambda size: [b"same=%d" % n for n in range(size)],
    "attributes": lambda size: [b"m=1" + b"; a=b" * size] * 20,
    "repeated attributes": lambda size: [b"m=1" + b"; Path=/a; Secure" * (size // 3)] * 20,
    "semicolons": lambda size: [b"m=1" + b";" * (4 * size)] * 20,
    "value": lambda size: [b"m=" + b"v" * (4 * size)] * 20,
    "name against globs": lambda size: [b"a" * (size // 4) + b"=1"] * 40,
}


@pytest.mark.parametrize("what", GROWING)
def test_work_grows_no_faster_than_the_response(server, origin, what):
    """A quadratic step would cost sixteen times as much for four times the size."""
    small = cost_of_guard(server, origin, GROWING[what](2_500), rounds=3)
    large = cost_of_guard(server, origin, GROWING[what](10_000), rounds=3)
    assert large < 10 * small + 20_000_000, f"{small} ns grew to {large} ns"


def test_memory_is_given_back(server, origin):
    """The last hostile response needs no more memory than the first ones."""
    def rounds(count):
        for _ in range(count):
            through(server, origin, b"guarded.test", name_lines(MANY))
            through(server, origin, b"guarded.test", [LONG_LINES["many unknown attributes"]] * 20)
    rounds(6)
    before = memory_kib(server, "VmRSS")
    rounds(14)
    assert memory_kib(server, "VmRSS") < before + 16 * 1024


def test_memory_of_one_response_is_bounded(server, origin):
    """At most a small multiple of the response itself, over what httpd needs without guard."""
    response = name_lines(MANY)
    through(server, origin, b"off.test", response)
    without = memory_kib(server, "VmHWM")
    through(server, origin, b"guarded.test", response)
    assert memory_kib(server, "VmHWM") < without + 24 * 1024


def test_no_process_died(server, origin):
    """Last in the file: the processes that began are those that end it."""
    assert "AH00052" not in server.error_log() and "AH00051" not in server.error_log()
    assert through(server, origin, b"guarded.test", [b"sid=1"]).set_cookies == [
        b"sid=1; Secure; HttpOnly; SameSite=Lax"]
