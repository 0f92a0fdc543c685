"""Sentences of docs/directives.md that say what the server does, each tried once."""
import documents
import pytest
from configtest import run
from env.httpd import Httpd

PAGE = documents.TOP / "docs" / "directives.md"

# What leaves the application at each place, and the line of the access log that the page shows.
SHORT_FORMS = {
    "/added": ["SID=1; Path=/"],
    "/replaced": ["lang=en; Max-Age=99999; Domain=guarded.test; Secure; HttpOnly; SameSite=Lax"],
    "/dropped": ["debug_1=x"],
    "/prefixed": ["login=1; Path=/; Secure"],
    "/withheld": ["cart=1; Path=/shop"],
    "/unchanged": ["ok=1; Secure; HttpOnly; SameSite=Lax"],
}
TOGETHER = ["partner_a=1", "other=1"]


def locations():
    places = dict(SHORT_FORMS, **{"/account": TOGETHER, "/elsewhere": TOGETHER})
    return "\n".join(
        f'<Location "{place}">\n'
        + "\n".join(f'Header always add Set-Cookie "{line}"' for line in lines)
        + "\n</Location>" for place, lines in places.items())


def block_after(heading, kind="apache"):
    """The first block of a kind below a heading of the page."""
    lines = PAGE.read_text().splitlines()
    start = lines.index(f"## {heading}") + 1
    return next(block for block in documents.blocks(PAGE)
                if block.line > start and block.kind == kind)


@pytest.fixture(scope="module")
def server():
    """One virtual host with the rules of "Rules together", one with the log format."""
    text = f"""
        Listen 127.0.0.1:${{port_rules}}
        Listen 127.0.0.1:${{port_log}}
        ServerName https://guarded.test
        {locations()}
        <VirtualHost *:${{port_rules}}>
            ServerName https://guarded.test
            {block_after("Rules together").text}
        </VirtualHost>
        <VirtualHost *:${{port_log}}>
            ServerName https://guarded.test
            CookieGuard On
            CookieGuardCookie lang Max-Age<=1d -Domain
            CookieGuardCookie debug_* Drop
            CookieGuardCookie login Prefix=__Host-
            CookieGuardCookie cart Prefix=__Host-
            LogFormat "%U %^cg" short
            CustomLog "logs/short.log" short
        </VirtualHost>
        """
    made = Httpd("prose", None, ports_named=["rules", "log"], text=text)
    made.start()
    yield made
    made.stop(check=False)
    made.remove()


def test_the_short_forms_of_the_page_are_those_of_the_log(server):
    for place in SHORT_FORMS:
        server.request(place, port="log")
    logged = [line.split(" ", 1) for line in server.log_text("short.log").decode().splitlines()]
    shown = [documents.plain(row[0]) for row in documents.table_rows(PAGE, "In the log")]
    assert [place for place, _ in logged] == list(SHORT_FORMS)
    assert [short for _, short in logged] == shown


def same_sites(answer):
    return {line.split(b"=")[0].decode(): line.rpartition(b"SameSite=")[2].decode()
            for line in answer.set_cookies}


def test_rules_together_come_to_what_the_page_says(server):
    assert same_sites(server.request("/account", port="rules")) == {
        "partner_a": "Strict", "other": "Strict"}
    assert same_sites(server.request("/elsewhere", port="rules")) == {
        "partner_a": "None", "other": "Lax"}
    for line in server.request("/elsewhere", port="rules").set_cookies:
        assert b"; Secure" in line and b"; HttpOnly" in line


