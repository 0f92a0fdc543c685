"""The name of the session's token: nobody hands it on and nobody but us sets it, in whatever mode
CookieGuard is, and nothing else is touched for its sake. Every path of a response is in
test_session_paths.py."""
import re

import pytest

from env import http1, tools
from env.session_client import COOKIE, TOKEN
from env.session_site import Site

MODES = (b"on.test", b"report.test", b"off.test")
ATTRIBUTES = b"; Path=/; Secure; HttpOnly; SameSite=Lax"
ALIKE = (b"__host-http-cg", b"__HOST-HTTP-CG", b"__Host-Http-c%67", b"..Host-Http-cg",
         b"%5f_Host-Http-cg", b"__Host-Http-cg[x]", b"__Host-Http-cg ")


class TokenSite(Site):
    """A server with a virtual host for each mode."""

    def __init__(self):
        super().__init__("token", config="session-token.conf")
        modules = {name: tools.compiled_module(tools.TESTS / "modules" / f"mod_{name}.c",
                                               self.server.root)
                   for name in ("keepcookie", "bodyfirst")}
        text = self.server.config.read_text()
        self.server.config.write_text(
            "".join(f'Define {name} "{path}"\n' for name, path in modules.items()) + text)
        self.server.expect("CG0002")  # Prefix, and the mode is not On

    def records(self, before, event):
        return [record for record in self.server.audit()[before:] if record["event"] == event]


@pytest.fixture
def token_site(servers):
    """Each test has a second of its own, so that all its lines are written."""
    site = servers.get(("session-token",), lambda: TokenSite().start())
    site.clock.advance(2)
    return site


def held(token):
    return COOKIE + b"=" + token


# -- what comes in --------------------------------------------------------------------------------

@pytest.mark.parametrize("host", MODES)
@pytest.mark.parametrize("field, rest", [
    (b"%s", b""), (b"a=1; %s", b"a=1"), (b"%s; b=2", b"b=2"), (b"a=1;%s;b=2", b"a=1;b=2"),
    (b"a=\"x; %s; b=y\"", b"a=\"x; b=y\""), (b"  %s  ; b=2", b"b=2")])
def test_the_token_is_taken_out_in_every_mode(token_site, host, field, rest):
    token = token_site.ask(set="a=1", host=host).token
    answer = token_site.ask([field % held(token)], host=host)
    assert answer.cookies == rest and answer.session == {"a": "1"}


@pytest.mark.parametrize("host", MODES)
@pytest.mark.parametrize("again", ["the same", "another", "one that is none", "an empty one"])
def test_duplicate_token_is_no_session(token_site, host, again):
    token = token_site.ask(set="a=1", host=host).token
    other = token_site.ask(set="b=2", host=host).token
    second = {"the same": token, "another": other, "one that is none": b"x",
              "an empty one": b""}[again]
    before = len(token_site.server.audit())
    for pair in ([held(token), held(second)], [held(second), b"c=3", held(token)]):
        answer = token_site.ask([b"; ".join(pair)], host=host)
        assert answer.session == {} and answer.is_silent
        assert answer.cookies == b"; ".join(part for part in pair if part == b"c=3")
    refused = token_site.records(before, "session")
    assert [(r["action"], r["reason"], r["session"]) for r in refused] == 2 * [
        ("refused", "repeated", "")]
    counted = token_site.records(before, "cookies-refused")
    assert [r["refusals"] for r in counted] == 2 * [{"repeated": 2}]
    assert token_site.ask(token, host=host).session == {"a": "1"}


def test_two_cookie_fields_are_no_session(token_site):
    """HTTP/1.1 joins them with a comma, which no browser needs."""
    token = token_site.ask(set="a=1", host=b"on.test").token
    answer = token_site.ask([held(token), b"b=2"], host=b"on.test")
    assert answer.session == {} and COOKIE not in answer.cookies and token not in answer.cookies
    answer = token_site.ask([b"b=2", held(token)], host=b"on.test")
    assert answer.session == {} and answer.cookies == b""


@pytest.mark.parametrize("host", MODES)
@pytest.mark.parametrize("name", ALIKE)
def test_look_alikes_are_refused_and_counted_in_every_mode(token_site, host, name):
    token = token_site.ask(set="a=1", host=host).token
    before = len(token_site.server.audit())
    answer = token_site.ask([name + b"=evil; x=1; " + held(token)], host=host)
    assert answer.cookies == b"x=1" and answer.session == {"a": "1"}
    (record,) = token_site.records(before, "cookies-refused")
    assert record["refusals"] == {"spelling": 1} and record["cookie"] == COOKIE.decode()


