"""Prefix on a real server: the browser knows the cookie as __Host-SID, everything behind the
module as SID, in both directions, whoever sets it and whoever reads it.

Values stand in the log that this configuration asks for, so they carry no mark of a secret.
"""
import datetime
import json
import re
import secrets
import signal

import pytest

from env import appservers, http1, tools
from env.clock import MINUTE, Clock
from env.httpd import Httpd, make_certificate
from env.scripted import ScriptedBackend

MODULES = ["ssl", "socache_shmcb", "http2", "cgid", "include", "request", "session",
           "session_cookie", "usertrack", "lua", "proxy", "proxy_http", "proxy_fcgi", "proxy_uwsgi",
           "proxy_balancer", "lbmethod_byrequests", "slotmem_shm"]
OVERS = ("http/1.0", "http/1.1", "h2")
ATTRIBUTES = b"; Path=/; Secure; HttpOnly; SameSite=Lax"
ALL_DELETED = b"=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"


def value():
    return secrets.token_hex(8).encode()


def cookie_fields(head):
    """The values of Cookie in a request's head, as they stand."""
    fields = [line.partition(b":") for line in head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    return [text.removeprefix(b" ") for name, _, text in fields if name.lower() == b"cookie"]


def telling_backend(name):
    """A backend's answer: its name and the Cookie fields that it got; with X-Line's cookie."""
    def answer(sock, head):
        line = re.search(rb"(?im)^X-Line: (.*)\r$", head)
        body = b"\n".join([name, *cookie_fields(head)])
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body)
                     + (b"Set-Cookie: " + line.group(1) + b"\r\n" if line else b"") + b"\r\n" + body)
    return answer


class Behind:
    """What stands behind the server: two scripted backends, and applications where they are."""

    def __init__(self, root):
        self.root = root
        make_certificate(root)
        self.first, self.other = ScriptedBackend(), ScriptedBackend()
        self.key = self.first.play(telling_backend(b"one"))
        self.other.answers[self.key] = telling_backend(b"two")
        self.defines = {"cert": root / "cert.pem", "key": root / "key.pem",
                        "port_backend": self.first.port, "port_other": self.other.port}
        self.bodyfirst = tools.compiled_module(tools.TESTS / "modules" / "mod_bodyfirst.c", root)
        self.have = {}
        for name, start in (("fpm", appservers.start_fpm), ("uwsgi", appservers.start_uwsgi)):
            self.have[name] = start()
            if self.have[name]:
                self.defines.update(self.have[name].defines)

    def stop(self):
        self.first.stop()
        self.other.stop()
        for server in filter(None, self.have.values()):
            server.stop()


@pytest.fixture(scope="session")
def behind(tmp_path_factory):
    found = Behind(tmp_path_factory.mktemp("behind"))
    yield found
    found.stop()


@pytest.fixture
def server(start, behind):
    found = start("prefix", "prefix.conf", modules=MODULES,
                  extra_modules={"bodyfirst_module": behind.bodyfirst},
                  ports_named=("plain", "tls", "forward"), defines=behind.defines)
    found.expect("AH01873", "AH01909", "AH00135", "CG0002")  # AH00135: no such method
    return found


# --- where a cookie comes from, and who reads one ---------------------------------------------

def sources(behind):
    """path of each way to set a cookie from X-Line, and to show the Cookie field."""
    ways = {"headers": "/static/x", "cgi": "/cgi-bin/cookie", "lua": "/lua/cookie",
            "proxy": f"/backend/{behind.key}"}
    if behind.have["fpm"]:
        ways["php"] = "/fpm/cookie.php"
    if behind.have["uwsgi"]:
        ways["flask"] = "/uwsgi/cookies"
    return ways


WAYS = ("headers", "cgi", "lua", "proxy", "php", "flask")


def way(behind, name):
    found = sources(behind).get(name)
    if not found:
        pytest.skip(f"no {name} on this machine")
    return found


def field_behind(name, response):
    """The Cookie field that the application of a way got."""
    if name == "headers":
        return b", ".join(response.all(b"x-cookie"))
    if name in ("php", "flask"):
        return json.loads(response.body)["field"].encode("latin-1")
    if name == "proxy":
        backend, *fields = response.body.split(b"\n")
        assert backend in (b"one", b"two") and len(fields) <= 1
        return b"".join(fields)
    return response.body


def leaves(server, line, path="/static/x", **how):
    """The Set-Cookie lines that leave when the application sends one."""
    return server.request(path, headers={"X-Line": line}, tls=how.pop("tls", True),
                          **how).set_cookies


def seen(server, cookies, path="/static/x", **how):
    """The Cookie field behind the module, as mod_headers sees it."""
    headers = [("Cookie", c) for c in ([cookies] if isinstance(cookies, bytes) else cookies)]
    response = server.request(path, headers=headers, tls=how.pop("tls", True), **how)
    return b", ".join(response.all(b"x-cookie"))


