"""mod_cache: what it stores is judged before, what it serves is guarded on every hit."""
import re
import shutil

import pytest

from env import http1, lines
from env.answers import answer, not_modified
from env.caching import (DISK, FULL, MARK, SAFE, WAYS, Page, ask, cache_server, cookie, entries,
                         is_hit, make_cache_root)

KINDS = {"bare": b"", "complete": b"; Path=/; Secure; HttpOnly; SameSite=Lax",
         "strict": b"; Path=/; SameSite=Strict"}


@pytest.fixture
def server(servers, origin):
    """On, and no word to caches: every response may be stored."""
    return servers.get("cache-on", lambda: cache_server("cache-on", origin))


def hit(server, way, page, **how):
    response = ask(server, way, page, **how)
    assert is_hit(response) or response.status == 304, response.headers
    return response


# -- on every way of caching ----------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_first_response_and_hits(server, origin, way, kind):
    line = cookie(KINDS[kind])
    page = Page(origin, answer(line))
    wanted = [lines.enforced(line, True)]
    assert ask(server, way, page).set_cookies == wanted
    for _ in range(2):
        assert hit(server, way, page).set_cookies == wanted
    assert len(page.heads) == 1


@pytest.mark.parametrize("way", WAYS)
def test_several_lines(server, origin, way):
    sent = [cookie(name=b"c%d" % i) for i in range(9)]
    page = Page(origin, answer(*sent))
    for _ in range(3):
        assert ask(server, way, page).set_cookies == [line + SAFE for line in sent]
    assert len(page.heads) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_hit_answered_304(server, origin, way):
    line = cookie()
    page = Page(origin, answer(line))
    ask(server, way, page)
    response = hit(server, way, page, headers={"If-None-Match": '"one"'})
    assert response.status == 304 and response.set_cookies == [line + SAFE]
    assert len(page.heads) == 1


@pytest.mark.parametrize("way", WAYS)
def test_revalidated(server, origin, way):
    """The backend says 304, and the stored lines are served."""
    line = cookie()
    page = Page(origin, answer(line), not_modified())
    ask(server, way, page)
    response = ask(server, way, page, headers={"Cache-Control": "max-age=0"})
    assert b'If-None-Match: "one"' in page.heads[1]
    assert response.status == 200 and response.set_cookies == [line + SAFE]
    assert hit(server, way, page).set_cookies == [line + SAFE]


@pytest.mark.parametrize("way", WAYS)
def test_revalidated_with_another_cookie(server, origin, way):
    """The lines of a 304 take the place of the stored ones."""
    new = cookie()
    page = Page(origin, answer(cookie()), not_modified(new))
    ask(server, way, page)
    response = ask(server, way, page, headers={"Cache-Control": "max-age=0"})
    assert b'If-None-Match: "one"' in page.heads[1]
    assert response.set_cookies == [new + SAFE]
    assert hit(server, way, page).set_cookies == [new + SAFE]


@pytest.mark.parametrize("way", WAYS)
def test_replaced_when_stale(server, origin, way):
    new = cookie()
    page = Page(origin, answer(cookie()), answer(new))
    ask(server, way, page)
    assert ask(server, way, page,
               headers={"Cache-Control": "max-age=0"}).set_cookies == [new + SAFE]
    assert hit(server, way, page).set_cookies == [new + SAFE]


@pytest.mark.parametrize("way", WAYS)
def test_stale_because_the_backend_fails(server, origin, way):
    line = cookie()
    page = Page(origin, answer(line), answer(cookie(name=b"lost"), status="500 Broken"))
    ask(server, way, page)
    response = ask(server, way, page, headers={"Cache-Control": "max-age=0"})
    assert response.status == 200 and line + SAFE in response.set_cookies
    assert all(got.endswith(SAFE) for got in response.set_cookies)


