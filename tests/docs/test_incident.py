"""What docs/incident.md says of the bad night is tried against a real httpd, and its numbers are
those of the source."""
import re

import c_tables
import documents
import pytest
from env.httpd import Httpd

PAGE = documents.TOP / "docs" / "incident.md"
PREFIX = "CookieGuardCookie SID Prefix=__Host-"
LEVELS = {"NOTICE": "notice", "WARNING": "warn", "ERR": "error", "CRIT": "crit"}


def numbers_of_the_source():
    """{CG number: the words of the levels at which it is logged}."""
    found = {}
    for path in sorted((documents.TOP / "src").glob("**/*.c")):
        for levels, number in re.findall(
                r"ap_log_\w+\(APLOG_MARK, ([A-Z_| ]+),[^;]*?\"(CG\d{4}):", path.read_text()):
            found.setdefault(number, set()).update(
                LEVELS[word] for word in re.findall(r"APLOG_(\w+)", levels) if word in LEVELS)
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
    "Prefix=off in the rule": "CookieGuard On\nCookieGuardCookie SID Prefix=off",
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
        made.stop()
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
        made.stop()
        made.remove()
    assert [(record["event"], record["path"], list(record["refusals"])) for record in records] == [
        ("cookies-refused", f"/{reason}", [reason]) for reason in REFUSED]