@pytest.mark.parametrize("over", OVERS)
@pytest.mark.parametrize("name", WAYS)
def test_it_leaves_under_its_prefix_and_comes_back_without(server, behind, name, over):
    path, v = way(behind, name), value()
    assert leaves(server, b"SID=" + v + b"; Path=/", path, over=over) == [
        b"__Host-SID=" + v + ATTRIBUTES]
    response = server.request(path, tls=True, over=over,
                              headers={"Cookie": b"a=1; __Host-SID=" + v + b"; b=2"})
    assert field_behind(name, response) == b"a=1; SID=" + v + b"; b=2"


@pytest.mark.parametrize("name", ("php", "flask"))
def test_applications_know_it_by_their_own_name(server, behind, name):
    response = server.request(way(behind, name), tls=True,
                              headers={"Cookie": b"__Host-SID=x; a=1; sid=y; S%49D=z; SID[]=w"})
    assert json.loads(response.body)["cookies"] == {"SID": "x", "a": "1"}


@pytest.mark.parametrize("over", OVERS)
@pytest.mark.parametrize("name", WAYS)
def test_plain_http_withholds(server, behind, name, over):
    assert leaves(server, b"SID=1; Path=/", way(behind, name), over=over, tls=False) == []
    assert leaves(server, b"__Host-SID=1; Path=/; Secure", way(behind, name), over=over,
                  tls=False) == []