@pytest.mark.parametrize("way", WAYS)
def test_stale_because_the_backend_is_gone(server, origin, way):
    """The error is httpd's own, and the stored head stands in its other table."""
    server.expect("AH01102", "AH00898", "AH01097", "AH01114", "AH10508")
    line = cookie()
    page = Page(origin, answer(line), b"")
    ask(server, way, page)
    response = ask(server, way, page, headers={"Cache-Control": "max-age=0"})
    assert response.status == 200 and response.set_cookies == [line + SAFE]


# -- exceptions -----------------------------------------------------------------------------------

EXCEPTIONS = {"/loose/": b"; Secure", "/exact/": b"; SameSite=Strict; Secure", "/off/": b"",
              "/if/": b"; Secure; HttpOnly"}


@pytest.mark.parametrize("prefix", EXCEPTIONS)
@pytest.mark.parametrize("way", WAYS)
def test_an_exception_holds_on_hits(server, origin, way, prefix):
    line = cookie()
    page = Page(origin, answer(line))
    first = ask(server, way, page, prefix=prefix).set_cookies
    assert sorted(first[0].split(b"; ")) == sorted((line + EXCEPTIONS[prefix]).split(b"; "))
    for _ in range(2):
        assert hit(server, way, page, prefix=prefix).set_cookies == first


@pytest.mark.parametrize("path, added", [("plain", SAFE), ("loose", b"; Secure; SameSite=Lax"),
                                         ("htaccess", b"; Secure; HttpOnly")])
@pytest.mark.parametrize("way", WAYS)
def test_an_exception_of_a_directory_holds_on_hits(server, way, path, added):
    path = f"/files/{path}/page.txt"
    for _ in range(3):
        response = ask(server, way, path, prefix="")
        assert response.set_cookies == [b"sid=cgsecretfile" + added]
    # where mod_cache was moved up, mod_headers adds its lines behind it
    assert is_hit(response) or way.startswith("marked")


# -- entries that were stored before --------------------------------------------------------------

@pytest.fixture
def root():
    """Entries that outlive their servers."""
    path = make_cache_root()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def stored_before(origin, root):
    """Function (way, page) -> a guarded server over the entries of an unguarded one, which has
    stored the page."""
    started = []

    def begin(way, page, prefix="/", **guarded):
        before = cache_server("cache-before", origin, guard=False, cache_root=root)
        before.expect("AH00052")  # seen once: httpd's own child crashed when it was stopped
        ask(before, way, page, prefix=prefix)
        before.stop()
        before.remove()
        server = cache_server("cache-after", origin, cache_root=root, **guarded)
        started.append(server)
        return server

    yield begin
    for server in started:
        server.stop()
        server.remove()


def findings(server):
    return {finding["id"] for record in server.audit() for finding in record["findings"]}


@pytest.mark.parametrize("way", [way for way in DISK if way in FULL])
def test_stored_before_and_judged_on_hits(stored_before, origin, way):
    line = cookie()
    page = Page(origin, answer(line))
    server = stored_before(way, page)
    for _ in range(2):
        assert hit(server, way, page).set_cookies == [line + SAFE]
    response = hit(server, way, page, headers={"If-None-Match": '"one"'})
    assert response.status == 304 and response.set_cookies == [line + SAFE]
    assert "CG-STORED-UNJUDGED" not in findings(server)
    assert len(page.heads) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_stored_before_and_served_by_the_quick_handler(stored_before, origin, kind):
    """A directory might have excepted the rest: only Secure and SameSite are enforced."""
    line = cookie(KINDS[kind])
    page = Page(origin, answer(line))
    server = stored_before("quick-disk", page)
    wanted = lines.enforced(line, True)
    if kind != "complete":
        wanted = wanted.replace(b"; HttpOnly", b"")
    for _ in range(2):
        assert hit(server, "quick-disk", page).set_cookies == [wanted]
    response = hit(server, "quick-disk", page, headers={"If-None-Match": '"one"'})
    assert response.status == 304 and response.set_cookies == [wanted]
    assert "CG-STORED-UNJUDGED" in findings(server)
    assert len(page.heads) == 1


