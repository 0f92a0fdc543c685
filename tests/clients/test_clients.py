"""Real clients judge: each jar holds the same cookie with the module as without, plus the flags."""

import functools
import os
import tempfile
from pathlib import Path

import pytest

import differences
import rewritten
import servers
from env.process import wait_until
from exchange import JARS, exchange
from lines import CASES

SCHEMES = ("https", "http")
CASE_IDS = [case.id for case in CASES]
BY_ID = {case.id: case for case in CASES}


@pytest.fixture(scope="session")
def node_modules():
    """Where tough-cookie is, as `npm ci` installed it beside a copy of package-lock.json."""
    place = os.environ.get("COOKIEGUARD_NODE_MODULES")
    if not place:
        raise RuntimeError("set COOKIEGUARD_NODE_MODULES to the node_modules with tough-cookie")
    return Path(place).resolve(strict=True)


@pytest.fixture(scope="session")
def both_servers():
    """The backend's two fronts; both must leave a clean error log."""
    backend = servers.Backend(CASES)
    running = []
    try:
        for guarded in (False, True):
            running.append(servers.start_httpd(backend, guarded))
        yield running
        for server in running:
            server.stop()
    finally:
        for server in running:
            server.stop(check=False)
            server.remove()
        backend.stop()


@pytest.fixture(scope="session")
def outcomes(both_servers, node_modules):
    """What came of every case, per scheme; asked once."""
    @functools.lru_cache
    def ask(scheme):
        with tempfile.TemporaryDirectory() as directory:
            return exchange(CASES, scheme, *both_servers, Path(directory), node_modules)
    return ask


def expiry_differs(before, after, most):
    """Tell whether two expiries are further apart than the clock moved between two answers."""
    if before is None or after is None:
        return before is not after
    return abs(before - after) > most


def sorted_cookies(cookies):
    """In one order, whatever the jar's own."""
    return sorted(cookies, key=lambda cookie: tuple(map(str, cookie.identity)))


def jar_differs(jar, bare, guarded):
    """Tell whether a jar holds other cookies behind the guarded server."""
    before, after = (sorted_cookies(outcome.held[jar]) for outcome in (bare, guarded))
    if [c.identity for c in before] != [c.identity for c in after]:
        return True
    # Only curl met the two lines at two moments.
    most = int(guarded.came_at - bare.asked_at) + 1 if jar == "curl" else 0
    return any(expiry_differs(b.expires, a.expires, most) for b, a in zip(before, after))


def test_the_table_is_long_and_has_no_line_twice():
    sent = {(case.line, case.first, case.host, case.path) for case in CASES}
    assert len(sent) == len(CASES) == len(BY_ID) >= 300


@pytest.mark.parametrize("case_id", CASE_IDS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_line_keeps_the_promises(outcomes, scheme, case_id):
    bare, guarded = outcomes(scheme)[case_id]
    assert bare.status == guarded.status
    assert (bare.line is None) == (guarded.line is None)
    if bare.line is not None:
        broken = rewritten.broken_promises(BY_ID[case_id], bare.line, guarded.line,
                                           scheme == "https")
        assert not broken, (broken, bare.line, guarded.line)


@pytest.mark.parametrize("case_id", CASE_IDS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_jars_hold_the_same_cookie(outcomes, scheme, case_id):
    bare, guarded = outcomes(scheme)[case_id]
    for jar in JARS:
        entry = differences.expected(jar, case_id, scheme)
        assert jar_differs(jar, bare, guarded) == (entry is not None), (
            jar, entry, bare.line, guarded.line, bare.held[jar], guarded.held[jar])


@pytest.mark.parametrize("case_id", [c.id for c in CASES if "ignored" not in c.kinds])
def test_jars_hold_the_flags(outcomes, case_id):
    case = BY_ID[case_id]
    bare, guarded = outcomes("https")[case_id]
    words = {c.name: c.same_site for c in bare.held["tough"]}
    for jar in JARS:
        for cookie in guarded.held[jar]:
            assert cookie.secure, (jar, guarded.line)
            assert cookie.http_only or "script" in case.kinds, (jar, guarded.line)
    for cookie in guarded.held["tough"]:
        assert cookie.same_site or "signon" in case.kinds, guarded.line
        if words.get(cookie.name) is not None:
            assert cookie.same_site == words[cookie.name], guarded.line


def test_deletions_delete(outcomes):
    """The deletions of the table really remove something: an empty jar would always agree."""
    for case in (c for c in CASES if c.id.startswith("delete-") and c.id[7:].isdigit()):
        for outcome in outcomes("https")[case.id]:
            assert outcome.first is not None
            # The one that reads dates as the RFC does; a year "70" is 2070 in the other two.
            assert not outcome.held["tough"], case


def test_audit_has_a_record_for_each_line_and_no_value(outcomes, both_servers):
    """Also for the lines that httpd itself refuses: the application did send them."""
    sent = 0
    for scheme in SCHEMES:
        outcomes(scheme)
        sent += len(CASES) + sum(case.first is not None for case in CASES)
    audit = both_servers[1].root / "logs" / "audit_log"
    wait_until(lambda: audit.read_bytes().count(b"\n") >= sent, "audit")
    text = audit.read_bytes()
    assert text.count(b'"event":"cookie"') == text.count(b"\n") == sent
    pairs = [case.line.partition(b";")[0].partition(b"=") for case in CASES]
    names = b" ".join(name for name, _, _ in pairs)
    # A shorter one could stand there by chance, as a path or the name of an attribute.
    values = {value.strip() for _, _, value in pairs if len(value.strip()) >= 16}
    assert len(values) >= 50
    assert not [value for value in values if value in text and value not in names]


def test_every_difference_names_cases():
    for entry in differences.DIFFERENCES:
        assert set(entry.cases) <= set(BY_ID) and entry.jar in JARS and entry.section and entry.why
        assert set(entry.schemes) <= set(SCHEMES)
