"""How long a session lives, and how its token changes with time. No test waits: the clock stands
still but for what a test lets pass (env/clock.py)."""
import base64
import contextlib

import pytest

from env.clock import DAY, HOUR, MINUTE
from env.session_client import Line, request_text
from env.session_site import HOST, Site

GRACE = 10
IDLE, ABSOLUTE, ROTATE = 30 * MINUTE, 8 * HOUR, 15 * MINUTE


class Browser:
    """Keeps the token that it was told last."""

    def __init__(self, site, token, **how):
        self.site, self.token, self.how = site, token, how

    def ask(self, path="/page", **more):
        answer = self.site.ask(self.token, path, **self.how, **more)
        assert not answer.deletes
        self.token = answer.token or self.token
        return answer


# -- timeouts -------------------------------------------------------------------------------------

def test_idle_for_too_long(site):
    browser = Browser(site, site.new_session())
    for _ in range(3):
        site.clock.advance(IDLE - 1)
        assert browser.ask().session == {"a": "1"}
    site.clock.advance(IDLE)
    answer = browser.ask()
    assert answer.session == {} and answer.is_silent


def test_no_use_prolongs_it_over_its_absolute_end(site):
    browser = Browser(site, site.new_session())
    for _ in range(ABSOLUTE // (20 * MINUTE) - 1):
        site.clock.advance(20 * MINUTE)
        assert browser.ask(set="b=1").session["a"] == "1"
    site.clock.advance(20 * MINUTE - 1)
    assert browser.ask().session["a"] == "1"
    site.clock.advance(1)
    assert browser.ask().session == {}


def test_login_begins_a_new_absolute_time(site):
    browser = Browser(site, site.new_session())
    for _ in range(2):
        for _ in range(ABSOLUTE // (20 * MINUTE) - 1):
            site.clock.advance(20 * MINUTE)
            assert browser.ask().session["a"] == "1"
        if browser.ask().session.get("shop-user"):
            break
        browser.token = site.login(browser.token).token
    site.clock.advance(20 * MINUTE)
    assert browser.ask().session == {}


def test_a_dead_token_is_left_in_the_browser_and_a_new_session_begins(site):
    token = site.new_session()
    site.clock.advance(IDLE)
    assert site.ask(token).is_silent
    answer = site.ask(token, set="b=2")
    assert answer.session == {} and answer.token not in (None, token)
    assert site.ask(answer.token).session == {"b": "2"}


def test_the_shorter_of_session_max_age_and_idle_wins(site):
    """SessionMaxAge 600 stands there; elsewhere the session lives on."""
    browser = Browser(site, site.ask(path="/limited", set="a=1").token)
    for _ in range(3):
        site.clock.advance(10 * MINUTE - 1)
        assert browser.ask("/limited").session == {"a": "1"}
    site.clock.advance(10 * MINUTE)
    assert browser.ask().session == {"a": "1"}
    site.clock.advance(10 * MINUTE)
    assert browser.ask("/limited").session == {}


# -- rotation -------------------------------------------------------------------------------------

def test_rotation_by_age(site):
    token = site.new_session()
    site.clock.advance(ROTATE - 1)
    assert site.ask(token).is_silent
    site.clock.advance(1)
    new = site.ask(token, set="b=2").token
    assert new and new != token
    assert site.ask(new).session == {"a": "1", "b": "2"}
    site.clock.advance(ROTATE - 1)
    assert site.ask(new).is_silent
    site.clock.advance(1)
    assert site.ask(new).token not in (None, token, new)


def test_the_old_token_has_ten_seconds_once_the_new_one_came(site):
    """And what is saved through it is saved."""
    token = site.new_session()
    site.clock.advance(ROTATE)
    new = site.ask(token).token
    assert site.ask(new).session == {"a": "1"}
    site.clock.advance(GRACE - 1)
    assert site.ask(token, set="b=2").is_silent
    assert site.ask(new).session == {"a": "1", "b": "2"}
    site.clock.advance(1)
    answer = site.ask(token, set="c=3")
    assert answer.session == {} and answer.is_silent
    assert site.ask(new).session == {"a": "1", "b": "2"}


def test_a_token_is_good_for_one_hop(site):
    """Its successor's successor is none of its own."""
    first = site.new_session()
    site.clock.advance(ROTATE)
    second = site.ask(first).token
    site.ask(second)
    site.clock.advance(ROTATE)
    third = site.ask(second).token
    site.ask(third)
    assert site.ask(first).session == {}
    assert site.ask(second).session == site.ask(third).session == {"a": "1"}


def test_a_rotated_token_that_comes_back_is_a_finding(site):
    token = site.new_session()
    site.clock.advance(ROTATE)
    new = site.ask(token).token
    site.ask(new)
    site.clock.advance(GRACE)
    before = len(site.session_events("reused"))
    assert site.ask(token).session == {}
    (record,) = site.session_events("reused")[before:]
    assert "CG-TOKEN-REUSE" in [finding["id"] for finding in record["findings"]]
    assert site.ask(new).session == {"a": "1"}


def test_token_reuse_end_ends_what_became_of_it(site):
    how = {"host": b"ends.test"}
    token = site.ask(set="a=1", **how).token
    site.ask(token, **how)
    site.clock.advance(ROTATE)
    new = site.ask(token, **how).token
    assert site.ask(new, **how).session == {"a": "1"}
    site.clock.advance(GRACE)
    assert site.ask(token, **how).session == {}
    assert site.ask(new, **how).session == {}


# -- clocks ---------------------------------------------------------------------------------------

@contextlib.contextmanager
def wall_clock_set(site, seconds):
    """For a while somebody's wrong idea of the time; afterwards it is right again."""
    site.clock.move_wall(seconds)
    try:
        yield
    finally:
        site.clock.move_wall(-seconds)


@pytest.mark.parametrize("back", (1, HOUR, 400 * DAY))
def test_clock_set_back_prolongs_nothing(site, back):
    """Of two clocks the later one counts, and nobody sets the one that counts from the boot on."""
    token = site.new_session()
    with wall_clock_set(site, -back):
        assert site.ask(token).session == {"a": "1"}
        begun = site.new_session(b="2")
        site.clock.advance(IDLE - MINUTE)
        assert site.ask(begun).session == {"b": "2"}
        assert site.ask(token).session == {"a": "1"}
        site.clock.advance(IDLE)
        assert site.ask(begun).session == site.ask(token).session == {}
        late = site.new_session(c="3")
    assert site.ask(late).session == {"c": "3"}


def test_clock_that_was_ahead_and_is_put_right_prolongs_nothing(site):
    """What began or was used in the wrong time lives on, and no longer than it would have."""
    before = site.new_session()
    with wall_clock_set(site, 20 * MINUTE):
        assert site.ask(before).session == {"a": "1"}
        begun = site.new_session(b="2")
        unused = site.ask(set="c=3").token
    assert site.ask(before).session == {"a": "1"}
    site.clock.advance(IDLE - 1)
    assert site.ask(begun).session == {"b": "2"}
    site.clock.advance(1)
    assert site.ask(unused).session == site.ask(before).session == {}
    site.clock.advance(IDLE - 1)
    assert site.ask(begun).session == {}


def test_clock_set_back_rotates_all_the_same(site):
    with wall_clock_set(site, -HOUR):
        token = site.new_session()
        site.clock.advance(ROTATE)
        new = site.ask(token).token
        assert new and site.ask(new).session == {"a": "1"}
        site.clock.advance(GRACE)
        assert site.ask(token).session == {}
