"""The cache guard: what a response that sets a cookie says to shared caches, and that mod_cache
hands nobody another one's session."""
import pytest

from env.answers import answer
from env.caching import DISK, WAYS, Page, ask, cache_server, cookie
from env.httpd import Httpd

CACHEABLE = "CG-CACHEABLE"
STATIC = "CG-CACHEABLE-STATIC"


@pytest.fixture
def server(start, origin):
    return start("cache-control", "cache-control.conf", modules=["proxy", "proxy_http"],
                 ports_named=("plain",), defines={"port_backend": origin.port})


def fields(response):
    """What the response says to caches: {field: its lines}."""
    return {name: response.all(name.encode()) for name in
            ("cache-control", "cdn-cache-control", "surrogate-control")
            if response.all(name.encode())}


def found(server, already):
    names = {f["id"] for record in server.audit()[already:] for f in record["findings"]}
    return names & {CACHEABLE, STATIC}


class Told:
    """What came of one response of the backend."""

    def __init__(self, server, origin, host, says, *, names=("sid",), prefix="/", method="GET",
                 status="200 OK", content_type=b"text/html", **headers):
        page = Page(origin, answer(*[cookie(name=name.encode()) for name in names],
                                   headers=tuple(says), status=status, content_type=content_type))
        already = len(server.audit())
        self.response = ask(server, host, page, prefix=prefix, method=method, headers=headers)
        self.fields = fields(self.response)
        self.findings = found(server, already)

    @property
    def general(self):
        return b"; ".join(self.fields.get("cache-control", [])).decode()


CC = b"Cache-Control: "
PUBLIC = CC + b"public, max-age=600"

# host, Cache-Control of the backend, what leaves, the finding
WORDS = [
    ("default", [], "private", CACHEABLE),
    ("default", [PUBLIC], "private, max-age=600", CACHEABLE),
    ("default", [CC + b"s-maxage=60, max-age=5"], "private, max-age=5", CACHEABLE),
    ("default", [CC + b"no-cache"], "private, no-cache", CACHEABLE),
    ("default", [CC + b'no-cache="Set-Cookie"'], 'private, no-cache="Set-Cookie"', CACHEABLE),
    ("default", [CC + b'private="X-User", public'], "private", CACHEABLE),
    ("default", [CC + b"public", CC + b"max-age=5"], "private; private, max-age=5", CACHEABLE),
    ("default", [b"cache-control: PUBLIC"], "private", CACHEABLE),
    ("default", [b"Expires: Thu, 01 Jan 2037 00:00:00 GMT"], "private", CACHEABLE),
    ("default", [CC + b"private"], "private", None),
    ("default", [CC + b"private, max-age=600"], "private, max-age=600", None),
    ("default", [CC + b'private="Set-Cookie"'], 'private="Set-Cookie"', None),
    ("default", [CC + b"no-store"], "no-store", None),
    ("default", [CC + b"no-store, no-cache, must-revalidate", b"Pragma: no-cache"],
     "no-store, no-cache, must-revalidate", None),
    ("default", [CC + b"must-understand, no-store"], "private, must-understand, no-store",
     CACHEABLE),
    ("auto", [PUBLIC], "private, max-age=600", CACHEABLE),
    ("private", [PUBLIC], "private, max-age=600", CACHEABLE),
    ("no-store", [], "no-store", CACHEABLE),
    ("no-store", [PUBLIC], "no-store, max-age=600", CACHEABLE),
    ("no-store", [CC + b"private"], "private", None),
    ("report", [], "", CACHEABLE),
    ("report", [PUBLIC], "public, max-age=600", CACHEABLE),
    ("off", [], "", None),
    ("off", [PUBLIC], "public, max-age=600", None),
]


@pytest.mark.parametrize("host, says, leaves, finding", WORDS)
def test_words(server, origin, host, says, leaves, finding):
    told = Told(server, origin, host, says)
    assert told.general == leaves
    assert told.findings == ({finding} if finding else set())


@pytest.mark.parametrize("host", ["default", "auto", "private", "no-store"])
def test_without_a_cookie_nothing_is_said(server, origin, host):
    assert Told(server, origin, host, [PUBLIC], names=()).general == "public, max-age=600"
    assert Told(server, origin, host, [], names=()).fields == {}


