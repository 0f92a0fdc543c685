"""What docs/incident.md says of the bad night is tried against a real httpd, and its numbers are
those of the source."""
import re
import signal
import subprocess

import c_tables
import configtest
import documents
import pytest
from env.httpd import Httpd

PAGE = documents.TOP / "docs" / "incident.md"
PREFIX = "CookieGuardCookie SID Prefix=__Host-"
SESSIONS = "CookieGuardHTTPS on\nCookieGuardSession On\n"
LEVELS = {"NOTICE": "notice", "WARNING": "warn", "ERR": "error", "CRIT": "crit"}


CALL = r"ap_log_\w+\(\s*APLOG_MARK, ([A-Z_| ]+),[^;]*?"


def levels_in(words):
    return {LEVELS[word] for word in re.findall(r"APLOG_(\w+)", words) if word in LEVELS}


def numbers_of_the_source():
    """{CG number: the words of the levels at which it is logged}. A sentence that stands elsewhere in
    its file is logged by the call that prints any sentence."""
    found = {}
    for path in sorted((documents.TOP / "src").glob("**/*.c")):
        text = path.read_text()
        called = [(number, levels_in(levels))
                  for levels, number in re.findall(CALL + r'"(CG\d{4}):', text)]
        printed = [levels_in(levels) for levels in re.findall(CALL + r'"%s%s", sentence', text)]
        others = set(re.findall(r'"(CG\d{4}):', text)) - {number for number, _ in called}
        for number, levels in called + [(number, levels) for number in others for levels in printed]:
            found.setdefault(number, set()).update(levels)
    return found


def numbers_of_the_page():
    return {row[0]: {row[1]} for row in documents.table_rows(PAGE, "Number")}


def test_the_numbers_are_those_of_the_source():
    assert numbers_of_the_page() == numbers_of_the_source()


def test_every_number_of_the_source_was_read():
    text = "".join(path.read_text() for path in (documents.TOP / "src").glob("**/*.c"))
    assert set(re.findall(r"\bCG\d{4}\b", text)) == set(numbers_of_the_source())


def test_every_number_says_what_to_do():
    for number, _, says, to_do in documents.table_rows(PAGE, "Number"):
        assert says and to_do, number


def switches():
    """{the first cell of the table of switches: who must log in again, of the two kinds}."""
    rows = documents.table_rows(PAGE, "Switch")
    return {documents.plain(row[0]): tuple("must log in" in cell for cell in row[1:])
            for row in rows}


# How each row of that table is written in a configuration.
CONFIGURATIONS = {
    "Define COOKIEGUARD_OFF": f"Define COOKIEGUARD_OFF\nCookieGuard On\n{PREFIX}",
    "Define COOKIEGUARD_REPORT": f"Define COOKIEGUARD_REPORT\nCookieGuard On\n{PREFIX}",
    "CookieGuard Off in a section":
        f'CookieGuard On\n{PREFIX}\n<Location "/">\nCookieGuard Off\n</Location>',
    "Prefix=off in the rule": f"CookieGuard On\n{PREFIX}\nCookieGuardCookie SID Prefix=off",
    "the rule with Prefix is deleted": "CookieGuard On",
}


def test_the_table_of_switches_is_tried_as_a_whole():
    assert set(switches()) == set(CONFIGURATIONS)