def test_drop_acts_in_a_section_that_is_off(tmp_path):
    made = Httpd("drop", None, ports_named=["plain"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        CookieGuard On
        CookieGuardCookie debug_* Drop
        {locations()}
        <Location "/">
            CookieGuard Off
        </Location>
        """)
    made.start()
    try:
        assert made.request("/dropped").set_cookies == []
        assert made.request("/added").set_cookies == [b"SID=1; Path=/"]
    finally:
        made.stop(check=False)
        made.remove()


def test_the_dump_is_what_the_page_says(tmp_path):
    """Per virtual host the mode, the log and the rules with file and line, and what is
    cancelled."""
    status, said = run(tmp_path, """
        CookieGuard Report
        CookieGuardCookie SID SameSite=Lax
        CookieGuardCookie SID SameSite:=Strict
        <VirtualHost *:1>
            ServerName inner.example
            CookieGuard On
        </VirtualHost>
        <Location "/a">
            CookieGuard Off
        </Location>
        <Directory "/nothing/of/ours">
            Require all granted
        </Directory>
        """, "-t", "-D", "DUMP_COOKIEGUARD")
    assert status == 0, said
    for words in ("CookieGuard Report", "CookieGuard On", "inner.example", "CookieGuard Off", "/a",
                  "CookieGuardAuditLog ErrorLog", "SameSite:=Strict", "httpd.conf:", "cancelled by"):
        assert words in said, said


def test_the_servers_rules_count_before_those_of_a_virtual_host(tmp_path):
    """Also where the server has rules and no mode, and the virtual host a mode and no rules."""
    made = Httpd("order", None, ports_named=["bare", "ruled"], text=f"""
        Listen 127.0.0.1:${{port_bare}}
        Listen 127.0.0.1:${{port_ruled}}
        CookieGuardCookie SID SameSite=Strict
        {locations()}
        <VirtualHost *:${{port_bare}}>
            CookieGuard On
        </VirtualHost>
        <VirtualHost *:${{port_ruled}}>
            CookieGuard On
            CookieGuardCookie SID SameSite=keep HttpOnly=keep
        </VirtualHost>
        """)
    made.start()
    try:
        assert made.request("/added", port="bare").set_cookies == [
            b"SID=1; Path=/; HttpOnly; SameSite=Strict"]
        assert made.request("/added", port="ruled").set_cookies == [b"SID=1; Path=/"]
    finally:
        made.stop(check=False)
        made.remove()


def prefixed():
    """The lines of "Prefix": [(sent, what the browser gets, or None)]."""
    rows = [[documents.plain(cell) for cell in row]
            for row in documents.table_rows(PAGE, "The application sends")]
    return [(sent, None if got == "nothing" else got.encode()) for sent, got in rows]


@pytest.fixture(scope="module")
def guarding():
    """The configuration of "Prefix" in front of its lines, in a virtual host that counts as HTTPS
    and in one that does not."""
    places = "\n".join(
        f'<Location "/{number}">\nHeader always add Set-Cookie "{sent.replace("%", "%%")}"\n'
        "</Location>" for number, (sent, _) in enumerate(prefixed()))
    made = Httpd("prefixed", None, ports_named=["https", "http"], text=f"""
        Listen 127.0.0.1:${{port_https}}
        Listen 127.0.0.1:${{port_http}}
        {places}
        <VirtualHost *:${{port_https}}>
            ServerName https://guarded.test
            {block_after("Prefix").text}
        </VirtualHost>
        <VirtualHost *:${{port_http}}>
            ServerName http://guarded.test
            {block_after("Prefix").text}
        </VirtualHost>
        """)
    made.start()
    yield made
    made.stop(check=False)
    made.remove()


@pytest.mark.parametrize("number", range(len(prefixed())))
def test_a_prefixed_cookie_leaves_as_the_page_shows(guarding, number):
    wanted = prefixed()[number][1]
    assert guarding.request(f"/{number}", port="https").set_cookies == ([wanted] if wanted else [])


@pytest.mark.parametrize("number", range(len(prefixed())))
def test_no_guarded_cookie_leaves_over_plain_http(guarding, number):
    assert guarding.request(f"/{number}", port="http").set_cookies == []


def received():
    """[(what the browser sends, what the application gets)] of "What comes in"."""
    return [[cell.replace("`", "") for cell in row]
            for row in documents.table_rows(PAGE, "The browser sends")]


@pytest.fixture(scope="module")
def telling():
    """A server that says in a header what Cookie its modules see, and whether Cookie2 came."""
    made = Httpd("telling", None, ports_named=["https"], text=f"""
        Listen 127.0.0.1:${{port_https}}
        ServerName https://guarded.test
        RewriteEngine On
        RewriteCond "%{{HTTP_COOKIE}}" "(.*)"
        RewriteRule "^" "-" [E=COOKIE_SEEN:%1]
        RewriteCond "%{{HTTP:Cookie2}}" "(.*)"
        RewriteRule "^" "-" [E=COOKIE2_SEEN:%1]
        Header always set X-Cookie "%{{COOKIE_SEEN}}e"
        Header always set X-Cookie2 "%{{COOKIE2_SEEN}}e"
        TraceEnable On
        CookieGuardAuditLog logs/audit_log all
        {block_after("Prefix").text}
        """)
    made.start()
    yield made
    made.stop(check=False)
    made.remove()


@pytest.mark.parametrize("number", range(len(received())))
def test_the_application_gets_what_the_page_shows(telling, number):
    sent, wanted = received()[number]
    answer = telling.request("/", port="https", headers={"Cookie": sent, "Cookie2": "$Version=1"})
    assert answer.all(b"X-Cookie") == [wanted.encode()]
    assert answer.all(b"X-Cookie2") == [b""]


def test_a_trace_shows_no_cookie(telling):
    answer = telling.request("/", port="https", method="TRACE", headers={"Cookie": "__Host-SID=1"})
    assert answer.status == 200
    assert b"TRACE / HTTP/1.1" in answer.body and b"SID" not in answer.body


# What "CookieGuardMigration" and "Switching on and off" say: the rules, what the browser sends,
# what the application gets, and what the browser is told.
NEW = b"__Host-SID=1; Path=/; Secure; HttpOnly; SameSite=Lax"
OLD = b"SID=1; Path=/; Secure; HttpOnly; SameSite=Lax"
MOVES = {
    "accepted": ("Prefix=__Host-", "2099-01-31", "SID=1", "SID=1", [NEW, b"SID="]),
    "beside": ("Prefix=__Host-", "2099-01-31", "SID=1; __Host-SID=2", "SID=2", []),
    "over": ("Prefix=__Host-", "2026-01-31", "SID=1", "", []),
    "taken-back": ("Prefix=off", "2026-01-31", "__Host-SID=1", "SID=1", [OLD, b"__Host-SID="]),
}


@pytest.fixture(scope="module")
def moving():
    hosts = "\n".join(f"""
        Listen 127.0.0.1:${{port_{name}}}
        <VirtualHost *:${{port_{name}}}>
            ServerName https://guarded.test
            RewriteEngine On
            RewriteCond "%{{HTTP_COOKIE}}" "(.*)"
            RewriteRule "^" "-" [E=COOKIE_SEEN:%1]
            Header always set X-Cookie "%{{COOKIE_SEEN}}e"
            CookieGuard On
            CookieGuardCookie SID {rule}
            CookieGuardMigration until={until}
        </VirtualHost>""" for name, (rule, until, *_) in MOVES.items())
    made = Httpd("moving", None, ports_named=list(MOVES), text=hosts)
    made.start()
    yield made
    made.expect("CG0005", "CG0100")
    made.stop()
    made.remove()


@pytest.mark.parametrize("name", MOVES)
def test_sessions_move_as_the_page_says(moving, name):
    _, _, sent, wanted, told = MOVES[name]
    answer = moving.request("/", port=name, headers={"Cookie": sent})
    assert answer.all(b"X-Cookie") == [wanted.encode()]
    assert len(answer.set_cookies) == len(told)
    for line in told:
        if line.endswith(b"="):  # a deletion
            assert any(is_set.startswith(line + b";") and b"Max-Age=0" in is_set
                       for is_set in answer.set_cookies), answer.set_cookies
        else:
            assert line in answer.set_cookies
