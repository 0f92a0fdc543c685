"""A session's whole round in a browser: logged in, read back, used from other sites, moved to its
prefixed name and back again, logged out."""

import datetime

import pytest

from servers import EVIL, FLAGS, OTHER, PREFIX, SHOP, log_in, who_is_served

GUARDED = {"secure": True, "http_only": True, "same_site": "Lax", "path": "/", "host_only": True}
CARELESS = {"secure": False, "http_only": False, "same_site": None, "path": "/", "host_only": True}

ROLLED_BACK = (*FLAGS, "CookieGuardCookie SID Prefix=off")


def migrating(days):
    """Prefix switched on, with bare cookies accepted for so many days from today."""
    until = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days)
    return (*PREFIX, f"CookieGuardMigration until={until}")


def names(visitor):
    """The names in the jar."""
    return [cookie.name for cookie in visitor.jar()]


def test_without_the_module_the_cookie_has_no_flags(visitor, bare):
    own = log_in(visitor, bare)
    stored, = visitor.jar()
    assert (stored.name, stored.value, stored.flags) == ("SID", own, CARELESS)
    assert visitor.run("return document.cookie") == f"SID={own}"
    visitor.post(bare.url(SHOP, "/logout"))
    assert visitor.jar() == []


def test_the_whole_round(visitor, guarded):
    guarded.guard(*PREFIX)
    own = log_in(visitor, guarded)
    stored, = visitor.jar()
    assert (stored.name, stored.value, stored.flags) == ("__Host-SID", own, GUARDED)
    assert stored.expires is None
    assert guarded.shop.cookies[-1] == f"SID={own}"
    assert visitor.run("return document.cookie") == ""
    assert visitor.run("return await cookieStore.getAll()") == []
    page = visitor.post(guarded.url(SHOP, "/logout"))
    assert page.text == "This is the account of nobody."
    assert visitor.jar() == [] and visitor.refused() == []
    assert guarded.shop.cookies[-1] == ""


@pytest.mark.parametrize("prefix", ["__Host-", "__Secure-", "__Http-", "__Host-Http-"])
def test_chromium_holds_the_cookie_to_its_prefix(visitor, guarded, prefix):
    """It is stored, so it fulfils what Chromium asks of the name, and no script can set it so."""
    guarded.guard(*FLAGS, f"CookieGuardCookie SID Prefix={prefix}")
    own = log_in(visitor, guarded)
    stored, = visitor.jar()
    assert (stored.name, stored.value, stored.flags) == (prefix + "SID", own, GUARDED)
    assert guarded.shop.cookies[-1] == f"SID={own}"
    for line in (f"{prefix}SID=x", f"{prefix}SID=x; Path=/sub", f"{prefix}SID=x; Domain=shop.test"):
        visitor.run("document.cookie = value", line)
    assert visitor.jar() == [stored]


def test_report_renames_nothing(visitor, guarded):
    guarded.httpd.expect("CG0002: a rule .* says Prefix, but its mode is Report")
    guarded.guard("CookieGuard Report", *PREFIX[1:])
    own = log_in(visitor, guarded)
    stored, = visitor.jar()
    assert (stored.name, stored.value, stored.flags) == ("SID", own, CARELESS)
    assert guarded.shop.cookies[-1] == f"SID={own}"


def test_a_new_session_replaces_the_old_one(visitor, guarded):
    guarded.guard(*PREFIX)
    log_in(visitor, guarded)
    berta = log_in(visitor, guarded, "berta")
    stored, = visitor.jar()
    assert (stored.name, stored.value) == ("__Host-SID", berta)


def test_without_the_module_plain_http_gets_it(visitor, bare):
    own = log_in(visitor, bare)
    assert who_is_served(visitor, bare, "http") == "anna"
    assert bare.shop.cookies[-1] == f"SID={own}"


def test_plain_http_does_not_get_it(visitor, guarded):
    guarded.guard(*PREFIX)
    log_in(visitor, guarded)
    assert who_is_served(visitor, guarded, "http") == "nobody"
    assert guarded.shop.cookies[-1] == ""


def test_over_plain_http_nobody_gets_a_session(visitor, guarded):
    """A prefix needs HTTPS: what cannot carry it is not sent."""
    guarded.guard(*PREFIX)
    visitor.visit(guarded.url(SHOP, "/login", "http"))
    page = visitor.post(guarded.url(SHOP, "/login", "http"), user="anna")
    assert page.text == "This is the account of nobody."
    assert visitor.jar() == []


@pytest.mark.parametrize("rules", [FLAGS, PREFIX], ids=["flags", "prefix"])
def test_a_post_of_another_site_comes_without_it(visitor, guarded, rules):
    guarded.guard(*rules)
    log_in(visitor, guarded)
    visitor.visit(guarded.url(OTHER))
    page = visitor.post(guarded.url(SHOP, "/account/card"), number="4711")
    assert page.text == "The card is kept for nobody."
    assert guarded.shop.cookies[-1] == ""


