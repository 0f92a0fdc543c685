"""Our cookie on every way that a response or a request takes: no backend sets it, none gets to see
it, and the session is found wherever a request is led."""
import dataclasses
import re

import h2.config
import h2.connection
import h2.events
import pytest

from env import http1, path_cases
from env.clock import MINUTE
from env.path_server import path_server
from env.session_client import COOKIE, TOKEN
from env.session_site import HOST
from paths import all_paths

NAME = COOKIE.decode()
# Cookies that the server itself makes: its copy of configuration and site calls them as ours.
RENAMED = re.compile(r"\bbare_(co|asis|early|track|route|hint|setcookie)\b")
# Of the cookies that stand in one head, with a letter before the name that was chosen, one is ours.
BESIDE = re.compile(r"\b(err_(?=%\{req_novary:X-Line\})|b_(?=%s))")
BESIDE_PLAYED = re.compile(rb"\b(n1|b)_(?=" + re.escape(COOKIE) + rb"=)")
# Sessions of httpd, where these are ours now; and names that an application made up.
OF_OTHERS = re.compile("bare_(session|dbd|form|php|flask)|PHPSESSID|session|JSESSIONID")
OTHER_PROVIDERS = ("session_cookie", "session_dbd", "dbd", "auth_form")


def with_ours(path):
    """The path, with our cookie among those that its backend sends."""
    def play(line):
        answer = path.play(line)
        return BESIDE_PLAYED.sub(b"", answer) if isinstance(answer, bytes) else answer
    return dataclasses.replace(path, play=play) if path.play else path


PATHS = [with_ours(path) for path in all_paths()
         if path.guarded and not (path.made and OF_OTHERS.match(path.made["bare"]))]


def call_them_ours(server):
    """All that makes cookies by a name of its own makes ours; and sessions are on."""
    for path in [*(server.root / "conf").glob("paths*.conf"), *(server.root / "site").rglob("*")]:
        if path.is_file():
            text = path.read_text(errors="replace")
            ours = BESIDE.sub("", RENAMED.sub(NAME, text))
            if ours != text:
                path.write_text(ours)
    (server.root / "guard").mkdir(mode=0o700)
    config = server.root / "conf" / "paths.conf"
    config.write_text(config.read_text().replace(
        "    CookieGuardAuditLog logs/audit_log all\n",
        "    CookieGuardAuditLog logs/audit_log all\n"
        "    CookieGuardSession On\n"
        f"    CookieGuardStateDir {server.root}/guard\n"
        "    CookieGuardStore shm size=1M\n"))
    server.expect("CG0035")  # one host name on several ports


@pytest.fixture
def own_name(servers, paths_server, backends):
    """Function (mpm, mode) -> the server with every path, where all cookies have our name."""
    def find(mpm, mode):
        return servers.get(("own-name", mpm, mode), lambda: path_server(
            mpm, mode, backends, "own-name", call_them_ours, OTHER_PROVIDERS))
    return find


@pytest.mark.parametrize("path, transport", path_cases.single_cases(PATHS))
def test_backend_cannot_set_our_token(own_name, backends, path, transport):
    path_cases.check_withheld(own_name("event", "On"), backends, path, transport, COOKIE)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in PATHS
                                  if (path.interim or path.joined) and "2s" in path.transports])
def test_backend_cannot_set_our_token_in_joined_fields(own_name, backends, path):
    """Heads that no filter of a request sees, over HTTP/2."""
    path_cases.check_withheld(own_name("event", "On"), backends, path, "2s", COOKIE)


@pytest.mark.parametrize("mpm, path", path_cases.other_mpm_cases(PATHS))
def test_backend_cannot_set_our_token_on_other_mpms(own_name, backends, mpm, path):
    transport = "1.1s" if "1.1s" in path.transports else path.transports[-1]
    path_cases.check_withheld(own_name(mpm, "On"), backends, path, transport, COOKIE)


@pytest.mark.parametrize("path, transport", path_cases.single_cases(path_cases.classes(PATHS)))
def test_backend_cannot_set_our_token_where_cookies_are_left_alone(
        own_name, backends, path, transport):
    """Whatever the mode of CookieGuard is."""
    path_cases.check_withheld(own_name("event", "Off"), backends, path, transport, COOKIE)


