"""What the audit and the access log tell of sessions: each event in a line of its own, a session by
its tag, and no token anywhere."""
import re

import pytest

from env.clock import HOUR, MINUTE
from env.session_client import COOKIE, TOKEN
from env.session_site import Site

IDLE, ROTATE, GRACE = 30 * MINUTE, 15 * MINUTE, 10
TAG = re.compile(r"[0-9a-f]{16}")
SEEN = re.compile(r"(\S+) (\S+) cookie=\[(.*?)\] set=\[(.*?)\] tag=\[(.*?)\] env=\[(.*?)\] "
                  r"before=\[(.*?)\]")


class AuditSite(Site):
    """A server that writes down all that becomes of sessions."""

    def __init__(self):
        super().__init__("session-audit", config="session-audit.conf")
        self.server.expect("CG0055")  # too large

    def told(self, before, log="audit_log"):
        """The records of sessions that are new."""
        return [record for record in self.server.audit(log)[before:] if record["event"] == "session"]

    def count(self, log="audit_log"):
        return len(self.server.audit(log))

    def seen(self):
        """The last line of the access log: host, path, Cookie, Set-Cookie, tag, and the environment."""
        return SEEN.fullmatch(self.server.log_text("seen_log").decode().splitlines()[-1]).groups()


@pytest.fixture
def audit_site(servers):
    """Each test has seconds of its own, so that all its lines are written."""
    site = servers.get(("session-audit",), lambda: AuditSite().start())
    site.clock.advance(2)
    return site


def only(records, action):
    (record,) = records
    assert record["action"] == action
    return record


def no_findings(record):
    return record["findings"] == []


# -- the life of a session ------------------------------------------------------------------------

def test_a_life(audit_site):
    """From the first request to logout it goes by one tag."""
    site = audit_site
    before = site.count()
    token = site.ask(set="a=1").token
    site.ask(token)
    site.clock.advance(ROTATE)
    token = site.ask(token).token
    site.ask(token, set="b=2")
    token = site.login(token).token
    site.ask(token, "/form/logout")
    records = site.told(before)
    actions = [record["action"] for record in records]
    assert actions[:3] == ["created", "rotated", "identified"] and actions[-1] in (
        "ended", "identified")
    tags = {record["session"] for record in records}
    assert len(tags) == 1 and TAG.fullmatch(tags.pop())
    assert all(no_findings(record) and "reason" not in record for record in records)
    created = records[0]
    assert (created["vhost"].split(":")[0], created["method"], created["path"], created["status"]) == (
        "guarded.test", "GET", "/page", 200)


def test_reading_and_saving_are_no_events(audit_site):
    token = audit_site.new_session()
    before = audit_site.count()
    audit_site.ask(token)
    audit_site.ask(token, set="b=2")
    assert audit_site.told(before) == []


def test_the_user_is_told(audit_site):
    before = audit_site.count()
    token = audit_site.login().token
    assert token
    record = audit_site.told(before)[-1]
    assert record["user"] == "alice" and record["action"] in ("created", "identified")


def test_two_sessions_have_two_tags(audit_site):
    before = audit_site.count()
    assert audit_site.ask(set="a=1").token and audit_site.ask(set="a=1").token
    first, second = audit_site.told(before)
    assert first["session"] != second["session"]


def test_an_expired_session(audit_site):
    site = audit_site
    before = site.count()
    token = site.new_session()
    site.clock.advance(IDLE)
    new = site.ask(token, set="b=2").token
    created, expired, begun = site.told(before)
    assert (created["action"], expired["action"], begun["action"]) == (
        "created", "expired", "created")
    assert created["session"] == expired["session"] != begun["session"] and new
    site.ask(token)
    assert site.told(before)[-1]["action"] in ("expired", "refused")


def test_an_account_with_too_many_sessions(audit_site):
    site = audit_site
    before = site.count()
    for _ in range(3):
        assert site.login(user="bob").token
        site.clock.advance(1)
    records = site.told(before)
    first = records[0]["session"]
    (evicted,) = [record for record in records if record["action"] == "evicted"]
    assert evicted["reason"] == "surplus" and evicted["session"] == first


