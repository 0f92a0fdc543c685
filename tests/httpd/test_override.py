"""What .htaccess may ask, under CookieGuardOverride Tighten, All and None."""
import pytest

from env import secret

SAFE = "; Secure; HttpOnly; SameSite=Lax"

# .htaccess, the line without its value, what leaves under Tighten and under All
CASES = [
    # more than the server asks: always allowed
    ("CookieGuardCookie sid SameSite>=Strict", "sid", "; Secure; HttpOnly; SameSite=Strict", None),
    ("CookieGuardCookie sid SameSite=Strict", "sid", "; Secure; HttpOnly; SameSite=Strict", None),
    ("CookieGuardCookie sid SameSite:=Strict", "sid; SameSite=Lax",
     "; SameSite=Strict; Secure; HttpOnly", None),
    ("CookieGuardCookie sid Max-Age<=1h", "sid; Max-Age=86400",
     "; Max-Age=3600; Secure; HttpOnly; SameSite=Lax", None),
    ("CookieGuardCookie capped Max-Age<=1h", "capped; Max-Age=864000",
     "; Max-Age=3600; Secure; HttpOnly; SameSite=Lax", None),
    ("CookieGuardCookie csrftoken HttpOnly", "csrftoken", SAFE, None),
    ("CookieGuard On", "sid", SAFE, None),
    # less: under Tighten the server's word stays
    ("CookieGuard Off", "sid", SAFE, ""),
    ("CookieGuard Report", "sid", SAFE, ""),
    ("CookieGuardCookie * Secure=keep HttpOnly=keep SameSite=keep", "sid", SAFE, ""),
    ("CookieGuardCookie sid -Secure", "sid; Secure; HttpOnly; SameSite=Lax", SAFE,
     "; HttpOnly; SameSite=Lax"),
    ("CookieGuardCookie sid -HttpOnly", "sid; Secure; HttpOnly; SameSite=Lax", SAFE,
     "; Secure; SameSite=Lax"),
    ("CookieGuardCookie sid -SameSite", "sid; Secure; HttpOnly; SameSite=Lax", SAFE,
     "; Secure; HttpOnly"),
    ("CookieGuardCookie sid SameSite:=None", "sid", SAFE, "; Secure; HttpOnly; SameSite=None"),
    ("CookieGuardCookie sid SameSite:=Lax", "sid; SameSite=Strict",
     "; SameSite=Strict; Secure; HttpOnly", "; SameSite=Lax; Secure; HttpOnly"),
    ("CookieGuardCookie floored SameSite=Lax", "floored", "; Secure; HttpOnly; SameSite=Strict",
     SAFE),
    ("CookieGuardCookie floored SameSite>=Lax", "floored; SameSite=Lax",
     "; SameSite=Strict; Secure; HttpOnly", "; SameSite=Lax; Secure; HttpOnly"),
    ("CookieGuardCookie capped Max-Age<=2d", "capped; Max-Age=864000",
     "; Max-Age=86400; Secure; HttpOnly; SameSite=Lax",
     "; Max-Age=172800; Secure; HttpOnly; SameSite=Lax"),
    ("CookieGuardCookie capped Max-Age=keep", "capped; Max-Age=864000",
     "; Max-Age=86400; Secure; HttpOnly; SameSite=Lax",
     "; Max-Age=864000; Secure; HttpOnly; SameSite=Lax"),
    ("CookieGuardCookie sid Max-Age:=1d", "sid", SAFE,
     "; Max-Age=86400; Secure; HttpOnly; SameSite=Lax"),
    ("CookieGuardCookie sid -Max-Age", "sid; Max-Age=60", "; Max-Age=60" + SAFE, SAFE),
    ("CookieGuardCookie sid -Domain", "sid; Domain=tighten.test", "; Domain=tighten.test" + SAFE,
     SAFE),
    ("CookieGuardCookie sid -Path", "sid; Path=/a", "; Path=/a" + SAFE, SAFE),
    ("CookieGuardCookie sid Path:=/b", "sid; Path=/a", "; Path=/a" + SAFE, "; Path=/b" + SAFE),
]
NEVER = [
    # not even All: the cookie leaves as if the line were not there
    ("CookieGuardCookie sid Drop", "sid"),
    ('CookieGuardCookie sid SameSite=Strict "expr=true"', "sid"),
    ('CookieGuardCookie sid -Secure "expr=true"', "sid"),
]


@pytest.fixture
def server(start):
    return start("override", "override.conf", ports_named=("plain",))


def ask(server, host, htaccess, line):
    """Serve a page under that .htaccess; return (response, what follows the value, records)."""
    name, semicolon, attributes = line.partition(";")
    page = secret.secrets.token_hex(6)
    directory = server.root / "site" / "htdocs" / page
    directory.mkdir()
    (directory / "page.html").write_text("page")
    (directory / ".htaccess").write_text(htaccess + "\n")
    sent = f"{name}={secret.value()}".encode()
    response = server.request(f"/{page}/page.html", host=host.encode(),
                              headers={"X-Line": sent + (semicolon + attributes).encode()})
    assert response.status == 200
    (got,) = response.set_cookies
    assert got.startswith(sent)
    records = [r for r in server.audit() if r["path"] == f"/{page}/page.html"]
    return got[len(sent):].decode(), records, page