@pytest.mark.parametrize("status, leaves", [
    ("404 Gone", "private"), ("301 Moved", "private"), ("501 No", "private"), ("302 Found", ""),
    ("403 No", ""), ("500 Broken", ""), ("201 Made", "")])
def test_statuses(server, origin, status, leaves):
    assert Told(server, origin, "default", [], status=status).general == leaves
    told = Told(server, origin, "default", [PUBLIC], status=status)
    assert told.general == "private, max-age=600"


def test_methods(server, origin):
    assert Told(server, origin, "default", [], method="HEAD").general == "private"
    assert Told(server, origin, "default", [PUBLIC], method="POST").general == "public, max-age=600"
    assert Told(server, origin, "default", [PUBLIC, b"Content-Location: /x"],
                method="POST").general == "private, max-age=600"
    assert Told(server, origin, "default", [PUBLIC], method="PUT").general == "public, max-age=600"


def test_requests_with_authorization(server, origin):
    how = {"Authorization": "Basic eDp5"}
    assert Told(server, origin, "default", [CC + b"max-age=5"], **how).general == "max-age=5"
    assert Told(server, origin, "default", [PUBLIC], **how).general == "private, max-age=600"


def test_a_304_that_sets_a_cookie(server, origin):
    told = Told(server, origin, "default", [b'ETag: "one"'], status="304 Not Modified",
                **{"If-None-Match": '"one"'})
    assert told.response.status == 304 and told.general == "private"


def test_a_deletion_counts(server, origin):
    """Stored and handed out, it logs everybody out."""
    page = Page(origin, answer(b"sid=; Max-Age=0"))
    assert ask(server, "default", page).all(b"cache-control") == [b"private, max-age=600"]


@pytest.mark.parametrize("where", ["out", "always"])
def test_a_cookie_of_mod_headers(server, origin, where):
    told = Told(server, origin, "default", [PUBLIC], names=(), **{"X-Set": where})
    assert told.general == "private, max-age=600"


def test_both_tables(server, origin):
    told = Told(server, origin, "default", [CC + b"public"], **{"X-Always": "yes"})
    assert told.general == "private, max-age=30; private"
    told = Told(server, origin, "default", [], **{"X-Always": "pragma"})
    assert told.general == "private"


def test_a_cookie_that_the_guard_hands_out(server, origin):
    """A cookie that comes back from under its prefix makes the response one person's, too."""
    page = Page(origin, answer(headers=(PUBLIC,)))
    for held, leaves in ((None, b"public, max-age=600"), (b"__Host-", b"private, max-age=600")):
        headers = {"Cookie": held + cookie(name=b"held")} if held else {}
        response = ask(server, "rolled-back", page, headers=headers)
        assert response.all(b"cache-control") == [leaves]
        assert bool(response.set_cookies) == bool(held)


# -- caches with a field of their own -------------------------------------------------------------

@pytest.mark.parametrize("host, says, leaves", [
    ("default", [CC + b"private", b"CDN-Cache-Control: max-age=60"],
     {"cache-control": [b"private"], "cdn-cache-control": [b"private, max-age=60"]}),
    ("default", [b"CDN-Cache-Control: public, max-age=60"],
     {"cache-control": [b"private"], "cdn-cache-control": [b"private, max-age=60"]}),
    ("no-store", [b"CDN-Cache-Control: max-age=60"],
     {"cache-control": [b"no-store"], "cdn-cache-control": [b"no-store, max-age=60"]}),
    ("default", [b"CDN-Cache-Control: no-store"],
     {"cache-control": [b"private"], "cdn-cache-control": [b"no-store"]}),
    ("default", [CC + b"no-store", b'Surrogate-Control: max-age=60, content="ESI/1.0"'],
     {"cache-control": [b"no-store"],
      "surrogate-control": [b'no-store, max-age=60, content="ESI/1.0"']}),
    ("report", [b"CDN-Cache-Control: max-age=60", b"Surrogate-Control: max-age=60"],
     {"cdn-cache-control": [b"max-age=60"], "surrogate-control": [b"max-age=60"]}),
])
def test_fields_of_cdns_and_surrogates(server, origin, host, says, leaves):
    told = Told(server, origin, host, says)
    assert told.fields == leaves and told.findings == {CACHEABLE}