def test_a_muted_response(audit_site):
    site = audit_site
    token = site.new_session()
    new = site.login(token).token
    before = site.count()
    assert site.ask(token, set="b=2").is_silent  # read only by now
    assert only(site.told(before), "muted")["session"]
    assert site.ask(new).session.get("b") is None


# -- findings -------------------------------------------------------------------------------------

def reuse(site, host=b"guarded.test"):
    """A token comes back after its successor did; returns the successor."""
    token = site.ask(set="a=1", host=host).token
    site.ask(token, host=host)
    site.clock.advance(ROTATE)
    new = site.ask(token, host=host).token
    site.ask(new, host=host)
    site.clock.advance(GRACE)
    assert site.ask(token, host=host).session == {}
    return new


def test_a_token_that_comes_back(audit_site):
    before = audit_site.count()
    new = reuse(audit_site)
    record = only(audit_site.told(before)[2:], "reused")
    assert [(f["id"], f["severity"]) for f in record["findings"]] == [("CG-TOKEN-REUSE", "high")]
    assert record["session"] == audit_site.told(before)[0]["session"]
    assert audit_site.ask(new).session == {"a": "1"}


def test_a_token_that_comes_back_may_end_the_session(audit_site):
    before = audit_site.count()
    new = reuse(audit_site, b"ends.test")
    reused, ended = audit_site.told(before)[2:]
    assert (reused["action"], ended["action"], ended["reason"]) == ("reused", "ended", "reuse")
    assert audit_site.ask(new, host=b"ends.test").session == {}


def test_a_session_that_would_be_too_large(audit_site):
    site = audit_site
    token = site.new_session()
    before = site.count()
    assert site.ask(token, set="big=" + "A" * 6000).is_silent
    record = only(site.told(before), "too-large")
    assert [f["id"] for f in record["findings"]] == ["CG-SESSION-TOO-LARGE"]
    assert TAG.fullmatch(record["session"]) and site.ask(token).session == {"a": "1"}


def test_only_findings(audit_site):
    """As the selection says: a life, and what is wrong with it."""
    before, all_before = audit_site.count("audit_findings"), audit_site.count()
    reuse(audit_site, b"findings.test")
    audit_site.ask(b"nonsense", host=b"findings.test")
    only(audit_site.told(before, "audit_findings"), "reused")
    assert audit_site.count() == all_before


def test_no_audit(audit_site):
    before = audit_site.count()
    reuse(audit_site, b"quiet.test")
    assert audit_site.count() == before


# -- tokens that open nothing ---------------------------------------------------------------------

def other_secret(token):
    return token[:20] + (b"A" if token[20:21] != b"A" else b"B") + token[21:]


TOKENS = {
    "another secret": (other_secret, "forged", None),
    "of nobody": (lambda t: b"1" + b"A" * 48, "refused", "unknown"),
    "too short": (lambda t: t[:-1], "refused", "malformed"),
    "too long": (lambda t: t + b"A", "refused", "malformed"),
    "another letter": (lambda t: b"2" + t[1:], "refused", "malformed"),
    "nothing": (lambda t: b"", "refused", "malformed"),
}


@pytest.mark.parametrize("which", TOKENS)
def test_tokens_that_open_nothing(audit_site, which):
    change, action, reason = TOKENS[which]
    token = audit_site.new_session()
    before = audit_site.count()
    assert audit_site.ask(change(token)).session == {}
    record = only(audit_site.told(before), action)
    assert record.get("reason") == reason and record["session"] == "" and no_findings(record)
    assert audit_site.ask(token).session == {"a": "1"}


def test_a_token_of_another_host_is_forged(audit_site):
    token = audit_site.new_session()
    before = audit_site.count()
    assert audit_site.ask(token, host=b"ends.test").session == {}
    assert only(audit_site.told(before), "forged")["session"] == ""


def test_a_token_that_nobody_asks_for_is_no_event(audit_site):
    """It is not looked for where nothing needs the session."""
    before = audit_site.count()
    audit_site.ask(b"1" + b"A" * 48, "/none")
    assert audit_site.told(before) == []