@pytest.mark.parametrize("line, left", [
    (b"  SID = 1 ;Path=/", b"__Host-SID = 1 ;Path=/; Secure; HttpOnly; SameSite=Lax"),
    (b"SID=\"a b\"; path=/; x=y", b"__Host-SID=\"a b\"; path=/; x=y; Secure; HttpOnly; SameSite=Lax"),
    (b"SID=1; Path=/; SameSite=Strict", b"__Host-SID=1; Path=/; SameSite=Strict; Secure; HttpOnly"),
    (b"SID=1; Path=/; Secure; HttpOnly; SameSite=Lax", b"__Host-SID=1" + ATTRIBUTES),
    (b"__Host-SID=1" + ATTRIBUTES, b"__Host-SID=1" + ATTRIBUTES),
    (b"__Host-SID=1; Path=/", b"__Host-SID=1" + ATTRIBUTES),
    (b"__Host-SID=1", None),
    (b"SID=1", None),
    (b"SID=1; Path=/app", None),
    (b"SID=1; Path=/; Domain=guarded.test", None),
    (b"SID=1; Path=/; Domain=", b"__Host-SID=1" + ATTRIBUTES),
    (b"SID=" + b"v" * 4082 + b"; Path=/", b"__Host-SID=" + b"v" * 4082 + ATTRIBUTES),
    (b"SID=" + b"v" * 4087 + b"; Path=/", None),
    (b"sid=1; Path=/; Secure", None),
    (b"SID%20=1; Path=/; Secure", None),
    (b"__host-SID=1; Path=/; Secure", None),
    (b"other=SID=1; Path=/", b"other=SID=1" + ATTRIBUTES),
    # a rule that widens the path and strips the domain makes it possible
    (b"cart=1; Path=/shop; Domain=guarded.test",
     b"__Host-cart=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
    (b"cart=1", b"__Host-cart=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
    # deletions stand where their cookie stands
    (b"SID=; Max-Age=0", b"__Host-SID=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"),
    (b"SID=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/app; Domain=guarded.test; HttpOnly",
     b"__Host-SID=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; Secure; SameSite=Lax"),
])
def test_what_leaves(server, line, left):
    assert leaves(server, line) == ([left] if left else [])


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
@pytest.mark.parametrize("line, left", [
    (b"SID=1; Path=/", [b"__Host-SID=1" + ATTRIBUTES]), (b"SID=1", []), (b"sid=1; Path=/", []),
    (b"SID=1; Path=/; Domain=guarded.test", [])])
def test_heads_that_no_request_filter_sees(server, line, left, over):
    """An nph- script's response, and a 103 before another one."""
    response = server.request("/cgi-bin/nph-answer/200", tls=True, over=over,
                              headers={"X-Line": line})
    assert (response.status, response.set_cookies) == (200, left)
    response = server.request("/cgi-bin/nph-hints", tls=True, over=over, headers={"X-Line": line})
    assert [hint.set_cookies for hint in response.interim] == [left]
    assert response.set_cookies == []


@pytest.mark.parametrize("domain", [
    b"Domain=guarded.test", b"domain=.guarded.test", b"DOMAIN = test", b"Domain=;Domain=guarded.test",
    b"Domain=guarded.test;Domain=guarded.test", b"Domain=\"guarded.test\"", b"Domain=other.test",
    b"Domain=sub.guarded.test", b"Domain=g\xc3\xbcarded.test", b"Domain==", b"\tDomain\t=\tguarded.test"])
@pytest.mark.parametrize("name", WAYS)
def test_domain_injection_does_not_unprefix(server, behind, name, domain):
    """Who can write attributes into the application's line withholds the cookie, and does not bring
    it out under a name that a neighbouring host could set."""
    path = way(behind, name)
    for line in (b"SID=1; Path=/; " + domain, b"SID=1; " + domain + b"; Path=/; Secure",
                 b"SID=1; Path=/; Secure; HttpOnly; SameSite=None; " + domain):
        assert leaves(server, line, path) == []


# --- modules of httpd -------------------------------------------------------------------------

@pytest.mark.parametrize("over", OVERS)
def test_mod_rewrite_reads_and_sets_it(server, over):
    v = value()
    response = server.request("/rewrite/who", tls=True, over=over,
                              headers={"Cookie": b"a=1; __Host-SID=" + v + b"; SID=evil"})
    assert response.all(b"x-who") == [v]
    response = server.request("/rewrite/who", tls=True, over=over, headers={"Cookie": b"SID=evil"})
    assert response.all(b"x-who") in ([b""], [])
    (line,) = server.request("/rewrite/co", tls=True, over=over,
                             headers={"X-Value": v}).set_cookies
    assert line == b"__Host-from_rewrite=" + v + b"; path=/; Secure; HttpOnly; SameSite=Lax"
    assert seen(server, b"__Host-from_rewrite=" + v, over=over) == b"from_rewrite=" + v


@pytest.mark.parametrize("over", OVERS)
def test_setenvif_and_expressions_read_it(server, over):
    v = value()
    response = server.request("/static/x", tls=True, over=over,
                              headers={"Cookie": b"__Host-SID=" + v + b"; SID=evil"})
    assert response.all(b"x-setenvif") == [v] and response.all(b"x-if") == [v]
    response = server.request("/static/x", tls=True, over=over, headers={"Cookie": b"SID=evil"})
    assert response.all(b"x-setenvif") in ([], [b""]) and response.all(b"x-if") == []


def test_mod_proxy_finds_its_route(server, behind):
    path = f"/balanced/{behind.key}"
    for route, name in ((b".one", b"one"), (b".two", b"two")) * 3:
        response = server.request(path, tls=True, headers={"Cookie": b"__Host-ROUTEID=" + route})
        assert response.body.split(b"\n") == [name, b"ROUTEID=" + route]
        assert response.set_cookies == []
    response = server.request(path, tls=True)
    (line,) = response.set_cookies
    assert line == (b"__Host-ROUTEID=." + response.body.split(b"\n")[0]
                    + b"; path=/; Secure; HttpOnly; SameSite=Lax")
    # a tossed one routes nobody
    tossed = server.request(path, tls=True, headers={"Cookie": b"ROUTEID=.one; routeid=.two"})
    assert tossed.body in (b"one", b"two") and len(tossed.set_cookies) == 1


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
def test_mod_session_finds_its_session(server, over):
    v = value()
    (line,) = server.request("/session/x", tls=True, over=over, headers={"X-Value": v}).set_cookies
    assert line.startswith(b"__Host-kept_session=what=" + v)
    pair = line.split(b";")[0]
    response = server.request("/session/x", tls=True, over=over, headers={"Cookie": pair})
    assert b"what=" + v in response.all(b"x-session")[0]
    tossed = pair.removeprefix(b"__Host-")
    response = server.request("/session/x", tls=True, over=over, headers={"Cookie": tossed})
    assert response.all(b"x-session") in ([], [b""])


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
def test_mod_usertrack_knows_its_visitor(server, over):
    (line,) = server.request("/static/track", tls=True, over=over).set_cookies
    assert line.startswith(b"__Host-track=") and line.endswith(
        b"; path=/; Secure; HttpOnly; SameSite=Lax")
    pair = line.split(b";")[0]
    again = server.request("/static/track", tls=True, over=over, headers={"Cookie": pair})
    assert again.set_cookies == []
    tossed = server.request("/static/track", tls=True, over=over,
                            headers={"Cookie": pair.removeprefix(b"__Host-")})
    assert len(tossed.set_cookies) == 1


@pytest.mark.parametrize("over", OVERS)
def test_logs_know_the_applications_name(server, over):
    v = value()
    target = f"/static/log-{v.decode()}"
    server.request(target, tls=True, over=over, headers={"Cookie": b"a=1; __Host-SID=" + v})
    (line,) = [l for l in server.log_text("seen_log").splitlines() if target.encode() in l]
    assert line == v + b"|-|a=1; SID=" + v + b"|" + target.encode()


# --- the Cookie header in all its shapes ------------------------------------------------------

SHAPES = [
    # (fields, what is seen)
    ([b"__Host-SID=v"], b"SID=v"),
    ([b"a=1; __Host-SID=v; b=2"], b"a=1; SID=v; b=2"),
    ([b"  a = 1 ;;b;  __Host-SID=\"v w\" ;\t=c; d=\"x;y\""],
     b"a = 1 ;;b;  SID=\"v w\" ;\t=c; d=\"x;y\""),
    ([b"__Host-SID =v; a=1"], b"a=1"),  # no browser writes it so
    ([b"__Host-SID="], b"SID="),
    ([b"__Host-SID=v; __Host-SID=v"], b"SID=v"),
    ([b"a=1; __Host-SID=v; __Host-SID=w; b=2"], b"a=1; b=2"),
    ([b"SID=evil"], b""),
    ([b"__Host-SID=v; SID=evil"], b"SID=v"),
    ([b"SID=evil; __Host-SID=v"], b"SID=v"),
    ([b"SID; a=1"], b"a=1"),
    ([b"__host-SID=evil; __Host-sid=evil; sid=evil; Sid=evil; S%49D=evil; a=1"], b"a=1"),
    ([b"SID[x]=evil; SID%00=evil; \xc2\xa0SID=evil; \xe2\x80\x80__Host-SID=evil; a=1"], b"a=1"),
    ([b"$Version=1; __Host-SID=v; $Path=/; a=1"], b"SID=v; a=1"),
    ([b"a=1, SID=evil; b=2"], b"b=2"),
    ([b"a=\"1 SID=evil\"; b=2"], b"b=2"),
    ([b"a=\"; __Host-SID=v; b=2\""], b"SID=v; b=2\""),
    ([b"a=1,b=2; c=3"], b"a=1,b=2; c=3"),
    ([b"__Secure-SID=x; __Host-other=y"], b"__Secure-SID=x; __Host-other=y"),
]


@pytest.mark.parametrize("over", OVERS)
@pytest.mark.parametrize("cookies, wanted", SHAPES)
def test_shapes_of_the_header(server, cookies, wanted, over):
    if over == "h2":
        cookies = [c.strip() for c in cookies]  # a field of HTTP/2 has no blanks around it
        wanted = wanted.strip()
    assert seen(server, cookies, over=over) == wanted


@pytest.mark.parametrize("cookies, wanted", [
    ([b"a=1", b"__Host-SID=v", b"b=2"], (b"a=1", b"SID=v", b"b=2")),
    ([b"__Host-SID=v; a=1", b"SID=evil"], (b"SID=v", b"a=1")),
    ([b"SID=evil", b"__Host-SID=v", b"sid=evil"], (b"SID=v",)),
    ([b"$Version=1", b"__Host-SID=v"], (b"SID=v",)),
    ([b"__Host-SID=v", b"__Host-SID=w", b"a=1"], (b"a=1",)),
])
def test_crumbs_of_http2(server, cookies, wanted):
    """mod_http2 joins them with a semicolon."""
    assert seen(server, cookies, over="h2") == b"; ".join(wanted)


@pytest.mark.parametrize("cookies", [
    [b"a=1", b"__Host-SID=v", b"b=2"],
    [b"__Host-SID=v", b"a=1"],
    [b"SID=evil", b"__Host-SID=v"],
    [b"a=1; b=2", b"SID=evil; c=3"],
    [b"$Version=1; SID=evil", b"a=1"],
    [b"a=1", b"b=2; SID=evil", b"c=3"],
])
def test_several_fields_never_bring_a_stranger(server, cookies):
    """httpd joins the fields of HTTP/1 with a comma, which parsers read in two ways: what stands
    behind it is no guarded cookie, or the very one."""
    got = seen(server, cookies)
    assert b"evil" not in got and b"$Version" not in got
    assert len(re.findall(rb"(?i)(?:^|[;,\"\s])SID[\s=]", got)) <= 1


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
def test_untouched_cookies_keep_bytes_and_order(server, behind, over):
    """Eight KiB of rubbish pass as they came, but for the one cookie in the middle."""
    rubbish = [b"c%d=%s" % (i, bytes([0x21 + (i * 7 + k) % 0x5D for k in range(20)]))
               for i in range(260)]
    rubbish = [r for r in rubbish if not set(r) & set(b';,"$')]
    odd = [b"x", b"=y", b"z==", b" \tb\xc3\xa4r = \xff ", b"p={\"j\":1}"]
    first, second = b"; ".join(rubbish), b"; ".join([*odd, *reversed(rubbish)])
    field = first + b"; __Host-SID=v; " + second
    assert len(field) > 6000
    response = server.request(f"/backend/{behind.key}", tls=True, over=over,
                              headers={"Cookie": field})
    assert field_behind("proxy", response) == first + b"; SID=v; " + second


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
def test_eight_kibibytes_of_hostile_rubbish(server, over):
    field = b"; ".join([b"SID=evil", b"a,SID=evil", b"$SID=evil", b"__host-sid=evil"] * 164)
    assert len(field) > 8000
    assert seen(server, field, over=over) == b""
    assert seen(server, field + b"; __Host-SID=v", over=over) == b"SID=v"


def test_cookie2_is_taken_out(server):
    response = server.request("/static/x", tls=True,
                              headers={"Cookie2": b"$Version=1", "Cookie": b"__Host-SID=v"})
    assert response.all(b"x-cookie") == [b"SID=v"]
    assert response.all(b"x-cookie2") in ([], [b""])


# --- once for each request --------------------------------------------------------------------

@pytest.mark.parametrize("over", ("http/1.1", "h2"))
@pytest.mark.parametrize("path, wanted", [
    ("/no-such-page", b"SID=v"),               # ErrorDocument: an internal redirect
    ("/rewrite/redirected", b"SID=v"),
    ("/ssi", b"SID=v+SID=v"),                  # the page, and a sub-request in it
])
def test_redirects_and_sub_requests_see_what_was_made_once(server, path, wanted, over):
    """A second time, SID would be a name that nobody may send."""
    response = server.request(path, tls=True, over=over,
                              headers={"Cookie": b"__Host-SID=v; SID=evil"})
    assert response.body == wanted


def test_a_prefixed_line_is_not_prefixed_again(server):
    """The error page is made from a head that was judged before."""
    response = server.request("/no-such-page", tls=True, headers={"X-Line": b"SID=1; Path=/"})
    assert response.set_cookies == [b"__Host-SID=1" + ATTRIBUTES]


@pytest.mark.parametrize("tls", (False, True))
def test_the_error_page_of_a_request_refused_early(server, tls):
    """httpd asks nobody before it answers 417; the page that stands for the error is a program."""
    head = (b"GET /static/x HTTP/1.1\r\nHost: early.test\r\nConnection: close\r\n"
            b"Cookie: SID=evil; a=1; __Host-SID=v\r\nExpect: the-unexpected\r\n\r\n")
    answer = http1.parse(http1.send_raw(server.port("tls" if tls else "plain"), head, tls))
    assert (answer.status, answer.body) == (417, b"a=1; SID=v")


@pytest.mark.parametrize("over", OVERS)
@pytest.mark.parametrize("method", ("CONNECT", "NOSUCH"))
def test_the_error_page_of_a_method_refused(server, method, over):
    if method == "CONNECT" and over == "h2":
        method = "ALSO-NONE"  # a tunnel of HTTP/2 has no path
    response = server.request("/static/x", over=over, method=method, host=b"early.test",
                              headers={"Cookie": b"SID=evil; a=1; __Host-SID=v"})
    assert response.status in (400, 405, 501) and b"evil" not in response.body


# --- what does not unprefix -------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/section/off", "/section/report", "/htaccess/off/page.html",
                                  "/htaccess/prefix/page.html", "/static/x"])
