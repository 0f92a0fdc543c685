"""The policy on a real server: sections and their order, every term, Drop, the known cookies."""
import pytest

from env import secret

SAFE = "; Secure; HttpOnly; SameSite=Lax"
STRICT = "; Secure; HttpOnly; SameSite=Strict"

# host, path, line without its value, what leaves behind the value (None: the cookie goes)
CASES = [
    ("guarded.test", "/", "sid", SAFE),
    ("guarded.test", "/", "everywhere", STRICT),
    ("guarded.test", "/off/", "sid", ""),
    ("guarded.test", "/off/on/", "sid", SAFE),
    ("guarded.test", "/report/", "sid", ""),
    ("guarded.test", "/strict/", "sid", STRICT),
    ("guarded.test", "/strict/", "sid; SameSite=None",
     "; SameSite=Strict; Secure; HttpOnly"),
    ("guarded.test", "/bare/", "sid", ""),
    ("guarded.test", "/bare/only/", "sid", "; HttpOnly"),
    ("guarded.test", "/", "lifted", STRICT),
    ("guarded.test", "/keep/", "lifted", "; Secure; HttpOnly"),
    ("guarded.test", "/if/", "sid", SAFE),
    ("guarded.test", "/if/?loose", "sid", "; Secure; HttpOnly"),
    ("guarded.test", "/expr/", "sid", SAFE),
    ("vhostoff.test", "/", "sid", ""),
    ("vhostoff.test", "/on/", "sid", SAFE),
    # terms
    ("guarded.test", "/terms/", "t_lax; SameSite=None", "; SameSite=Lax; Secure; HttpOnly"),
    ("guarded.test", "/terms/", "t_lax; SameSite=Strict", "; SameSite=Strict; Secure; HttpOnly"),
    ("guarded.test", "/terms/", "t_none; SameSite=Strict", "; SameSite=None; Secure; HttpOnly"),
    ("guarded.test", "/terms/", "t_default; SameSite=None", "; SameSite=None; Secure; HttpOnly"),
    ("guarded.test", "/terms/", "t_default; SameSite=odd", "; SameSite=Strict; Secure; HttpOnly"),
    ("guarded.test", "/terms/", "t_path; Path=/own", "; Path=/own" + SAFE),
    ("guarded.test", "/terms/", "t_paths; Path=/own", "; Path=/app" + SAFE),
    ("guarded.test", "/terms/", "t_nodomain; Domain=guarded.test", SAFE),
    ("guarded.test", "/terms/", "t_cap; Max-Age=60", "; Max-Age=60" + SAFE),
    ("guarded.test", "/terms/", "t_cap; Max-Age=99999", "; Max-Age=3600" + SAFE),
    ("guarded.test", "/terms/", "t_cap; Max-Age=0", "; Max-Age=0" + SAFE),
    ("guarded.test", "/terms/", "t_age; Max-Age=0; Path=/", "; Max-Age=0; Path=/" + SAFE),
    ("guarded.test", "/terms/", "t_noage; Max-Age=60; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
     SAFE),
    ("guarded.test", "/terms/", "t_open; HttpOnly", "; Secure; SameSite=Lax"),
    ("guarded.test", "/terms/", "t_glob_1_x", STRICT),
    ("guarded.test", "/terms/", "t_glob_1_y", SAFE),
    ("guarded.test", "/terms/", "t_re42", STRICT),
    ("guarded.test", "/terms/", "t_re42x", SAFE),
    ("guarded.test", "/terms/", "T_LAX; SameSite=None", "; SameSite=None; Secure; HttpOnly"),
    ("guarded.test", "/terms/", "t_last", STRICT),
    ("guarded.test", "/terms/", "t blank", STRICT),
    # never-harm: the demand would make the browser reject the cookie
    ("guarded.test", "/terms/", "__Host-x; Path=/; Secure", "; Path=/; Secure; HttpOnly; "
     "SameSite=Lax"),
    # the known cookies: scripts read them
    ("guarded.test", "/", "XSRF-TOKEN", "; Secure; SameSite=Lax"),
    ("guarded.test", "/", "csrftoken", "; Secure; SameSite=Lax"),
    ("guarded.test", "/", "mod_auth_openidc_state_abc", "; Secure; HttpOnly"),
    # unknown attributes and odd spellings
    ("guarded.test", "/", "sid; Priority=High", "; Priority=High" + SAFE),
    ("guarded.test", "/", "sid; secure; HTTPONLY; samesite=STRICT",
     "; secure; HTTPONLY; samesite=STRICT"),
    ("guarded.test", "/", "sid; Secure=x; HttpOnly; SameSite=Lax", "; Secure; HttpOnly; "
     "SameSite=Lax"),
    ("guarded.test", "/", "sid; securely=1", "; securely=1" + SAFE),
    # Drop
    ("drop.test", "/", "debug", None),
    ("drop.test", "/off/", "debug", None),
    ("drop.test", "/", "trace_1", None),
    ("drop.test", "/", "Debug", SAFE),
    ("drop.test", "/", "debug; Max-Age=0", "; Max-Age=0" + SAFE),
    ("dropreport.test", "/", "debug", ""),
]


