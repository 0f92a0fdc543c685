"""What docs/directives.md says of CookieGuardCacheControl, case by case against a real server."""
import pytest
from env.httpd import Httpd

LANG, SESSION, DELETION = "lang=de", "SID=1", "lang=; Max-Age=0"
STATIC = "public, s-maxage=60"

# case: (mode, wish, Set-Cookie or None, the file, headers sent, what must be in the answer's)
CASES = {
    "auto-says-private": ("On", "auto", LANG, "page.html", {}, {"Cache-Control": {"private"}}),
    "auto-leaves-static": ("On", "auto", LANG, "style.css", {"Cache-Control": STATIC},
                           {"Cache-Control": {"public", "s-maxage=60"}}),
    "auto-closes-a-silent-static-file": ("On", "auto", LANG, "style.css", {},
                                         {"Cache-Control": {"private"}}),
    "auto-closes-a-session": ("On", "auto", SESSION, "style.css", {"Cache-Control": STATIC},
                              {"Cache-Control": {"private"}}),
    "private": ("On", "private", LANG, "style.css", {"Cache-Control": STATIC + ", max-age=5"},
                {"Cache-Control": {"private", "max-age=5"}}),
    "no-store": ("On", "no-store", LANG, "page.html", {"Cache-Control": "public, max-age=5"},
                 {"Cache-Control": {"no-store", "max-age=5"}}),
    "report": ("On", "report", LANG, "page.html", {"Cache-Control": STATIC},
               {"Cache-Control": {"public", "s-maxage=60"}}),
    "off": ("On", "off", LANG, "page.html", {"Cache-Control": STATIC},
            {"Cache-Control": {"public", "s-maxage=60"}}),
    "cdn": ("On", "auto", LANG, "page.html", {"CDN-Cache-Control": "max-age=60"},
            {"CDN-Cache-Control": {"private", "max-age=60"}, "Cache-Control": {"private"}}),
    "surrogate": ("On", "auto", LANG, "page.html", {"Surrogate-Control": "max-age=60"},
                  {"Surrogate-Control": {"no-store", "max-age=60"}}),
    "deletion": ("On", "auto", DELETION, "page.html", {}, {"Cache-Control": {"private"}}),
    "no-cookie": ("On", "auto", None, "page.html", {"Cache-Control": STATIC},
                  {"Cache-Control": {"public", "s-maxage=60"}}),
    "mode-report": ("Report", "auto", LANG, "page.html", {"Cache-Control": STATIC},
                    {"Cache-Control": {"public", "s-maxage=60"}}),
}
# The findings that the page names; all other cases with a cookie that a cache may store have
# CG-CACHEABLE.
STATIC_FINDING = {"auto-leaves-static"}
NO_FINDING = {"off", "no-cookie"}


def location(case):
    mode, wish, cookie, _, sent, _ = CASES[case]
    lines = [f'Header set {name} "{value}"' for name, value in sent.items()]
    lines += [f'Header set Set-Cookie "{cookie}"'] if cookie else []
    return "\n".join([f'<Location "/{case}">', f"CookieGuard {mode}",
                      f"CookieGuardCacheControl {wish}", *lines, "</Location>"])


@pytest.fixture(scope="module")
def server():
    made = Httpd("cache-words", None, ports_named=["plain"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        ServerName https://guarded.test
        DocumentRoot ${{site}}
        CookieGuardAuditLog logs/audit_log all
        {chr(10).join(location(case) for case in CASES)}
        """)
    for case, (_, _, _, name, _, _) in CASES.items():
        (made.root / "site" / case).mkdir()
        (made.root / "site" / case / name).write_text("hello\n")
    made.start()
    yield made
    made.stop()
    made.remove()


@pytest.mark.parametrize("case", CASES)
def test_caches_are_told_what_the_page_says(server, case):
    _, _, _, name, _, wanted = CASES[case]
    answer = server.request(f"/{case}/{name}")
    assert answer.status == 200
    for field, words in wanted.items():
        said = b", ".join(answer.all(field.encode())).decode()
        assert {word.strip() for word in said.split(",")} == words


@pytest.mark.parametrize("case", CASES)
def test_the_findings_are_those_of_the_page(server, case):
    server.request(f"/{case}/{CASES[case][3]}")
    path = f"/{case}/{CASES[case][3]}"

    def records():
        return [record for record in server.audit() if record.get("path") == path]
    cookie = CASES[case][2]
    if cookie:
        server.wait_for_audit(lambda _: records())
    ids = {finding["id"] for record in records() for finding in record["findings"]}
    told = {name for name in ids if name.startswith("CG-CACHEABLE")}
    if case in NO_FINDING:
        assert told == set()
    else:
        assert told == {"CG-CACHEABLE-STATIC" if case in STATIC_FINDING else "CG-CACHEABLE"}