@pytest.mark.parametrize("switch", CONFIGURATIONS)
def test_who_must_log_in_again(switch):
    """The application would know the session if a cookie of its own name arrived."""
    made = Httpd("incident", None, ports_named=["plain"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        ServerName https://guarded.test
        CookieGuardAuditLog off
        RewriteEngine On
        RewriteCond "%{{HTTP_COOKIE}}" "(^|; )(SID|bare)=1(;|$)"
        RewriteRule "^" "-" [R=204,L]
        {CONFIGURATIONS[switch]}
        """)
    made.start()
    try:
        must_log_in = tuple(
            made.request("/", headers={"Cookie": f"a=b; {cookie}=1"}).status != 204
            for cookie in ("bare", "__Host-SID"))
    finally:
        made.stop(how=signal.SIGWINCH)
        made.remove()
    assert must_log_in == switches()[switch]


# A Cookie field for each reason of the page.
REFUSED = {
    "plain": "SID=1",
    "spelling": "sid=1",
    "embedded": "theme=dark, SID=1",
    "repeated": "__Host-SID=1; __Host-SID=2",
    "dollar": "$Version=1",
    "quote": 'theme="dark; __Host-SID=1',
    "surplus": "; ".join(f"__Host-s{number}=1" for number in range(17)),
}


def test_the_reasons_are_those_of_the_source():
    shown = [documents.plain(row[0]) for row in documents.table_rows(PAGE, "Reason")]
    assert shown == [name for name in REFUSED]
    assert sorted(shown) == sorted(c_tables.names(
        "policy/restore.h", "CG_REFUSAL", "cg_refusal", "cg_refusal_name"))


def test_each_reason_is_in_a_record(tmp_path):
    made = Httpd("reasons", None, ports_named=["plain"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        ServerName https://guarded.test
        CookieGuard On
        {PREFIX}
        CookieGuardCookie s? Prefix=__Host-
        CookieGuardCookie s1? Prefix=__Host-
        CookieGuardAuditLog logs/audit_log
        """)
    made.start()
    try:
        for reason, field in REFUSED.items():
            made.request(f"/{reason}", headers={"Cookie": field})
        records = made.wait_for_audit(lambda told: len(told) >= len(REFUSED))
    finally:
        made.stop(how=signal.SIGWINCH)
        made.remove()
    assert [(record["event"], record["path"], list(record["refusals"])) for record in records] == [
        ("cookies-refused", f"/{reason}", [reason]) for reason in REFUSED]


# What configtest says of each, by its number.
SAID_BY_CONFIGTEST = {
    "CG0002": f"CookieGuard Report\n{PREFIX}",
    "CG0004": f"CookieGuard On\n{PREFIX}\nCookieGuardCookie sid Prefix=__Host-",
    "CG0005": f"CookieGuard On\n{PREFIX}\nCookieGuardMigration until=2026-01-31",
    "CG0006": f"CookieGuard On\n{PREFIX}\nCookieGuardHTTPS off",
    "CG0007": f"CookieGuard On\n{PREFIX}\nCookieGuardCookie * Path:=/shop",
    "CG0030": f"{SESSIONS}CookieGuardSessionTimeout idle=9h",
    "CG0034": f"{SESSIONS}CookieGuardHTTPS off",
    "CG0035": f"{SESSIONS}" + "".join(
        f"<VirtualHost *:{port}>\nServerName a.example\n</VirtualHost>\n" for port in (1, 2)),
    "CG0039": f"{SESSIONS}CookieGuardStateDir /no/such/place",
}


@pytest.mark.parametrize("number", SAID_BY_CONFIGTEST)
def test_configtest_says_the_number(number, tmp_path):
    status, said = configtest.run(tmp_path, SAID_BY_CONFIGTEST[number])
    assert re.findall(r"CG\d{4}", said) == [number], said
    assert (status != 0) == (numbers_of_the_page()[number] == {"error"}), said


def test_the_exceptions_of_the_table_pass_configtest(tmp_path):
    lines = [line for row in documents.table_rows(PAGE, "What people see")
             for line in re.findall(r"`(CookieGuardCookie [^`]+)`", row[2])]
    assert len(lines) >= 3
    status, said = configtest.run(tmp_path, "\n".join(lines))
    assert status == 0, said


def commands(program):
    """[(command, what it prints)] of the page's blocks that begin with this program."""
    found = []
    for block in documents.blocks(PAGE):
        if block.kind == "console" and block.text.startswith(f"$ {program} "):
            first, _, printed = block.text.removeprefix("$ ").partition("\n")
            found.append((first, printed))
    return found


@pytest.fixture(scope="module")
def log():
    """An audit of what the page speaks of."""
    made = Httpd("incident-log", None, ports_named=["plain"], modules=["session"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        ServerName https://guarded.test
        CookieGuard On
        {PREFIX}
        CookieGuardAuditLog logs/audit_log
        <Location "/shop">
            CookieGuard Report
            Header always set Set-Cookie "shop_csrf=1; Path=/"
        </Location>
        <Location "/login">
            Header always set Set-Cookie "SID=1; Path=/shop"
        </Location>
        CookieGuardSession On
        CookieGuardStateDir "${{root}}/keys"
        CookieGuardStore shm size=1M
        <Location "/account">
            Session On
        </Location>
        """)
    made.start()
    made.request("/shop")
    made.request("/login")
    made.request("/", headers={"Cookie": "SID=1; sid=2"})
    for token in ("1", "2" + "A" * 48, "1" + "A" * 48):
        made.request("/account", headers={"Cookie": f"__Host-Http-cg={token}"})
    made.wait_for_audit(lambda told: len(told) >= 6)
    yield made.root / "logs" / "audit_log"
    made.stop(how=signal.SIGWINCH)
    made.remove()


@pytest.mark.parametrize("command, printed", commands("jq"))
def test_questions_to_the_audit_are_answered_as_the_page_shows(command, printed, log):
    done = subprocess.run(["bash", "-c", command.replace("/var/log/apache2/cookieguard.log",
                                                         str(log))],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, printed, "")


def test_there_are_questions_to_the_audit():
    assert len(commands("jq")) == 4


def test_the_cache_is_empty_after_the_command_of_the_page():
    (command, printed), = commands("htcacheclean")
    made = Httpd("incident-cache", None, ports_named=["plain"], modules=["cache", "cache_disk"],
                 text="""
        Listen 127.0.0.1:${port_plain}
        DocumentRoot ${site}
        CacheRoot ${root}/state
        CacheEnable disk "/"
        Header set Cache-Control "max-age=60"
        """)
    (made.root / "site" / "page.txt").write_text("hello\n")
    made.start()
    try:
        stored = made.root / "state"
        assert made.request("/page.txt").status == 200
        assert list(stored.glob("**/*.header")) and list(stored.glob("**/*.data"))
        done = subprocess.run(
            ["bash", "-c", command.replace("/var/cache/apache2/mod_cache_disk", str(stored))],
            capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, printed)
        assert not [path for path in stored.glob("**/*") if path.is_file()]
    finally:
        made.stop(how=signal.SIGWINCH)
        made.remove()