# -- static files ---------------------------------------------------------------------------------

@pytest.mark.parametrize("content_type", [b"text/css", b"image/png", b"font/woff2", b"video/mp4",
                                          b"text/javascript; charset=utf-8"])
@pytest.mark.parametrize("host", ["default", "auto"])
def test_a_static_file_with_a_route(server, origin, host, content_type):
    """The cookie of a balancer: a finding that names the way out, and the file stays public."""
    told = Told(server, origin, host, [PUBLIC], names=("ROUTEID",), content_type=content_type)
    assert told.general == "public, max-age=600" and told.findings == {STATIC}


@pytest.mark.parametrize("how, leaves", [
    ({"host": "private"}, "private, max-age=600"),
    ({"host": "no-store"}, "no-store, max-age=600"),
    ({"names": ("ROUTEID", "PHPSESSID")}, "private, max-age=600"),
    ({"content_type": b"text/html"}, "private, max-age=600"),
    ({"says": [CC + b"max-age=600"]}, "private, max-age=600"),
    ({"says": []}, "private"),
])
def test_a_static_file_that_is_not_let_go(server, origin, how, leaves):
    how = {"host": "default", "says": [PUBLIC], "names": ("ROUTEID",),
           "content_type": b"image/png", **how}
    told = Told(server, origin, how.pop("host"), how.pop("says"), **how)
    assert told.general == leaves and told.findings == {CACHEABLE}


# -- sections and modes ---------------------------------------------------------------------------

def test_sections(server, origin):
    image = {"names": ("ROUTEID",), "content_type": b"image/png"}
    assert Told(server, origin, "default", [PUBLIC], prefix="/private/",
                **image).general == "private, max-age=600"
    told = Told(server, origin, "default", [PUBLIC], prefix="/off/")
    assert told.general == "public, max-age=600" and not told.findings


def test_report_changes_nothing(server, origin):
    told = Told(server, origin, "default", [PUBLIC], prefix="/report/")
    assert told.general == "public, max-age=600" and told.findings == {CACHEABLE}
    told = Told(server, origin, "default", [], prefix="/guard-off/")
    assert told.general == "" and not told.findings


def test_a_wrong_word():
    server = Httpd("cache-word", None, text="CookieGuardCacheControl public")
    code, said = server.run("-t")
    server.remove()
    assert code != 0 and ("CookieGuardCacheControl does not know 'public'; known are auto, "
                          "private, no-store, report, off") in said


def test_not_in_htaccess(origin):
    server = Httpd("cache-htaccess", None, ports_named=("plain",), text=(
        'Listen ${port_plain}\nDocumentRoot "${root}"\n<Directory "${root}">\n'
        'AllowOverride All\nRequire all granted\n</Directory>'))
    (server.root / ".htaccess").write_text("CookieGuardCacheControl off\n")
    server.expect("CookieGuardCacheControl not allowed here")
    server.start()
    assert server.request("/").status == 500
    server.stop()
    server.remove()


def test_the_dump_names_it():
    server = Httpd("cache-dump", None, text=(
        'CookieGuardCacheControl no-store\n<Location "/x">\nCookieGuardCacheControl off\n'
        '</Location>'))
    code, said = server.run("-t", "-D", "DUMP_COOKIEGUARD")
    server.remove()
    assert code == 0
    assert "  CookieGuardCacheControl no-store\n" in said
    assert "  <Location /x>\n    CookieGuardCacheControl off\n" in said


# -- mod_cache ------------------------------------------------------------------------------------

def sessions(server, origin, way, prefix="/", says=(b"Cache-Control: max-age=600",), **how):
    """Two users ask for the same page, whose every answer begins a session; what they got."""
    page = Page(origin, *[answer(cookie(), headers=says) for _ in range(2)])
    got = [ask(server, way, page, prefix=prefix, **how).set_cookies for _ in range(2)]
    return [lines[0].partition(b";")[0] for lines in got]


@pytest.fixture
def unguarded(servers, origin):
    return servers.get("cache-none", lambda: cache_server("cache-none", origin, guard=False))


@pytest.fixture
def guarded(servers, origin):
    return servers.get("cache-auto",
                       lambda: cache_server("cache-auto", origin, cache_control="auto"))


