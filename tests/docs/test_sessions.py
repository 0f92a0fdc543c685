"""The login that docs/sessions.md shows works as the page says."""
import re
import signal
import subprocess
import urllib.parse

import documents
import pytest
from env.httpd import Httpd

PAGE = documents.TOP / "docs" / "sessions.md"
COOKIE = "__Host-Http-cg"
PASSWORD = "seven-seas"


def block_with(words, kind="apache"):
    """The one block of the page that has these words."""
    found, = [block for block in documents.blocks(PAGE)
              if block.kind == kind and words in block.text]
    return found.text


@pytest.fixture(scope="module")
def shop():
    """The page's own sections in a virtual host behind something that ends TLS."""
    made = Httpd("form", None, ports_named=["plain"],
                 modules=["authn_file", "authz_user", "request", "session", "auth_form"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        ServerName https://guarded.test
        CookieGuardStateDir "${{root}}/keys"
        CookieGuardStore shm size=1M
        CookieGuardSession On
        CookieGuardAuditLog off
        Alias /account/ "${{root}}/account/"
        {block_with("form-login-handler")}
        """)
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD, text=True,
                            capture_output=True, check=True).stdout
    passwords = made.root / "conf" / "passwd"
    passwords.write_text(f"anna:{hashed}", encoding="ascii")
    passwords.chmod(0o644)
    (made.root / "account").mkdir()
    (made.root / "account" / "index.html").write_text("anna's own\n", encoding="ascii")
    made.start()
    yield made
    made.stop(check=False)
    made.remove()


def log_in(server, password=PASSWORD):
    form = urllib.parse.urlencode({"httpd_username": "anna", "httpd_password": password})
    return server.request("/dologin", method="POST", body=form.encode(), headers={
        "Content-Type": "application/x-www-form-urlencoded"})


def token_of(answer):
    """The one token that an answer brings."""
    line, = answer.set_cookies
    return re.match(COOKIE + "=(1[A-Za-z0-9_-]{48});", line.decode())[1]


def ask(server, token, path="/account/"):
    return server.request(path, headers={"Cookie": f"{COOKIE}={token}"})


def test_the_browser_gets_the_line_of_the_page(shop):
    line, = log_in(shop).set_cookies
    shown = re.sub("=1[A-Za-z0-9_-]{48};", "=1...;", line.decode())
    assert f"Set-Cookie: {shown}\n" == block_with("Set-Cookie", "text")


def test_who_has_not_logged_in_is_led_to_the_form(shop):
    answer = shop.request("/account/")
    assert (answer.status, answer.set_cookies) == (302, [])
    assert answer.all(b"Location")[0].endswith(b"/login.html")


def test_a_wrong_password_gets_no_session(shop):
    shop.expect("AH01807: user 'anna'")
    answer = log_in(shop, "six-seas")
    assert (answer.status, answer.set_cookies) == (401, [])


def test_a_login_leads_to_the_account_and_a_logout_out_of_it(shop):
    answer = log_in(shop)
    assert answer.all(b"Location")[0].endswith(b"/account/")
    token = token_of(answer)
    assert ask(shop, token).status == 200
    assert ask(shop, token, "/logout").all(b"Location")[0].endswith(b"/login.html")
    assert ask(shop, token).status == 302


def test_the_next_login_changes_the_token(shop):
    first = token_of(log_in(shop))
    assert token_of(log_in(shop)) != first


def test_graceful_keeps_sessions_and_a_stop_ends_them(shop):
    token = token_of(log_in(shop))
    shop.graceful()
    assert ask(shop, token).status == 200
    shop.stop(how=signal.SIGWINCH)
    shop.start()
    assert ask(shop, token).status == 302


def test_a_start_without_the_ring_makes_another_one(shop):
    """What docs/incident.md says to do if somebody may have read it."""
    ring = shop.root / "keys" / "keys"
    shop.stop(how=signal.SIGWINCH)
    before = ring.read_bytes()
    ring.unlink()
    shop.start()
    assert ring.read_bytes() != before and ring.stat().st_mode & 0o777 == 0o600
    assert ask(shop, token_of(log_in(shop))).status == 200


def test_a_response_that_logs_in_changes_the_token():
    """The page's CookieGuardLogin, before an application that answers a login with a redirect."""
    made = Httpd("login", None, ports_named=["plain"], modules=["session", "asis"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        ServerName https://guarded.test
        DocumentRoot "${{root}}/answers"
        CookieGuardStateDir "${{root}}/keys"
        CookieGuardStore shm size=1M
        CookieGuardSession On
        {block_with("%{REQUEST_STATUS} == 302")}
        <Location "/">
            Session On
            SessionHeader X-Replace-Session
            SetHandler send-as-is
        </Location>
        """)
    answers = made.root / "answers"
    answers.mkdir()
    for name in ("login", "other"):
        (answers / name).write_text("Status: 302 Found\nLocation: https://guarded.test/\n"
                                    "X-Replace-Session: cart=3\n\n", encoding="ascii")
    made.start()
    try:
        first = token_of(made.request("/other"))
        assert ask(made, first, "/other").set_cookies == []
        assert token_of(ask(made, first, "/login")) != first
    finally:
        made.stop(check=False)
        made.remove()