def test_htaccess_off_does_not_unprefix(server, path):
    """What a section or a .htaccess says, whatever it may, does not change a cookie's name, nor
    what comes in under it."""
    (line,) = leaves(server, b"SID=1; Path=/", path, host=b"sections.test")
    assert line.startswith(b"__Host-SID=1; Path=/; Secure")
    assert seen(server, b"__Host-SID=v; SID=evil; sid=evil", path, host=b"sections.test") == b"SID=v"
    assert leaves(server, b"sid=1; Path=/", path, host=b"sections.test") == []


def test_sections_that_are_off_govern_all_else(server):
    for path in ("/section/off", "/section/report"):
        assert leaves(server, b"SID=1; Path=/", path, host=b"sections.test") == [
            b"__Host-SID=1; Path=/; Secure"]
        assert leaves(server, b"other=1; Path=/", path, host=b"sections.test") == [
            b"other=1; Path=/"]


def test_a_section_that_spoils_the_path_withholds(server):
    assert leaves(server, b"SID=1; Path=/", "/section/path", host=b"sections.test") == []


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
def test_report_changes_nothing(server, over):
    how = {"host": b"report.test", "over": over}
    for line in (b"SID=1; Path=/x; Domain=report.test", b"sid=1", b"SID=1; Path=/",
                 b"__Host-SID=1; Path=/; Secure"):
        assert leaves(server, line, **how) == [line]
    field = b"__Host-SID=v; SID=evil; sid=evil; $Version=1; a=1, SID=x"
    assert seen(server, field, **how) == field


