"""A page for everyone that renews a session, and mod_cache before it: who gets whose session."""

import pytest

from servers import FLAGS, PREFIX, SHOP, log_in, who_is_served

CACHE = ('CacheRoot "${root}/state"', "CacheEnable disk /offers")


@pytest.fixture
def stranger(chromium):
    """Somebody else, whose browser has not kept the pages of the first one."""
    person = chromium.visitor()
    yield person
    person.leave()


def test_without_the_module_the_cache_hands_out_a_session(visitor, stranger, bare):
    bare.guard(*CACHE)
    own = log_in(visitor, bare)
    visitor.visit(bare.url(SHOP, "/offers"))
    asked = len(bare.shop.cookies)
    stranger.visit(bare.url(SHOP, "/offers"))
    assert len(bare.shop.cookies) == asked      # the shop was not asked
    assert [cookie.value for cookie in stranger.jar()] == [own]
    assert who_is_served(stranger, bare) == "anna"


@pytest.mark.parametrize("rules", [FLAGS, PREFIX], ids=["flags", "prefix"])
def test_the_cache_hands_out_no_session(visitor, stranger, guarded, rules):
    guarded.guard(*CACHE, *rules)
    page = guarded.url(SHOP, f"/offers?{len(rules)}")
    log_in(visitor, guarded)
    assert visitor.visit(page).text == "The same offers for everyone."
    assert stranger.visit(page).text == "The same offers for everyone."
    assert stranger.jar() == []
    assert who_is_served(stranger, guarded) == "nobody"


def test_what_sets_no_cookie_is_kept_for_all(visitor, stranger, guarded):
    guarded.guard(*CACHE, *PREFIX)
    page = guarded.url(SHOP, "/offers?nobody")
    for person in (visitor, stranger):
        assert person.visit(page).text == "The same offers for everyone."
        assert len(guarded.shop.cookies) == 1   # the shop was asked once