def test_a_flood_is_told_in_ten_lines_a_second(servers):
    """And counted: none is lost in the sum."""
    site = AuditSite().start()
    try:
        before = site.count()
        for _ in range(60):
            site.ask(b"1" + b"A" * 48)
        site.clock.advance(2)
        site.ask(b"1" + b"A" * 48)
        records = site.server.audit()[before:]
        lines = [record for record in records if record["event"] == "session"]
        held_back = sum(r["count"] for r in records if r["event"] == "refused-count")
        assert len(lines) + held_back == 61
        seconds = {record["@timestamp"][:19] for record in lines}
        assert len(lines) <= 10 * (len(seconds) + 1) < 61
        token = site.login().token  # who logs in is told whatever the flood
        for _ in range(20):
            site.ask(b"1" + b"A" * 48)
        before = site.count()
        assert site.login(token, user="bob").token
        assert "identified" in [record["action"] for record in site.told(before)]
        site.logs.check()
    finally:
        site.stop()
        site.remove()


# -- the access log -------------------------------------------------------------------------------

@pytest.mark.parametrize("how", [
    {}, {"over": "h2"}, {"host": b"tls.test", "tls": True},
    {"host": b"tls.test", "tls": True, "over": "h2"}, {"status": 404}, {"status": 410},
    {"path": "/walk/"}, {"more": {"X-Line": b"a=1; Path=/"}}],
    ids=["plain", "h2c", "tls", "h2", "error page", "CGI error page", "index", "beside another"])
def test_our_line_is_logged_with_the_tag(audit_site, how):
    """What left for the client is the token, what stands in the log is the session's name."""
    before = audit_site.count()
    answer = audit_site.ask(set="a=1", **how)
    assert answer.token
    host = {k: v for k, v in how.items() if k in ("host", "tls", "over")}
    assert audit_site.ask(answer.token, **host).session == {"a": "1"}
    lines = audit_site.server.log_text("seen_log").decode().splitlines()
    _, _, cookie, line, tag, *_ = SEEN.fullmatch(lines[-2]).groups()
    assert cookie == "-" and TAG.fullmatch(tag)
    assert f"{COOKIE.decode()}={tag}; " in line and not TOKEN.search(line.encode())
    assert audit_site.told(before)[0]["session"] == tag
    assert SEEN.fullmatch(lines[-1]).group(5) == tag  # and of a request that only reads
    assert not audit_site.held_in(answer.token)


def test_a_deletion_is_logged_as_it_is(audit_site):
    token = audit_site.new_session()
    answer = audit_site.ask(token, set="a=")
    _, _, _, line, tag, *_ = audit_site.seen()
    assert answer.deletes and f"{COOKIE.decode()}=;" in line and TAG.fullmatch(tag)


def test_without_a_session_there_is_no_tag(audit_site):
    audit_site.ask()
    assert audit_site.seen()[4] == "-"
    audit_site.ask(b"nonsense")
    assert audit_site.seen()[4] == "-"


@pytest.mark.parametrize("path, how", [("/page", {}), ("/page", {"status": 410}), ("/walk/", {}),
                                       ("/walk/parts.shtml", {}), ("/cgi-bin/environment", {})])
def test_no_token_in_any_table_or_environment(audit_site, path, how):
    """Cookie, HTTP_COOKIE, and the one of the request before a redirect."""
    token = audit_site.new_session()
    audit_site.ask([b"a=1; " + COOKIE + b"=" + token + b"; b=2"], path, **how)
    _, _, cookie, _, tag, env, before = audit_site.seen()
    assert cookie == "a=1; b=2" and TAG.fullmatch(tag)
    assert env in ("-", "a=1; b=2") and before in ("-", "a=1; b=2")
    assert not audit_site.held_in(token)


def until_midnight(site):
    """Seconds from the last record of the audit."""
    _, hour, minute, second = re.match(r"(.*)T(\d\d):(\d\d):(\d\d)",
                                       site.server.audit()[-1]["@timestamp"]).groups()
    return 24 * HOUR - int(hour) * HOUR - int(minute) * MINUTE - int(second)


def test_the_tag_changes_with_the_day(audit_site):
    """Two days' logs do not tell that they are about the same browser."""
    site = audit_site
    site.new_session()
    site.clock.advance(until_midnight(site) + 24 * HOUR - 5 * MINUTE)
    token = site.new_session()
    tags = [site.seen()[4]]
    for _ in range(2):
        site.clock.advance(5 * MINUTE)
        assert site.ask(token).session == {"a": "1"}
        tags.append(site.seen()[4])
    assert tags[0] != tags[1] == tags[2]