@pytest.mark.parametrize("way", WAYS)
def test_nobody_gets_the_session_of_another(guarded, unguarded, origin, way):
    first, second = sessions(unguarded, origin, way)
    assert first == second, "without the module mod_cache replays the session"
    first, second = sessions(guarded, origin, way)
    assert first != second


@pytest.mark.parametrize("says", [(b"Cache-Control: public, s-maxage=600",),
                                  (b"Expires: Thu, 01 Jan 2037 00:00:00 GMT",),
                                  (b"Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT",)])
@pytest.mark.parametrize("way", DISK)
def test_whatever_lets_mod_cache_store(guarded, unguarded, origin, way, says):
    first, second = sessions(unguarded, origin, way, says=says)
    assert first == second
    first, second = sessions(guarded, origin, way, says=says)
    assert first != second


@pytest.mark.parametrize("way", WAYS)
def test_mod_cache_that_stores_what_is_private(guarded, unguarded, origin, way):
    """CacheStorePrivate is no leave to store anybody's session."""
    for says in (b"Cache-Control: max-age=600", b"Cache-Control: private, max-age=600"):
        first, second = sessions(unguarded, origin, way, prefix="/store-private/", says=(says,))
        assert first == second
        first, second = sessions(guarded, origin, way, prefix="/store-private/", says=(says,))
        assert first != second


@pytest.mark.parametrize("way", [way for way in WAYS if not way.startswith("marked")])
def test_a_word_that_mod_cache_overlooks(guarded, unguarded, origin, way):
    """`Header always set` stands in the one table that mod_cache reads; the application's private
    in the other."""
    says = (b"Cache-Control: private",)
    first, second = sessions(unguarded, origin, way, prefix="/always/", says=says)
    assert first == second
    first, second = sessions(guarded, origin, way, prefix="/always/", says=says)
    assert first != second


def test_static_files_with_a_route_stay_in_the_cache(guarded, origin):
    """On every way of caching; each is a finding."""
    for way in WAYS:
        page = Page(origin, answer(cookie(name=b"ROUTEID"), headers=(PUBLIC,),
                                   content_type=b"image/png"))
        already = len(guarded.audit())
        got = [ask(guarded, way, page) for _ in range(2)]
        assert len(page.heads) == 1 and got[0].set_cookies == got[1].set_cookies
        assert got[1].all(b"cache-control") == [b"public, max-age=600"]
        assert found(guarded, already) == {STATIC}


@pytest.mark.parametrize("way", WAYS)
def test_an_entry_that_is_revalidated_with_a_session(guarded, origin, way):
    """A 304 that begins a session closes the entry: it is fetched again, and not stored."""
    guarded.expect("AH02473")
    page = Page(origin, answer(headers=(PUBLIC, b'ETag: "one"')),
                answer(cookie(), status="304 Not Modified", headers=(PUBLIC, b'ETag: "one"')),
                *[answer(cookie(), headers=(PUBLIC, b'ETag: "one"')) for _ in range(2)])
    assert ask(guarded, way, page).all(b"cache-control") == [b"public, max-age=600"]
    second = ask(guarded, way, page, headers={"Cache-Control": "max-age=0"})
    third = ask(guarded, way, page)
    assert second.status == third.status == 200
    assert len(page.heads) == 4 and second.set_cookies != third.set_cookies
    assert third.all(b"cache-control") == [b"private, max-age=600"]


def test_in_report_mod_cache_does_as_it_did(servers, origin):
    server = servers.get("cache-report", lambda: cache_server(
        "cache-report", origin, mode="Report", cache_control="auto"))
    for way in WAYS:
        first, second = sessions(server, origin, way)
        assert first == second
    assert found(server, 0) == {CACHEABLE}


def test_mod_cache_that_stores_no_cookies(servers, origin):
    """CacheIgnoreHeaders, and the word report: the page is stored, the cookie is the first one's."""
    server = servers.get("cache-ignored", lambda: cache_server(
        "cache-ignored", origin, cache_control="report", text="CacheIgnoreHeaders Set-Cookie"))
    for way in WAYS:
        page = Page(origin, answer(cookie()))
        first, second = [ask(server, way, page) for _ in range(2)]
        assert len(first.set_cookies) == 1 and second.set_cookies == []
        assert len(page.heads) == 1