@pytest.mark.parametrize("prefix, added", [
    ("/loose/", b"; Secure"), ("/%6Coose/", b"; Secure"), ("/x/../loose//", b"; Secure"),
    ("/loose%2Fx-", b"; Secure"), ("/tight/../x/", b"; Secure; SameSite=Lax"),
    ("/off/", b""), ("/if/", b"; Secure"),
    ("/exact/", b"; SameSite=Strict; Secure")])
def test_stored_before_in_a_location(stored_before, origin, prefix, added):
    """The quick handler's hits still get what Locations and Ifs say."""
    line = cookie()
    page = Page(origin, answer(line))
    server = stored_before("quick-disk", page, prefix=prefix)
    response = hit(server, "quick-disk", page, prefix=prefix)
    assert sorted(response.set_cookies[0].split(b"; ")) == sorted((line + added).split(b"; "))


def test_stored_before_and_revalidated(stored_before, origin):
    line = cookie()
    page = Page(origin, answer(line), not_modified())
    server = stored_before("quick-disk", page)
    response = ask(server, "quick-disk", page, headers={"Cache-Control": "max-age=0"})
    assert response.set_cookies == [line + SAFE]
    assert hit(server, "quick-disk", page).set_cookies == [line + b"; Secure; SameSite=Lax"]


def test_stored_before_and_closed_to_the_next_cache(stored_before, origin):
    """What is in this cache is served to the end; caches behind it are told."""
    line = cookie()
    page = Page(origin, answer(line))
    server = stored_before("quick-disk", page, cache_control="auto")
    response = hit(server, "quick-disk", page)
    assert response.set_cookies == [line + b"; Secure; SameSite=Lax"]
    assert response.all(b"cache-control") == [b"private, max-age=600"]
    assert {"CG-STORED-UNJUDGED", "CG-CACHEABLE"} <= findings(server)


def test_stored_before_in_report(stored_before, origin):
    line = cookie()
    page = Page(origin, answer(line))
    server = stored_before("quick-disk", page, mode="Report")
    assert hit(server, "quick-disk", page).set_cookies == [line]
    (record,) = server.audit()
    assert record["mode"] == "report" and record["after"] == "Secure; SameSite=Lax"


def test_another_policy_judges_anew(origin, root):
    """Entries of an older configuration are marked, but not by the present policy."""
    line, page = cookie(), None
    for text, wanted in (("", SAFE), ("", SAFE),
                         ("CookieGuardCookie sid SameSite:=Strict",
                          b"; Secure; HttpOnly; SameSite=Strict"),
                         ("CookieGuardCookie sid -HttpOnly", SAFE)):
        server = cache_server("cache-policy", origin, cache_root=root, text=text)
        page = page or Page(origin, answer(line))
        got = ask(server, "quick-disk", page).set_cookies
        server.stop()
        server.remove()
        assert got == [line + wanted], text
    assert len(page.heads) == 1


@pytest.mark.parametrize("flag, mode", [("COOKIEGUARD_OFF", None),
                                        ("COOKIEGUARD_REPORT", "report")])
def test_the_bad_night(origin, root, flag, mode):
    """A cap is another policy, and still no mark leaves."""
    line = cookie()
    page = Page(origin, answer(line))
    for flags in ([], [flag]):
        server = cache_server("cache-cap", origin, cache_root=root, flags=flags)
        got = ask(server, "quick-disk", page).set_cookies
        records = server.audit()
        server.stop()
        server.remove()
        assert got == [line + SAFE]
    assert [record["mode"] for record in records] == ([mode] if mode else [])


def test_after_graceful(own_root, origin):
    """The same policy: lines that were judged before pass as they are."""
    server, _ = own_root
    line = cookie()
    page = Page(origin, answer(line))
    for _ in range(2):
        first = ask(server, "quick-disk", page, prefix="/exact/").set_cookies
        server.graceful()
        assert hit(server, "quick-disk", page, prefix="/exact/").set_cookies == first
        page = Page(origin, answer(line))
    assert not findings(server) & {"CG-STORED-UNJUDGED"}


# -- the mark -------------------------------------------------------------------------------------

def fnv(start, text):
    for octet in text + b"\n":
        start = (start ^ octet) * 1099511628211 % 2 ** 64
    return start