@pytest.mark.parametrize("host", MODES)
@pytest.mark.parametrize("pair", [b"x=1, %s=evil", b"x=1 %s=evil", b'x="%s=evil"', b"x=,%s=evil"])
def test_no_token_in_another_cookie(token_site, host, pair):
    token = token_site.ask(set="a=1", host=host).token
    before = len(token_site.server.audit())
    answer = token_site.ask([pair % COOKIE + b"; y=2; " + held(token)], host=host)
    assert answer.cookies == b"y=2" and answer.session == {"a": "1"}
    (record,) = token_site.records(before, "cookies-refused")
    assert record["refusals"] == {"embedded": 1}


@pytest.mark.parametrize("host", (b"report.test", b"off.test"))
def test_where_the_mode_is_not_on_only_the_token_is_guarded(token_site, host):
    token = token_site.ask(set="a=1", host=host).token
    field = b"SID=1; __Host-SID=2; sid=3; $Version=1; a=b, SID=4; q=\"open"
    answer = token_site.ask([field + b"; " + held(token)], host=host)
    assert answer.cookies == field and answer.session == {"a": "1"}
    assert token_site.ask([field], host=host).cookies == field


def test_beside_guarded_cookies(token_site):
    token = token_site.ask(set="a=1", host=b"on.test").token
    answer = token_site.ask([b"__Host-SID=v; " + held(token) + b"; SID=evil; c=3"], host=b"on.test")
    assert answer.cookies == b"SID=v; c=3" and answer.session == {"a": "1"}


@pytest.mark.parametrize("host", (b"other.test", b"none.test"))
def test_the_usual_name_is_any_name_where_it_is_not_the_tokens(token_site, host):
    field = COOKIE + b"=1; __host-http-cg=2"
    answer = token_site.ask([field], host=host)
    assert answer.cookies == field
    line = COOKIE + b"=1; Path=/"
    response = http1.request(token_site.server.port(), "/page", host=host, headers={"X-Line": line})
    assert response.set_cookies == [line]


def test_another_name(token_site):
    how = {"host": b"other.test", "cookie": b"__Host-shop"}
    token = token_site.ask(set="a=1", **how).token
    answer = token_site.ask(token, line=b"__Host-shop=1", **how)
    assert answer.cookies == b"" and answer.session == {"a": "1"}
    assert answer.response.set_cookies == []


@pytest.mark.parametrize("host", MODES)
def test_nothing_of_the_token_stays_where_it_came(token_site, host):
    """Who kept hold of the field before anybody else looked at it holds no token."""
    token = token_site.ask(set="a=1", host=host).token
    for field in (held(token), b"a=1; " + held(token) + b"; b=2", held(token) + b"; " + held(token),
                  b"__host-http-cg=" + token, b"x=1, " + held(token)):
        body = token_site.ask([field], "/kept", host=host).response.body
        assert len(body) == len(field) and not TOKEN.search(body)
        assert token[1:17] not in body and token[17:] not in body
    assert token_site.ask([b"a=1; b=2"], "/kept", host=host).response.body == b"a=1; b=2"


@pytest.mark.parametrize("host", MODES)
def test_trace_echoes_no_token(token_site, host):
    token = token_site.ask(set="a=1", host=host).token
    response = http1.request(token_site.server.port(), "/page", method="TRACE", host=host,
                             headers={"Cookie": held(token), "X-Echo": "echoed"})
    assert b"echoed" in response.body and COOKIE not in response.body
    assert not TOKEN.search(response.body)


@pytest.mark.parametrize("host", MODES)
def test_the_error_page_of_a_request_refused_early_sees_no_token(token_site, host):
    """Before anybody looks at its cookies."""
    token = token_site.ask(set="a=1", host=host).token
    response = http1.request(token_site.server.port(), "/page", host=host, headers={
        "Expect": "nonsense", "Cookie": b"a=1; " + held(token) + b"; __host-http-cg=" + token})
    assert response.status == 417 and b"HTTP_COOKIE=a=1\n" in response.body
    assert COOKIE not in response.body and not TOKEN.search(response.body)