def test_forward_proxy_is_left_alone(server, behind):
    """What a client asks of others through this server is theirs, in both directions."""
    target = f"http://127.0.0.1:{behind.first.port}/{behind.key}"
    field = b"__Host-SID=v; SID=theirs; sid=x; $Version=1; a=1, SID=y"
    response = server.request(target, port="forward",
                              headers={"Cookie": field, "X-Line": b"SID=1; Path=/"})
    assert response.body == b"one\n" + field
    assert response.set_cookies == [b"SID=1; Path=/"]
    # the same virtual host, asked for itself
    assert leaves(server, b"SID=1; Path=/", port="forward", tls=False, host=b"forward.test") == [
        b"__Host-SID=1" + ATTRIBUTES]
    assert seen(server, field, port="forward", tls=False, host=b"forward.test") == b"SID=v"


def with_trailers(path, *, host, head, trailers, body=b"body"):
    """A chunked request with trailers, as bytes."""
    lines = [b"POST " + path.encode() + b" HTTP/1.1", b"Host: " + host, b"Connection: close",
             b"Transfer-Encoding: chunked", b"Trailer: Cookie", *head]
    return (b"\r\n".join(lines) + b"\r\n\r\n" + b"%x\r\n" % len(body) + body + b"\r\n0\r\n"
            + b"\r\n".join([*trailers, b"", b""]))


