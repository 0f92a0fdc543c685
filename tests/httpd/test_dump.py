"""What the module says of itself: -D DUMP_COOKIEGUARD, the line at the start, and the two
switches for the bad night."""
import re

import pytest

from env import secret
from env.httpd import Httpd

POLICY = """Listen ${port_plain}
CookieGuard On
DocumentRoot ${site}/htdocs
Header always set Set-Cookie "expr=%{req_novary:X-Line}"
CookieGuardAuditLog logs/audit_main changes
CookieGuardCookie SID SameSite=Strict
CookieGuardCookie SID SameSite:=Lax
CookieGuardCookie wp_* Max-Age<=1d "expr=%{REQUEST_URI} =~ m#^/blog/#"
<Directory "${site}/htdocs">
    CookieGuardOverride All
</Directory>
<Location "/quiet">
    CookieGuard Report
</Location>
<Files "*.php">
    CookieGuardCookie PHPSESSID SameSite>=Lax
</Files>
<VirtualHost *:${port_plain}>
    ServerName guarded.test
</VirtualHost>
<VirtualHost *:${port_plain}>
    ServerName shop.test
    CookieGuard Report
    CookieGuardHTTPS on
    CookieGuardAuditLog "|/bin/cat" findings
    CookieGuardBaseline Off
    <Location "/admin">
        CookieGuard On
        CookieGuardCookie * SameSite>=Strict
    </Location>
</VirtualHost>
"""


def make(name="dump", **how):
    return Httpd(name, None, ports_named=("plain",), text=POLICY, **how)


@pytest.fixture(scope="module")
def dump():
    server = make()
    code, said = server.run("-t", "-D", "DUMP_COOKIEGUARD")
    lines = server.config.read_text().splitlines()
    server.remove()
    assert code == 0, said
    return said, {text.strip(): number for number, text in enumerate(lines, 1)}


@pytest.mark.parametrize("wanted", [
    r"^main server guarded\.test", r"^virtual host shop\.test:\d+ ",
    r"^  CookieGuard On$", r"^  CookieGuard Report$",
    r"^  CookieGuardHTTPS auto$", r"^  CookieGuardHTTPS on$",
    r"^  CookieGuardAuditLog .*logs/audit_main changes$",
    r"^  CookieGuardAuditLog \|/bin/cat findings$",
    r"^  CookieGuardOverride Tighten$", r"^  CookieGuardBaseline Off$",
    r"\* Secure HttpOnly SameSite=Lax .*built-in, less \d+ known cookies",
    r"<Location /quiet>", r"<Location /admin>", r"<Directory .*/htdocs/?>", r"<Files \*\.php>",
    r"^    CookieGuardOverride All",
    r"PHPSESSID SameSite>=Lax",
    r'wp_\* Max-Age<=(1d|86400s?) "expr=.*"',
])
def test_dump_shows(dump, wanted):
    assert re.search(wanted, dump[0], re.MULTILINE), dump[0]


def test_dump_names_file_and_line(dump):
    said, numbers = dump
    for rule in ("CookieGuardCookie SID SameSite=Strict", "CookieGuardCookie SID SameSite:=Lax",
                 "CookieGuardCookie * SameSite>=Strict"):
        assert f"conf/httpd.conf:{numbers[rule]}" in said


def test_dump_names_what_a_later_rule_cancels(dump):
    said, numbers = dump
    first = numbers["CookieGuardCookie SID SameSite=Strict"]
    later = numbers["CookieGuardCookie SID SameSite:=Lax"]
    assert re.search(rf"SID SameSite=Strict .*conf/httpd\.conf:{first}, "
                     rf"cancelled by .*conf/httpd\.conf:{later}$", said, re.MULTILINE)
    assert said.count("cancelled by") == 3, "once for each of the three servers"


def test_without_the_switch_nothing_is_printed():
    server = make()
    assert server.run("-t") == (0, "Syntax OK\n")
    server.remove()


def start_line(server):
    return [line for line in server.error_log().splitlines() if "CG0001" in line]


def test_the_line_at_the_start(start):
    server = start("dump-on", None, ports_named=("plain",), text=POLICY)
    (line,) = start_line(server)
    assert re.search(r"mod_cookieguard/\d+\.\d+\.\d+", line)
    assert "On in 2, Report in 1" in line
    assert re.search(r"\b5 rules\b", line)
    assert "audit_main" in line
    server.expect("AH00488")
    server.graceful()
    assert len(start_line(server)) == 2, "once per generation"


@pytest.mark.parametrize("flag, capped", [("COOKIEGUARD_REPORT", "report"),
                                          ("COOKIEGUARD_OFF", "off")])
def test_the_switches_cap_every_section(start, flag, capped):
    server = start(f"dump-{capped}", None, ports_named=("plain",), text=POLICY, flags=(flag,))
    assert flag in start_line(server)[0]
    for host in (b"guarded.test", b"shop.test"):
        for path in ("/page.html", "/admin/x", "/quiet"):
            line = f"SID={secret.value()}".encode()
            response = server.request(path, host=host, headers={"X-Line": line})
            assert response.set_cookies == [line]
    modes = {record["mode"] for record in server.audit("audit_main")}
    assert modes == ({"report"} if capped == "report" else set())


def test_a_define_in_the_configuration_does_the_same():
    server = Httpd("defined", None, ports_named=("plain",),
                   text="Define COOKIEGUARD_REPORT\n" + POLICY).start()
    try:
        line = f"SID={secret.value()}".encode()
        response = server.request("/page.html", headers={"X-Line": line})
        assert response.set_cookies == [line]
    finally:
        server.stop()
        server.remove()


def test_off_everywhere_is_silent():
    """LoadModule alone: no cookie is touched, no record is written."""
    server = Httpd("idle", None, ports_named=("plain",), text="""Listen ${port_plain}
DocumentRoot ${site}/htdocs
Header always set Set-Cookie "expr=%{req_novary:X-Line}"
""").start()
    try:
        line = f"SID={secret.value()}".encode()
        assert server.request("/page.html", headers={"X-Line": line}).set_cookies == [line]
        assert "CG0100" not in server.error_log()
    finally:
        server.stop()
        server.remove()


def test_hosts_without_a_directive_of_their_own_keep_their_names():
    """They share the server's configuration, not its name."""
    server = Httpd("names", None, ports_named=("plain",), text="""Listen ${port_plain}
CookieGuard On
CookieGuardAuditLog logs/audit_log all
DocumentRoot ${site}/htdocs
Header always set Set-Cookie "expr=%{req_novary:X-Line}"
<VirtualHost *:${port_plain}>
    ServerName one.test
</VirtualHost>
<VirtualHost *:${port_plain}>
    ServerName two.test
</VirtualHost>
""").start()
    try:
        for host in (b"one.test", b"two.test"):
            server.request("/page.html", host=host, headers={"X-Line": "sid=1"})
        vhosts = [record["vhost"] for record in server.audit("audit_log")]
        assert vhosts == [f"one.test:{server.port()}", f"two.test:{server.port()}"]
        said = server.run("-t", "-D", "DUMP_COOKIEGUARD")[1]
        assert "virtual host one.test" in said and "virtual host two.test" in said
        assert "main server guarded.test" in said
    finally:
        server.stop()
        server.remove()