def mark_of(cache_root):
    (entry,) = entries(cache_root)
    return re.search(rb"(?i)%s: ([0-9a-f ]+)" % MARK, entry)[1]


@pytest.fixture
def own_root(origin, root):
    """A server with entries of its own, and where they are."""
    server = cache_server("cache-own", origin, cache_root=root)
    yield server, root
    server.stop()
    server.remove()


def forge(origin, server, root, bare):
    """The very mark that this server would give a bare line, if it were judged and left so."""
    page = Page(origin, answer(cookie()))
    ask(server, "quick-disk", page)
    policy = mark_of(root)[:16]
    assert fnv(int(policy, 16), page_line(server, page)) == int(mark_of(root)[17:33], 16)
    for header in root.rglob("*.header"):
        header.unlink()
    return b"CookieGuard-Judged: %s %016x" % (policy, fnv(int(policy, 16), bare))


def page_line(server, page):
    (line,) = ask(server, "quick-disk", page).set_cookies
    return line


def test_a_backend_cannot_forge_the_mark(own_root, origin):
    server, root = own_root
    bare = cookie()
    forged = forge(origin, server, root, bare)
    page = Page(origin, answer(bare, headers=(forged, b"Cache-Control: max-age=600")))
    for _ in range(2):
        assert ask(server, "quick-disk", page).set_cookies == [bare + SAFE]
    assert mark_of(root) != forged.partition(b": ")[2]


def test_a_mark_in_what_is_not_stored_goes(own_root, origin):
    server, root = own_root
    bare = cookie()
    forged = forge(origin, server, root, bare)
    for way in WAYS:
        for words in (b"Cache-Control: no-store", b"Cache-Control: max-age=600"):
            page = Page(origin, answer(bare, headers=(forged, words)))
            assert ask(server, way, page).set_cookies == [bare + SAFE]
            assert ask(server, way, page, method="POST", body=b"x").set_cookies == [bare + SAFE]


def test_a_304_cannot_forge_the_mark(origin, root):
    """A stored line that nobody judged, and a backend that claims that we did."""
    own = cache_server("cache-forge", origin, cache_root=root)
    bare = cookie()
    forged = forge(origin, own, root, bare)
    own.stop()
    own.remove()
    page = Page(origin, answer(bare), not_modified(headers=(forged, b'ETag: "one"')))
    for guard in (False, True):
        server = cache_server("cache-forge", origin, cache_root=root, guard=guard)
        got = ask(server, "quick-disk", page, headers={"Cache-Control": "max-age=0"}).set_cookies
        after = ask(server, "quick-disk", page).set_cookies
        server.stop()
        server.remove()
    assert len(page.heads) == 2 and got == [bare + SAFE]
    assert after == [bare + b"; Secure; SameSite=Lax"]


def test_lines_added_on_a_hit_are_judged(origin, servers):
    """mod_headers adds its line to a 304 that mod_cache makes; the stored one passes as it is."""
    server = servers.get("cache-late", lambda: cache_server(
        "cache-late", origin, text='Header always add Set-Cookie "late=cgsecretlate" '
                                   '"expr=%{REQUEST_STATUS} == 304"'))
    page = Page(origin, answer(cookie()))
    (stored,) = ask(server, "quick-disk", page, prefix="/exact/").set_cookies
    response = hit(server, "quick-disk", page, prefix="/exact/",
                   headers={"If-None-Match": '"one"'})
    assert sorted(response.set_cookies) == sorted([stored,
                                                   b"late=cgsecretlate; Secure; SameSite=Lax"])


def test_a_mark_is_of_one_virtual_host(server, origin):
    """An entry that another virtual host has judged more mildly."""
    line = cookie()
    page = Page(origin, answer(line))
    assert ask(server, "first", page).set_cookies == [line + b"; Secure"]
    assert hit(server, "second", page).set_cookies == [line + b"; Secure; SameSite=Lax"]