@pytest.mark.parametrize("path", ["/body-first", "/backend/", "/cgi-bin/cookie"])
@pytest.mark.parametrize("head, wanted", [
    ((), b""),
    ((b"Cookie: a=1",), b"a=1"),
    ((b"Cookie: __Host-SID=v",), b"SID=v"),
    ((b"Cookie: __Host-SID=v; SID=evil",), b"SID=v"),
])
@pytest.mark.parametrize("trailers", [
    (b"Cookie: SID=evil",), (b"cookie: SID=evil; __Host-SID=evil", b"COOKIE: sid=evil"),
    (b"Cookie: __Host-SID=evil",), (b"Cookie2: $Version=evil", b"Cookie: evil=1")])
def test_merge_trailers_cannot_inject(server, behind, path, head, wanted, trailers):
    """MergeTrailers On puts the trailers into the head while the body is read: who looks at the head
    afterwards would find their cookies there."""
    path += behind.key if path == "/backend/" else ""
    answer = http1.parse(http1.send_raw(server.port("plain"), with_trailers(
        path, host=b"trailers.test", head=head, trailers=(b"X-Trailer: kept", *trailers))))
    assert answer.status == 200
    assert b"evil" not in answer.body and b"$Version" not in answer.body
    if path == "/body-first":
        assert answer.body == wanted + b"||kept|body"
    elif path == "/cgi-bin/cookie":
        assert answer.body == wanted
    else:
        assert answer.body.split(b"\n")[1:] == ([wanted] if wanted else [])


@pytest.mark.parametrize("cookie, wanted", [(None, b""), (b"__Host-SID=v; SID=evil", b"SID=v")])
def test_trailers_of_http2_cannot_inject(server, cookie, wanted):
    response = server.request(
        "/body-first", over="h2", host=b"trailers.test", method="POST", body=b"body",
        headers={"Cookie": cookie} if cookie else {},
        trailers=[(b"x-trailer", b"kept"), (b"cookie", b"SID=evil; __Host-SID=evil"),
                  (b"cookie2", b"$Version=evil")])
    assert response.body == wanted + b"||kept|body"


def test_without_a_guard_trailers_do_inject(server):
    """Else the test above could not fail. The virtual host reports only."""
    answer = http1.parse(http1.send_raw(server.port("plain"), with_trailers(
        "/body-first", host=b"unguarded-trailers.test", head=(),
        trailers=(b"Cookie: SID=evil", b"X-Trailer: kept"))))
    assert answer.body == b"SID=evil||kept|body"


@pytest.mark.parametrize("field", [b"__Host-SID=v; a=1", b"a=1", b"SID=evil"])
def test_trace_shows_no_cookie(server, field):
    response = server.request("/static/x", method="TRACE", tls=True, headers={"Cookie": field,
                                                                             "Cookie2": "x"})
    assert response.status == 200 and b"X-Line" not in response.body
    assert b"cookie" not in response.body.lower() and field not in response.body


# --- other prefixes ---------------------------------------------------------------------------

def test_the_other_prefixes(server):
    how = {"host": b"otherprefix.test"}
    assert leaves(server, b"SID=1; Path=/app; Domain=otherprefix.test", **how) == [
        b"__Secure-SID=1; Path=/app; Domain=otherprefix.test; Secure; HttpOnly; SameSite=Lax"]
    assert leaves(server, b"lax_a=1", **how) == [
        b"__Http-lax_a=1; Secure; HttpOnly; SameSite=Lax"]
    assert leaves(server, b"both=1", **how) == [
        b"__Host-Http-both=1; Path=/; Secure; HttpOnly; SameSite=Strict"]
    assert seen(server, b"__Secure-SID=1; __Http-lax_a=2; __Host-Http-both=3; __Host-SID=4; "
                b"lax_b=5; __Host-both=6", **how) == b"SID=1; lax_a=2; both=3; __Host-SID=4; __Host-both=6"


@pytest.mark.parametrize("line, left", [
    (b"XSRF-TOKEN=1; Path=/", b"__Host-XSRF-TOKEN=1; Path=/; Secure; SameSite=Lax"),
    (b"__Host-XSRF-TOKEN=1; Path=/", b"__Host-XSRF-TOKEN=1; Path=/; Secure; SameSite=Lax"),
    (b"__Host-Http-both=1", b"__Host-Http-both=1; Path=/; Secure; HttpOnly; SameSite=Strict")])
def test_rules_know_it_by_the_applications_name(server, line, left):
    """Under either name: what was judged once, by this server or one behind it, is settled."""
    assert leaves(server, line, host=b"otherprefix.test") == [left]
    assert leaves(server, left, host=b"otherprefix.test") == [left]