@pytest.fixture
def server(start):
    return start("policy", "policy.conf", ports_named=("plain",))


def ask(server, host, path, line, **headers):
    name, semicolon, attributes = line.partition(";")
    sent = f"{name}={secret.value()}".encode()
    server.expect("CG0002")
    response = server.request(path, host=host.encode(),
                              headers={"X-Line": sent + (semicolon + attributes).encode(),
                                       **headers})
    got = response.set_cookies
    if not got:
        return None
    assert len(got) == 1 and got[0].startswith(sent), "keep-value"
    return got[0][len(sent):].decode()


@pytest.mark.parametrize("host, path, line, wanted", CASES)
def test_policy(server, host, path, line, wanted):
    assert ask(server, host, path, line) == wanted


def test_an_expression_is_asked_per_request(server):
    assert ask(server, "guarded.test", "/expr/", "sid", **{"X-Area": "admin"}) == STRICT
    assert ask(server, "guarded.test", "/expr/", "sid", **{"X-Area": "shop"}) == SAFE


def test_expressions_do_not_change_vary(server):
    response = server.request("/expr/", host=b"guarded.test", headers={"X-Line": "sid=1"})
    assert response.all(b"vary") == []


def test_partitioned(server):
    got = ask(server, "guarded.test", "/terms/", "t_part; SameSite=None")
    assert sorted(got.split("; ")[1:]) == ["HttpOnly", "Partitioned", "SameSite=None", "Secure"]


def test_a_domain_of_the_host_itself(server):
    got = ask(server, "guarded.test", "/terms/", "t_domain")
    assert "; Domain=guarded.test" in got


def test_added_attributes_stand_once_and_a_second_look_changes_nothing(server):
    """settled: what left once leaves again as it is."""
    for line in ("sid", "t_cap; Max-Age=99999", "t_none", "t_path", "t_part"):
        first = ask(server, "guarded.test", "/terms/", line)
        name = line.partition(";")[0]
        assert ask(server, "guarded.test", "/terms/", name + first) == first


def test_nothing_else_of_the_response_changes(server):
    """The head of a guarded response is that of an unguarded one but for Set-Cookie, and but for
    what it says to shared caches."""
    def head(path):
        response = server.request(path, host=b"guarded.test", headers={"X-Line": "sid=1"})
        return [(k, v) for k, v in response.headers if k not in (b"Set-Cookie", b"Date")], \
            response.body
    headers, body = head("/off/x")
    guarded_headers, guarded_body = head("/x")
    assert sorted(guarded_headers) == sorted(headers + [(b"Cache-Control", b"private")])
    assert guarded_body == body


def test_no_header_of_ours(server):
    response = server.request("/x", host=b"guarded.test", headers={"X-Line": "sid=1"})
    assert not [k for k, _ in response.headers if b"cookieguard" in k.lower()]