@pytest.mark.parametrize("name", [
    COOKIE, b"__host-http-cg", b"__HOST-HTTP-CG", b"__Host-Http-cg ", b" __Host-Http-cg",
    b"__Host-Http-c%67", b"__Host-Http%2Dcg", b"%5F_Host-Http-cg", b"..Host-Http-cg",
    b"_.Host-Http-cg"])
def test_backend_cannot_set_what_some_parser_takes_for_our_token(site, name):
    for line in (name + b"=1; Path=/", name + b"=; Max-Age=0", name + b"; Path=/",
                 name + b"=" + b"1" + b"A" * 48 + b"; Path=/; Secure; HttpOnly; SameSite=Lax"):
        answer = site.ask(line=line, set="a=1")
        assert len(answer.response.set_cookies) == 1 and answer.token  # ours, and nothing else
        assert site.ask(answer.token).session == {"a": "1"}


# -- inwards --------------------------------------------------------------------------------------

LOOKS_ALIKE = (b"__host-http-cg=1", b"__Host-Http-c%67=1", b"__HOST-HTTP-CG=1")


def fields_around(token):
    return [b"first=1; " + COOKIE + b"=" + token + b"; last=2"]


def test_no_application_sees_the_token(site):
    """Not in Cookie, not in the environment, whichever way the request takes."""
    token = site.new_session()
    seen = []

    def backend(sock, head):
        seen.append(head)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    assert site.ask(fields_around(token)).cookies == b"first=1; last=2"
    assert site.ask(token).cookies == b""
    site.ask(fields_around(token), f"/backend/{site.backend.play(backend)}")
    (head,) = seen
    assert b"first=1; last=2\r\n" in head and b"X-Session: a=1\r\n" in head
    told = [head]
    for path in ("/cgi-bin/environment", "/quiet/cgi-bin/environment", "/walk/parts.shtml",
                 "/walk/", "/no-such-page"):
        told.append(site.ask(fields_around(token), path).response.body)
        assert b"first=1; last=2" in told[-1]
    told.append(site.ask(fields_around(token), "/page/x", status=410).response.body)
    for text in told:
        assert not TOKEN.search(text) and token[1:17] not in text and token[17:] not in text
        assert COOKIE not in text


@pytest.mark.parametrize("alike", LOOKS_ALIKE)
def test_look_alikes_reach_nobody(site, alike):
    token = site.new_session()
    answer = site.ask([alike + b"; " + COOKIE + b"=" + token + b"; x=1"])
    assert answer.cookies == b"x=1" and answer.session == {"a": "1"}
    answer = site.ask([alike])
    assert answer.cookies == b"" and answer.session == {}


def test_a_header_of_a_client_is_no_session(site):
    """CVE-2018-1283."""
    for name in ("Session", "session", "X-Session", "HTTP-Session"):
        answer = site.ask(path="/cgi-bin/environment", more={name: "admin=1"})
        assert b"\nHTTP_SESSION=admin" not in answer.response.body
        assert site.ask(more={name: "admin=1"}).session == {}


# -- where a request is led -----------------------------------------------------------------------

@pytest.mark.parametrize("path, how", [
    ("/page/x", {"status": 404}),  # to an error page that the application makes
    ("/walk/", {}),                # to the index of a directory
    ("/walk/index.page", {})], ids=["ErrorDocument", "DirectoryIndex", "file"])
def test_sessions_over_internal_redirects(site, path, how):
    token = site.new_session()
    answer = site.ask(token, path, set="b=2", **how)
    assert answer.session == {"a": "1"} and answer.is_silent
    assert site.ask(token).session == {"a": "1", "b": "2"}
    created = site.ask(path=path, set="c=3", **how)
    assert created.token
    assert site.ask(created.token).session == {"c": "3"}


def test_sessions_in_sub_requests(site):
    token = site.new_session()
    answer = site.ask(token, "/walk/parts.shtml")
    assert answer.session == {"a": "1"} and answer.is_silent
    assert b"HTTP_SESSION=a=1" in answer.response.body