def test_without_the_module_a_post_of_another_site_carries_it(visitor, bare):
    """Chromium lets a young cookie without a word on SameSite go with it for two minutes."""
    log_in(visitor, bare)
    visitor.visit(bare.url(OTHER))
    visitor.post(bare.url(SHOP, "/account/card"), number="4711")
    assert bare.shop.cards == {"anna": "4711"}


@pytest.mark.parametrize("rules", [FLAGS, PREFIX], ids=["flags", "prefix"])
def test_a_link_of_another_site_brings_it(visitor, guarded, rules):
    guarded.guard(*rules)
    own = log_in(visitor, guarded)
    visitor.visit(guarded.url(OTHER))
    page = visitor.follow(guarded.url(SHOP, "/account"))
    assert page.text == "This is the account of anna."
    assert guarded.shop.cookies[-1] == f"SID={own}"


def test_a_request_inside_another_site_comes_without_it(visitor, guarded):
    guarded.guard(*PREFIX)
    log_in(visitor, guarded)
    visitor.visit(guarded.url(OTHER))
    visitor.run("await fetch(value, {mode: 'no-cors', credentials: 'include'})",
                guarded.url(SHOP, "/account"))
    assert guarded.shop.cookies[-1] == ""


def test_a_strict_cookie_waits_for_a_request_of_its_own_site(visitor, guarded):
    guarded.guard(*PREFIX, "CookieGuardCookie SID SameSite:=Strict")
    log_in(visitor, guarded)
    visitor.visit(guarded.url(OTHER))
    assert visitor.follow(guarded.url(SHOP)).text == "This is the account of nobody."
    assert visitor.follow(guarded.url(SHOP)).text == "This is the account of anna."


def test_migration_and_roll_back_log_nobody_out(visitor, guarded):
    guarded.guard(*FLAGS)
    own = log_in(visitor, guarded)
    assert names(visitor) == ["SID"]
    for rules, name in ((migrating(30), "__Host-SID"), (PREFIX, "__Host-SID"),
                        (ROLLED_BACK, "SID"), (FLAGS, "SID"), (migrating(0), "__Host-SID")):
        guarded.guard(*rules)
        for _ in range(2):
            assert who_is_served(visitor, guarded) == "anna"
            assert guarded.shop.cookies[-1] == f"SID={own}"
            stored, = visitor.jar()
            assert (stored.name, stored.value, stored.flags) == (name, own, GUARDED)
    assert visitor.refused() == []


def test_a_migrated_session_is_logged_out_at_once(visitor, guarded):
    """The request that moves the cookie may be the one that deletes it."""
    for before, after in ((FLAGS, migrating(30)), (PREFIX, ROLLED_BACK)):
        visitor.forget()
        guarded.guard(*before)
        log_in(visitor, guarded)
        guarded.guard(*after)
        page = visitor.post(guarded.url(SHOP, "/logout"))
        assert page.text == "This is the account of nobody."
        assert visitor.jar() == []


def test_a_migrated_session_may_change_at_once(visitor, guarded):
    """And it may be the one that sets a new value."""
    for before, after, name in ((FLAGS, migrating(30), "__Host-SID"), (PREFIX, ROLLED_BACK, "SID")):
        visitor.forget()
        guarded.guard(*before)
        log_in(visitor, guarded)
        guarded.guard(*after)
        guarded.shop.users.clear()
        page = visitor.post(guarded.url(SHOP, "/login"), user="berta")
        assert page.text == "This is the account of berta."
        stored, = visitor.jar()
        assert (stored.name, stored.value) == (name, next(iter(guarded.shop.users)))


@pytest.mark.parametrize("rules", [PREFIX, migrating(-1)], ids=["no-date", "date-is-past"])
def test_without_a_migration_a_bare_cookie_is_nothing(visitor, guarded, rules):
    guarded.httpd.expect("CG0005: the last day of CookieGuardMigration .* is past")
    guarded.guard(*FLAGS)
    log_in(visitor, guarded)
    guarded.guard(*rules)
    assert who_is_served(visitor, guarded) == "nobody"
    assert guarded.shop.cookies[-1] == ""


def test_in_a_migration_a_tossed_cookie_does_not_displace_the_session(visitor, guarded):
    guarded.guard(*migrating(30))
    own = log_in(visitor, guarded)
    evil = guarded.session("mallory")
    visitor.visit(guarded.setting(EVIL, f"SID={evil}; Domain=shop.test; Path=/account"))
    assert who_is_served(visitor, guarded) == "anna"
    assert guarded.shop.cookies[-1] == f"SID={own}"


def test_while_a_migration_lasts_a_stranger_can_be_put_into_a_session(visitor, guarded):
    """What the date buys and costs: bare cookies count where no prefixed one is there."""
    guarded.guard(*migrating(30))
    evil = guarded.session("mallory")
    visitor.visit(guarded.setting(EVIL, f"SID={evil}; Domain=shop.test; Path=/"))
    assert who_is_served(visitor, guarded) == "mallory"
    guarded.guard(*PREFIX)
    visitor.forget()
    visitor.visit(guarded.setting(EVIL, f"SID={evil}; Domain=shop.test; Path=/"))
    assert who_is_served(visitor, guarded) == "nobody"