# --- roll-out and roll-back -------------------------------------------------------------------

@pytest.mark.parametrize("over", ("http/1.1", "h2"))
@pytest.mark.parametrize("path", ["/static/x", "/cgi-bin/cookie", "/no-such-page"])
def test_roll_out_takes_the_plain_cookie_once(server, path, over):
    how = {"host": b"migrating.test", "tls": True, "over": over}
    v = value()
    response = server.request(path, headers={"Cookie": b"a=1; SID=" + v}, **how)
    assert response.all(b"x-cookie") == [b"a=1; SID=" + v]
    assert sorted(response.set_cookies) == sorted([
        b"SID" + ALL_DELETED, b"__Host-SID=" + v + ATTRIBUTES])
    # the browser holds the prefixed one now: nothing more is said
    response = server.request(path, headers={"Cookie": b"a=1; __Host-SID=" + v}, **how)
    assert response.all(b"x-cookie") == [b"a=1; SID=" + v]
    assert response.set_cookies == []


@pytest.mark.parametrize("over", OVERS)
def test_roll_out_waits_for_https(server, over):
    """Over plain http nothing can be handed out, so the plain cookie is not deleted either."""
    response = server.request("/static/x", host=b"migrating.test", over=over,
                              headers={"Cookie": b"SID=v"})
    assert response.all(b"x-cookie") == [b"SID=v"] and response.set_cookies == []


def test_roll_out_leaves_the_last_word_to_the_application(server):
    """A new value, or a log-out, of the application itself."""
    how = {"host": b"migrating.test", "tls": True}
    response = server.request("/static/x", headers={"Cookie": b"SID=old",
                                                    "X-Line": b"SID=new; Path=/"}, **how)
    assert sorted(response.set_cookies) == sorted([
        b"SID" + ALL_DELETED, b"__Host-SID=new" + ATTRIBUTES])
    response = server.request("/static/x", headers={"Cookie": b"SID=old",
                                                    "X-Line": b"SID=; Max-Age=0"}, **how)
    assert sorted(response.set_cookies) == sorted([
        b"SID" + ALL_DELETED,
        b"__Host-SID=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"])


@pytest.mark.parametrize("path", ["/static/x", "/static/public.css"])
@pytest.mark.parametrize("host, field, left", [
    (b"migrating.test", b"basket=b", b"__Host-basket=b" + ATTRIBUTES),
    (b"migrating.test", b"SID=b", b"__Host-SID=b" + ATTRIBUTES),
    (b"rolledback.test", b"__Host-basket=b", b"basket=b" + ATTRIBUTES)])
def test_no_shared_cache_gets_what_is_handed_out(server, path, host, field, left):
    """Even where the application lets all caches have the page, and the name is nobody's session:
    the value is this client's own."""
    response = server.request(path, tls=True, host=host, headers={
        "Cookie": field, "X-Cache-Control": b"public, max-age=3600"})
    assert left in response.set_cookies
    assert response.all(b"cache-control") == [b"private, max-age=3600"]
    response = server.request(path, tls=True, host=host, headers={
        "Cookie": b"theme=dark", "X-Cache-Control": b"public, max-age=3600"})
    assert response.all(b"cache-control") == [b"public, max-age=3600"]


@pytest.mark.parametrize("field, wanted", [
    (b"__Host-SID=v; SID=tossed", b"SID=v"),       # no guarded spelling may be beside it
    (b"SID=tossed; __Host-SID=v", b"SID=v"),
    (b"SID=a; SID=b", b""),                        # two values, none is used
    (b"sid=tossed", b""),
])
def test_roll_out_prefers_the_prefixed_cookie(server, field, wanted):
    response = server.request("/static/x", tls=True, host=b"migrating.test",
                              headers={"Cookie": field})
    assert b"".join(response.all(b"x-cookie")) == wanted
    assert response.set_cookies == []  # the prefixed one stays as it is


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
@pytest.mark.parametrize("prefix", [b"__Host-", b"__Secure-", b"__Http-", b"__Host-Http-"])
def test_roll_back_logs_nobody_out(server, prefix, over):
    how = {"host": b"rolledback.test", "tls": True, "over": over}
    v = value()
    assert leaves(server, b"SID=1; Path=/app", host=b"rolledback.test", over=over) == [
        b"SID=1; Path=/app; Secure; HttpOnly; SameSite=Lax"]
    response = server.request("/static/x", headers={"Cookie": prefix + b"SID=" + v}, **how)
    assert response.all(b"x-cookie") == [b"SID=" + v]
    assert sorted(response.set_cookies) == sorted([
        prefix + b"SID" + ALL_DELETED, b"SID=" + v + ATTRIBUTES])
    response = server.request("/static/x", headers={"Cookie": b"SID=" + v}, **how)
    assert response.all(b"x-cookie") == [b"SID=" + v] and response.set_cookies == []