def is_ignored(records):
    return any(f["id"] == "CG-OVERRIDE-IGNORED" for r in records for f in r["findings"])


@pytest.mark.parametrize("htaccess, line, tightened, loosened", CASES)
def test_tighten(server, htaccess, line, tightened, loosened):
    got, records, page = ask(server, "tighten.test", htaccess, line)
    assert got == tightened
    assert is_ignored(records) == (loosened is not None)
    if loosened is not None:
        assert f"{page}/.htaccess:1" in str(records) + server.error_log(), \
            "what is ignored is reported with file and line"


@pytest.mark.parametrize("htaccess, line, tightened, loosened", CASES)
def test_all(server, htaccess, line, tightened, loosened):
    line = line.replace("tighten.test", "all.test")
    got, records, _ = ask(server, "all.test", htaccess, line)
    assert got == (tightened if loosened is None else loosened)
    assert not is_ignored(records)


@pytest.mark.parametrize("htaccess, line, tightened, loosened", CASES)
def test_none(server, htaccess, line, tightened, loosened):
    """As if the .htaccess were not there."""
    line = line.replace("tighten.test", "none.test")
    with_it, records, _ = ask(server, "none.test", htaccess, line)
    without, _, _ = ask(server, "none.test", "# nothing", line)
    assert with_it == without
    assert is_ignored(records) or htaccess == "CookieGuard On"


@pytest.mark.parametrize("host", ["tighten.test", "all.test", "none.test"])
@pytest.mark.parametrize("htaccess, line", NEVER)
def test_never_in_htaccess(server, host, htaccess, line):
    got, records, page = ask(server, host, htaccess, line)
    assert got == SAFE
    assert is_ignored(records)
    assert f"{page}/.htaccess:1" in str(records) + server.error_log()


def test_htaccess_may_raise_the_mode(server):
    assert ask(server, "report.test", "# nothing", "sid")[0] == ""
    assert ask(server, "report.test", "CookieGuard On", "sid")[0] == SAFE


def test_several_lines_each_judged(server):
    text = ("CookieGuardCookie sid SameSite>=Strict\nCookieGuardCookie sid -Secure\n"
            "CookieGuardCookie sid HttpOnly=keep\n")
    got, records, page = ask(server, "tighten.test", text, "sid")
    assert got == "; Secure; HttpOnly; SameSite=Strict"
    assert is_ignored(records)
    assert f"{page}/.htaccess:2" in str(records) + server.error_log()


def test_an_inner_htaccess_comes_after_an_outer_one(server):
    root = server.root / "site" / "htdocs" / "nested"
    (root / "inner").mkdir(parents=True)
    (root / ".htaccess").write_text("CookieGuardCookie sid SameSite>=Strict\n")
    (root / "inner" / ".htaccess").write_text("CookieGuardCookie sid Max-Age<=1h\n")
    (root / "inner" / "page.html").write_text("page")
    response = server.request("/nested/inner/page.html", host=b"tighten.test",
                              headers={"X-Line": "sid=1; Max-Age=9999"})
    assert response.set_cookies == [b"sid=1; Max-Age=3600; Secure; HttpOnly; SameSite=Strict"]


@pytest.mark.parametrize("htaccess", [
    "CookieGuardCookie sid Nonsense", "CookieGuard Maybe", "CookieGuardOverride All",
    "CookieGuardAuditLog off", "CookieGuardHTTPS off", "CookieGuardBaseline Off"])
def test_what_is_not_understood_there_is_an_error_that_says_so(server, htaccess):
    """As with any module's directive; and the cookie of the error page is guarded too."""
    server.expect(r"\.htaccess: CookieGuard", r"\.htaccess: .* not allowed here")
    directory = server.root / "site" / "htdocs" / secret.secrets.token_hex(6)
    directory.mkdir()
    (directory / ".htaccess").write_text(htaccess + "\n")
    line = f"sid={secret.value()}".encode()
    response = server.request(f"/{directory.name}/page.html", host=b"tighten.test",
                              headers={"X-Line": line})
    assert response.status == 500
    assert response.set_cookies == [line + SAFE.encode()]


def test_without_fileinfo_httpd_refuses_the_directive(server):
    server.expect(r"not allowed here")
    directory = server.root / "site" / "htdocs" / secret.secrets.token_hex(6)
    directory.mkdir()
    (directory / ".htaccess").write_text("CookieGuard Off\n")
    response = server.request(f"/{directory.name}/", host=b"forbidden.test",
                              headers={"X-Line": "sid=1"})
    assert response.status == 500
    assert response.set_cookies == [b"sid=1" + SAFE.encode()]