@pytest.mark.parametrize("words", [{"method": "HEAD"}, {"headers": {"Range": "bytes=0-3"}}])
def test_other_kinds_of_response(site, words):
    """A token may come with any of them."""
    how = {**words, "headers": {**words.get("headers", {}), "X-Set": "a=1"}}
    response = http1.request(site.server.port(), "/page", host=HOST, **how)
    (line,) = response.set_cookies
    token = TOKEN.search(line).group()
    site.know(token)
    assert site.ask(token).session == {"a": "1"}


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
@pytest.mark.parametrize("status", (204, 302, 304, 403, 500))
def test_a_token_comes_with_every_status(event_site, status, over):
    token = event_site.new_session()
    event_site.clock.advance(15 * MINUTE)
    answer = event_site.ask(token, f"/cgi-bin/answer/{status}", over=over, line=b"x=1")
    assert answer.status == status and answer.token and len(answer.response.set_cookies) == 2
    assert event_site.ask(answer.token).session == {"a": "1"}


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
@pytest.mark.parametrize("path", ("/cgi-bin/nph-answer/200", "/cgi-bin/nph-hints"))
def test_a_rotation_waits_where_the_head_is_out_of_reach(event_site, path, over):
    """A token that is made and not sent would be a lost one."""
    token = event_site.new_session()
    event_site.clock.advance(15 * MINUTE)
    for _ in range(2):
        answer = event_site.ask(token, path, over=over, line=b"x=1")
        assert answer.status == 200 and answer.is_silent
    assert event_site.ask(token).token


def test_sessions_are_off_where_mod_session_is(site):
    token = site.new_session()
    answer = site.ask(fields_around(token), "/none", set="b=2")
    assert answer.session == {} and answer.is_silent and answer.cookies == b"first=1; last=2"
    assert site.ask(token).session == {"a": "1"}


def test_what_is_set_behind_the_head_is_lost_and_breaks_nothing(site):
    token = site.new_session()
    answer = site.ask(token, more={"X-Late": "b=2"})
    assert answer.is_silent and b"late" in answer.response.body
    assert site.ask(token).session == {"a": "1"}


# -- transports -----------------------------------------------------------------------------------

def test_plain_http_has_no_sessions(site):
    """A token that comes over plain http is not looked at, and none is made."""
    site.server.expect("CG0058")
    host = {"host": b"bare.test"}
    assert site.ask(set="a=1", **host).is_silent
    token = site.new_session()
    answer = site.ask(fields_around(token), set="b=2", **host)
    assert answer.session == {} and answer.is_silent and answer.cookies == b"first=1; last=2"
    assert site.ask(token).session == {"a": "1"}


@pytest.mark.parametrize("over", ("http/1.1", "h2"))
def test_over_tls(event_site, over):
    how = {"host": b"tls.test", "tls": True, "over": over}
    token = event_site.ask(set="a=1", **how).token
    assert token and event_site.ask(token, **how).session == {"a": "1"}
    new = event_site.login(token, **how).token
    assert event_site.ask(new, "/form/page", **how).user == "alice"
    assert event_site.ask(token, "/form/page", **how).status == 401
    assert event_site.ask(new, "/form/logout", **how).token
    assert event_site.ask(new, **how).session == {}


def test_streams_of_one_connection_both_win(event_site):
    """HTTP/2: requests of one connection are at work at the same time, and each of them has loaded
    the session before any saves."""
    site = event_site
    token = site.new_session(a="0", b="0")
    config = h2.config.H2Configuration(header_encoding=None)
    with http1.connect(site.server.port()) as sock:
        conn = h2.connection.H2Connection(config)
        conn.initiate_connection()
        bodies = {}
        for number in range(1, 51):
            streams = {}
            for key in "ab":
                stream = conn.get_next_available_stream_id()
                fields = site.headers(token, set=f"{key}={number}", meet=5)
                conn.send_headers(stream, [
                    (":method", "GET"), (":scheme", "http"), (":authority", HOST), (":path", "/page"),
                    *((name.lower(), value) for name, value in fields)], end_stream=True)
                streams[stream] = b""
            sock.sendall(conn.data_to_send())
            bodies = finish_streams(conn, sock, streams)
            wanted = b"session=a=%d&b=%d\n" % (number - 1, number - 1)
            assert all(body.startswith(wanted) for body in bodies.values())
    assert site.ask(token).session == {"a": "50", "b": "50"}


def finish_streams(conn, sock, streams):
    """Reads until all of them have ended; {stream: body}."""
    open_ones = set(streams)
    while open_ones:
        for event in conn.receive_data(sock.recv(65536)):
            if isinstance(event, h2.events.DataReceived):
                streams[event.stream_id] += event.data
                conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                open_ones.discard(event.stream_id)
            assert not isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated))
        sock.sendall(conn.data_to_send())
    return streams