@pytest.mark.parametrize("over", OVERS)
@pytest.mark.parametrize("host, old, new", [(b"migrating.test", b"SID", b"__Host-SID"),
                                            (b"rolledback.test", b"__Host-SID", b"SID")])
def test_an_error_page_deletes_the_old_name_alone(server, host, old, new, over):
    """Its head is the second one. Over HTTP/2 it has the lines of the first: there the deletion of
    the old name is to become none of the new one. HTTP/1.x drops them, and the browser keeps what
    it has."""
    response = server.request("/static/x", tls=True, host=host, over=over,
                              headers={"Cookie": old + b"=v", "Range": b"bytes=9999999-"})
    assert response.status == 416
    assert sorted(response.set_cookies) == (
        sorted([old + ALL_DELETED, new + b"=v" + ATTRIBUTES]) if over == "h2" else [])


def test_roll_back_deletes_what_is_not_needed(server):
    response = server.request("/static/x", tls=True, host=b"rolledback.test",
                              headers={"Cookie": b"SID=v; __Host-SID=w; __Secure-SID=x"})
    assert response.all(b"x-cookie") == [b"SID=v"]
    assert sorted(response.set_cookies) == sorted([b"__Host-SID" + ALL_DELETED,
                                                   b"__Secure-SID" + ALL_DELETED])


@pytest.mark.parametrize("path", ["/section/off", "/section/report"])
def test_a_rolled_back_cookie_is_like_any_other(server, path):
    """Also where a section is Off."""
    line = b"SID=1; Path=/x; Path=/y"
    assert leaves(server, line, path, host=b"rolledback.test") == [line]


# --- the end of a migration -------------------------------------------------------------------

def migration_server(behind, until, flags=()):
    text = f"""
        Listen ${{port_tls}}
        SSLSessionCache none
        SSLCertificateFile ${{cert}}
        SSLCertificateKeyFile ${{key}}
        SSLEngine on
        CookieGuard On
        CookieGuardCookie SID Prefix=__Host-
        CookieGuardMigration until={until}
        CookieGuardAuditLog logs/audit_log all
        DocumentRoot ${{site}}/htdocs
        Header always set X-Cookie "expr=%{{req_novary:Cookie}}"
        Header set Set-Cookie "expr=%{{req_novary:X-Line}}" "expr=-n %{{req_novary:X-Line}}"
        AliasMatch "^/static/" ${{site}}/htdocs/page.html"""
    found = Httpd("migration", None, modules=["ssl", "socache_shmcb"], ports_named=("tls",),
                  defines=behind.defines, flags=flags, text=text)
    found.expect("AH01873", "AH01909", "AH00494", "CG0005", "CG0002")
    return found


@pytest.mark.parametrize("flag", ["COOKIEGUARD_REPORT", "COOKIEGUARD_OFF"])
def test_the_bad_night_changes_nothing(behind, flag):
    """The words of the command line cap the mode: no name is changed in either direction."""
    server = migration_server(behind, "2099-12-31", flags=[flag]).start()
    try:
        assert seen(server, b"__Host-SID=v; SID=w; sid=x") == b"__Host-SID=v; SID=w; sid=x"
        assert leaves(server, b"sid=1; Path=/x") == [b"sid=1; Path=/x"]
        assert leaves(server, b"SID=1") == [b"SID=1"]
    finally:
        server.stop(how=signal.SIGWINCH)
        server.remove()


def accepts_plain(server):
    got = seen(server, b"SID=v")
    assert got in (b"SID=v", b"")
    return got == b"SID=v"


@pytest.mark.parametrize("until, accepted", [("2099-12-31", True), ("2020-12-31", False)])
def test_migration_ends_at_its_date_over_restarts(behind, until, accepted):
    """The date decides, and not how long the server runs: a start, a restart and a graceful one
    prolong nothing."""
    server = migration_server(behind, until).start()
    try:
        assert accepts_plain(server) == accepted
        server.graceful()
        assert accepts_plain(server) == accepted
        server.stop(how=signal.SIGWINCH)
        server.start()
        server.restart()
        assert accepts_plain(server) == accepted
        assert ("CG0005" in server.error_log()) == (not accepted)
    finally:
        server.stop(how=signal.SIGWINCH)
        server.remove()


def test_migration_ends_at_its_date_while_the_server_runs(behind):
    """Through the whole last day (UTC), and not a second longer, without any restart."""
    end = datetime.datetime(2031, 2, 1, tzinfo=datetime.timezone.utc)
    server = migration_server(behind, "2031-01-31")
    clock = Clock(server)
    ahead = (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    clock.advance(ahead - 5 * MINUTE)
    server.start()
    try:
        assert accepts_plain(server)
        clock.advance(5 * MINUTE + 1)
        assert not accepts_plain(server)
        server.graceful()
        assert not accepts_plain(server)
        assert "CG0005" in server.error_log()
    finally:
        server.stop(how=signal.SIGWINCH)
        server.remove()