@pytest.mark.parametrize("host", MODES)
def test_merged_trailers_bring_no_token(token_site, host):
    token = token_site.ask(set="a=1", host=host).token
    data = (b"POST /body-first HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n"
            b"Cookie: a=1\r\nTransfer-Encoding: chunked\r\nTrailer: Cookie\r\n\r\n"
            b"4\r\nbody\r\n0\r\nX-Trailer: kept\r\nCookie: " + held(token) + b"\r\n\r\n")
    answer = http1.parse(http1.send_raw(token_site.server.port(), data))
    assert answer.body == b"a=1||kept|body"


def test_a_forward_proxy_is_left_alone(token_site):
    """What a client asks of others through this server is theirs, in both directions."""
    seen = []

    def play(sock, head):
        seen.append(head)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: " + COOKIE
                     + b"=theirs\r\n\r\nok")

    target = f"http://127.0.0.1:{token_site.backend.port}/{token_site.backend.play(play)}"
    field = COOKIE + b"=other; " + COOKIE + b"=one"
    response = http1.request(token_site.server.port("tls"), target, host=b"forward.test",
                             headers={"Cookie": field})
    assert response.set_cookies == [COOKIE + b"=theirs"]
    assert b"Cookie: " + field + b"\r\n" in seen[0]


# -- what leaves ----------------------------------------------------------------------------------

@pytest.mark.parametrize("host", MODES)
@pytest.mark.parametrize("line", [
    COOKIE + b"=1" + ATTRIBUTES, COOKIE + b"=; Max-Age=0; Path=/", b"__host-http-CG=1",
    b"%5f_Host-Http-cg=1", b"=" + COOKIE + b"=1", COOKIE, b"  " + COOKIE + b" = 1"])
def test_a_line_of_the_token_is_dropped_and_told_in_every_mode(token_site, host, line):
    before = len(token_site.server.audit())
    response = http1.request(token_site.server.port(), "/page", host=host,
                             headers={"X-Line": line})
    assert response.set_cookies == []
    (record,) = token_site.records(before, "cookie")
    assert record["withheld"] == "Token" and record["changed"] == ["withheld"]
    assert record["mode"] == "enforce" and record["after"] == ""
    assert "CG-TOKEN-SET" in [finding["id"] for finding in record["findings"]]
    assert "CG-WITHHELD" not in [finding["id"] for finding in record["findings"]]


@pytest.mark.parametrize("host", (b"report.test", b"off.test"))
@pytest.mark.parametrize("line", [b"a=1", b"SID=1; Path=/", b"sid=1", b"a=" + COOKIE + b"=1",
                                  b"__Host-Http-cgi=1", b"cg=1"])
def test_where_the_mode_is_not_on_other_lines_are_left_alone(token_site, host, line):
    before = len(token_site.server.audit())
    response = http1.request(token_site.server.port(), "/page", host=host,
                             headers={"X-Line": line})
    assert response.set_cookies == [line]
    assert [r["mode"] for r in token_site.records(before, "cookie")] == (
        ["report"] if host == b"report.test" else [])


@pytest.mark.parametrize("host", MODES)
def test_our_own_line_leaves(token_site, host):
    """Also beside one that is not ours, in a head that was judged before, and over HTTP/2."""
    for how in ({}, {"line": COOKIE + b"=1" + ATTRIBUTES}, {"status": 404}, {"over": "h2"}):
        answer = token_site.ask(set="a=1", host=host, **how)
        assert answer.token and len(answer.response.set_cookies) == 1
        assert token_site.ask(answer.token, host=host).session == {"a": "1"}


def test_a_rule_may_not_take_the_tokens_name(token_site):
    """Neither as it stands nor under the prefix that the rule asks for."""
    config = token_site.server.config
    text = config.read_text()
    for rule, name in (("cg Prefix=__Host-Http-", "cg"), ("CG Prefix=__Host-Http-", "CG")):
        try:
            config.write_text(text + f"CookieGuardCookie {rule}\n")
            code, told = token_site.server.run("-t")
        finally:
            config.write_text(text)
        assert code != 0
        assert re.search(f"CG0004: .*Prefix for {name}: its cookie would be taken for the session's, "
                         "__Host-Http-cg; give that another name with CookieGuardSessionCookie", told)