def test_more_lines_than_a_mark_has_room_for(server, origin):
    sent = [cookie(name=b"c%d" % i) for i in range(450)]
    page = Page(origin, answer(*sent))
    for way in ("quick-disk", "handler-disk"):
        assert ask(server, way, page).set_cookies == [line + SAFE for line in sent]
        assert hit(server, way, page).set_cookies == [line + SAFE for line in sent]


def test_a_hit_hands_no_cookie_out(servers, origin):
    """What a browser holds under a prefix that is rolled back comes with another response: of
    this one too little is known to judge it."""
    server = servers.get("cache-rolled-back", lambda: cache_server(
        "cache-rolled-back", origin, text="CookieGuardCookie held Prefix=off"))
    held = {"Cookie": b"__Host-" + cookie(name=b"held")}
    page = Page(origin, answer())
    ask(server, "quick-disk", page)
    assert hit(server, "quick-disk", page, headers=held).set_cookies == []
    page = Page(origin, answer(headers=(b"Cache-Control: no-store",)))
    got = ask(server, "quick-disk", page, headers=held).set_cookies
    assert any(line.startswith(b"held=cgsecret") and b"HttpOnly" in line for line in got)


@pytest.mark.parametrize("guard", [False, True])
def test_a_forward_proxy_is_left_alone(origin, guard):
    server = cache_server("cache-forward", origin, guard=guard, flags=["forward"],
                          ports=("plain", "forward"))
    line = cookie()
    page = Page(origin, answer(line, headers=(b"Cache-Control: max-age=600",
                                              b"CookieGuard-Judged: of some backend")))
    got = [server.request(f"http://127.0.0.1:{origin.port}/{page.key}", port="forward",
                          host=b"127.0.0.1:%d" % origin.port) for _ in range(2)]
    server.stop()
    server.remove()
    assert is_hit(got[1]) and len(page.heads) == 1
    for response in got:
        assert response.set_cookies == [line]
        assert response.all(b"cache-control") == [b"max-age=600"]
        assert guard != bool(response.all(MARK))


# -- who else stores ------------------------------------------------------------------------------

def test_http_0_9_stores_what_others_get(server, origin):
    """A request of HTTP/0.9 gets no head, but what it stores has one."""
    line = cookie()
    page = Page(origin, answer(line))
    body = http1.send_raw(server.port(), b"GET /%s\r\n" % page.key.encode())
    assert b"from the backend" in body
    for _ in range(2):
        assert ask(server, "quick-disk", page).set_cookies == [line + SAFE]
    assert len(page.heads) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_sub_request_stores(server, origin, way):
    """A page of SSI includes a URL, whose response is stored with its cookie."""
    line = cookie()
    page = Page(origin, answer(line))
    (server.root / "files" / "plain" / f"{page.key}.shtml").write_text(
        f'<!--#include virtual="/{page.key}" -->')
    response = ask(server, way, f"/files/plain/{page.key}.shtml", prefix="")
    assert b"from the backend" in response.body
    for _ in range(2):
        assert ask(server, way, page).set_cookies == [line + SAFE]


def test_a_quick_handler_answers(servers, origin):
    """Of mod_lua, after mod_cache has put itself in."""
    server = servers.get("cache-lua", lambda: cache_server(
        "cache-lua", origin, modules=["lua"], text="LuaQuickHandler ${site}/lua/cached.lua quick"))
    for _ in range(2):
        response = ask(server, "quick-disk", "/lua-quick", prefix="")
        assert response.set_cookies == [b"quick=cgsecretquick" + SAFE]
    assert is_hit(response)


# -- what is stored -------------------------------------------------------------------------------

def test_nothing_unsafe_is_stored(own_root, origin):
    server, root = own_root
    line = cookie()
    ask(server, "quick-disk", Page(origin, answer(line)))
    (entry,) = entries(root)
    assert b"Set-Cookie: " + line + SAFE + b"\r\n" in entry


def test_without_cookies_no_mark_is_stored(own_root, origin):
    server, root = own_root
    ask(server, "quick-disk", Page(origin, answer()))
    (entry,) = entries(root)
    assert b"from" not in entry and MARK not in entry.lower()
