"""What docs/directives.md says of .htaccess under CookieGuardOverride, case by case."""
import json

import pytest
from env.httpd import Httpd

BARE = b"SID=1; Path=/; HttpOnly; SameSite=Lax"

# What .htaccess says, what leaves under Tighten, and under All (the outer mode is On, plain http).
CASES = {
    "lower-mode": ("CookieGuard Report", BARE, b"SID=1; Path=/"),
    "keep": ("CookieGuardCookie SID HttpOnly=keep", BARE, b"SID=1; Path=/; SameSite=Lax"),
    "removal": ("CookieGuardCookie SID -Path", BARE, b"SID=1; HttpOnly; SameSite=Lax"),
    "loosening": ("CookieGuardCookie SID SameSite:=None Secure", BARE, None),
    "domain": ("CookieGuardCookie SID Domain=guarded.test", BARE,
               b"SID=1; Path=/; Domain=guarded.test; HttpOnly; SameSite=Lax"),
    "drop": ("CookieGuardCookie SID Drop", BARE, BARE),
    "prefix": ("CookieGuardCookie SID Prefix=__Host-", BARE, BARE),
    "expression": ('CookieGuardCookie SID SameSite=Strict "expr=true"', BARE, BARE),
    "tightening": ("CookieGuardCookie SID SameSite>=Strict",
                   b"SID=1; Path=/; HttpOnly; SameSite=Strict",
                   b"SID=1; Path=/; HttpOnly; SameSite=Strict"),
}
ALLOWED = {"Tighten": {"tightening"}, "None": set(),
           "All": {"lower-mode", "keep", "removal", "domain", "tightening"}}


@pytest.fixture(scope="module")
def server():
    """The same .htaccess files below three directories, one for each setting."""
    sections = "\n".join(f"""
        <Directory "${{site}}/{override}">
            AllowOverride FileInfo
            CookieGuardOverride {override}
        </Directory>""" for override in ALLOWED)
    made = Httpd("override", None, ports_named=["plain"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        DocumentRoot ${{site}}
        CookieGuard On
        CookieGuardAuditLog logs/records all
        Header always add Set-Cookie "SID=1; Path=/"
        {sections}
        """)
    for override in ALLOWED:
        for case, (text, _, _) in CASES.items():
            place = made.root / "site" / override / case
            place.mkdir(parents=True)
            (place / "page.txt").write_text("hello\n")
            (place / ".htaccess").write_text(f"# a line before\n{text}\n")
    made.start()
    yield made
    made.stop(check=False)
    made.remove()


@pytest.mark.parametrize("override", ALLOWED)
@pytest.mark.parametrize("case", CASES)
def test_htaccess_may_do_what_the_page_says(server, override, case):
    _, tightened, trusted = CASES[case]
    wanted = {"Tighten": tightened, "None": BARE, "All": trusted}[override]
    answer = server.request(f"/{override}/{case}/page.txt")
    assert answer.status == 200
    if wanted is not None:
        assert answer.set_cookies == [wanted]
    record = json.loads(server.log_text("records").splitlines()[-1])
    ids = [finding["id"] for finding in record["findings"]]
    if case in ALLOWED[override] or wanted is None:
        assert "CG-OVERRIDE-IGNORED" not in ids
    else:
        assert "CG-OVERRIDE-IGNORED" in ids
        assert any(rule.endswith(f"{override}/{case}/.htaccess:2") for rule in record["rules"]), \
            record["rules"]
