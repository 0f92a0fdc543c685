"""Requests of one session at the same time: what each of them changed counts, nothing comes back
that was taken away, and no response brings an old token back.

Requests overlap because they wait for each other (modules/mod_sessionpage.c), not because of
what the clock says.
"""
import pytest

from env.clock import MINUTE
from env.session_client import Line, request_text
from env.session_site import HOST

GRACE = 10


# -- nothing is lost ------------------------------------------------------------------------------

def round_of(site, token, key, number, place):
    return request_text("/page", HOST, site.headers(token, set=f"{key}={number}", meet=place))


def test_two_requests_that_set_different_keys_both_win(site):
    """10,000 rounds of two requests on two connections. Both have loaded the session before one of
    them answers, and the next round shows what each of them saved."""
    token = site.new_session(a="0", b="0")
    lines = {"a": Line(site.server.port()), "b": Line(site.server.port())}
    lost = 0
    for number in range(1, 10001):
        for key, line in lines.items():
            line.send(round_of(site, token, key, number, 1))
        wanted = b"session=a=%d&b=%d\n" % (number - 1, number - 1)
        lost += sum(not line.receive().body.startswith(wanted) for line in lines.values())
    for line in lines.values():
        line.close()
    assert lost == 0
    assert site.ask(token).session == {"a": "10000", "b": "10000"}


def test_four_clients_that_do_not_wait_for_each_other_all_win(site):
    """Saves meet as they happen to: each is tried again as often as the others come first."""
    keys = "abcd"
    token = site.new_session(**{key: "0" for key in keys})
    lines = {key: Line(site.server.port()) for key in keys}
    for number in range(1, 501):
        for key, line in lines.items():
            line.send(request_text("/page", HOST, site.headers(token, set=f"{key}={number}")))
        for line in lines.values():
            assert line.receive().status == 200
        if number % 50 == 0:
            assert site.ask(token).session == {key: str(number) for key in keys}
    for line in lines.values():
        line.close()


def test_of_one_key_the_later_save_counts(site):
    token = site.new_session(a="0")
    with site.gate() as gate:
        early = site.begin(token, set="a=early", gate=gate)
        gate.wait()
        site.ask(token, set="a=meanwhile")
        gate.open()
        assert early.finish().is_silent
    assert site.ask(token).session == {"a": "early"}


@pytest.mark.parametrize("first", ("removal", "change"))
def test_removal_beats_concurrent_change(site, first):
    words = {"removal": "a=", "change": "a=2&c=3"}
    second = "change" if first == "removal" else "removal"
    token = site.new_session(a="1", b="1")
    with site.gate() as gate:
        slow = site.begin(token, set=words[second], gate=gate)
        gate.wait()
        assert site.ask(token, set=words[first]).session == {"a": "1", "b": "1"}
        gate.open()
        assert slow.finish().is_silent
    assert site.ask(token).session == {"b": "1", "c": "3"}


# -- nothing comes back ---------------------------------------------------------------------------

def end(site, token):
    """The application takes out all that it had put in."""
    keys = site.ask(token).session
    answer = site.ask(token, set="&".join(f"{key}=" for key in keys))
    assert answer.deletes
    return answer


def test_save_never_creates(site):
    """The session was there when the request began, and is not when it saves."""
    token = site.new_session()
    with site.gate() as gate:
        slow = site.begin(token, set="late=1", gate=gate)
        gate.wait()
        end(site, token)
        gate.open()
        assert slow.finish().is_silent
    assert site.ask(token).session == {}
    new = site.ask(token, set="b=2").token  # who comes with a dead token begins anew
    assert new and new != token
    assert site.ask(new).session == {"b": "2"} and site.ask(token).session == {}


def test_save_never_creates_what_ran_out(site):
    """The session came to its end while the request that saves was at work."""
    token = site.new_session()
    with site.gate() as gate:
        slow = site.begin(token, set="late=1", gate=gate)
        gate.wait()
        site.clock.advance(30 * MINUTE)
        assert site.ask(token).session == {}  # found to be expired, and removed
        gate.open()
        assert slow.finish().is_silent
    assert site.ask(token).session == {}


def test_slow_request_over_logout_does_not_revive(site):
    token = site.login().token
    with site.gate() as gate:
        slow = site.begin(token, "/form/page", set="late=1", gate=gate)
        gate.wait()
        assert site.ask(token, "/form/logout").deletes
        gate.open()
        answer = slow.finish()
    assert answer.user == "alice"  # it had begun before
    assert answer.is_silent
    assert site.ask(token).session == {}
    assert site.ask(token, "/form/page").status == 401


def test_slow_request_over_logout_changes_nothing_of_what_is_left(site):
    """Somebody logs out, and his basket stays: under another token."""
    token = site.login(site.new_session(basket="1")).token
    with site.gate() as gate:
        slow = site.begin(token, "/form/page", set="basket=2", gate=gate)
        gate.wait()
        left = site.ask(token, "/form/logout").token
        assert left and left != token
        gate.open()
        assert slow.finish().is_silent
    assert site.ask(left).session == {"basket": "1"}
    assert site.ask(left, "/form/page").status == 401
    assert site.ask(token).session == {}


# -- login ----------------------------------------------------------------------------------------

def test_save_of_older_identity_epoch_is_dropped(site):
    token = site.new_session()
    with site.gate() as gate:
        slow = site.begin(token, set="a=2&late=1", gate=gate)
        gate.wait()
        new = site.login(token).token
        assert new and new != token
        gate.open()
        assert slow.finish().is_silent
    session = site.ask(new).session
    assert session["a"] == "1" and "late" not in session and session["shop-user"] == "alice"
    assert site.ask(token).session == {"a": "1"}  # for a moment more, as it was


def test_old_token_never_sees_anything_written_after_login(site):
    """Neither at once nor later, neither the user nor what he does: so a token that somebody else
    had planted is worth nothing."""
    before = site.new_session(a="1")
    site.clock.advance(15 * MINUTE)
    planted = site.ask(before).token  # the one in the browser; `before` leads there, too
    assert planted
    with site.gate() as gate:
        slow = site.begin(planted, gate=gate)
        gate.wait()
        new = site.login(planted).token
        site.ask(new, set="a=secret&b=secret")
        gate.open()
        assert slow.finish().session == {"a": "1"}
    assert site.ask(new).session["b"] == "secret"
    for token in (planted, before):
        assert site.ask(token).session in ({"a": "1"}, {})
        answer = site.ask(token, "/form/page")
        assert answer.status == 401 and answer.is_silent
        assert site.ask(token, set="b=planted").is_silent
    site.clock.advance(GRACE)
    for token in (planted, before):
        assert site.ask(token).session == {}
        assert site.ask(token, "/form/page").status == 401
    session = site.ask(new).session
    assert (session["a"], session["b"]) == ("secret", "secret")


def test_parallel_requests_at_login_never_replace_the_new_token(site):
    """What a page loads while its user logs in: some of it began before, some comes behind with the
    old token. Whatever the browser gets last, it keeps the new one."""
    token = site.new_session()
    site.clock.advance(15 * MINUTE)  # each of them would get another token
    with site.gate() as gate:
        slow = [site.begin(token, set=word, gate=gate) for word in (None, "b=1", "a=", None)]
        gate.wait(len(slow))
        new = site.login(token).token
        assert new
        behind = [site.ask(token, set=word) for word in (None, "c=1", "a=")]
        gate.open()
        answers = behind + [pending.finish() for pending in slow]
    assert all(answer.is_silent for answer in answers)
    session = site.ask(new).session
    assert session["a"] == "1" and session["shop-user"] == "alice"
    assert not {"b", "c"} & session.keys()


def test_muted_response_sets_and_deletes_nothing(site):
    """Of our cookie. The application's own cookies are none of the session's business."""
    token = site.login().token
    former = site.new_session()
    site.login(former, "bob")
    with site.gate() as gate:
        slow = site.begin(token, set="late=1", line=b"other=1; Path=/", gate=gate)
        gate.wait()
        site.ask(token, "/form/logout")
        gate.open()
        dead = slow.finish()
    read_only = site.ask(former, set="a=", line=b"other=1; Path=/")
    for answer in (dead, read_only):
        assert answer.is_silent
        assert [line.split(b";")[0] for line in answer.response.set_cookies] == [b"other=1"]
    assert site.ask(former).session == {"a": "1"}
    assert site.ask(token).session == {}


def test_lost_login_response_allows_a_second_login(site):
    token = site.new_session()
    lost = site.login(token).token
    assert lost
    assert site.login(token).is_silent  # so soon it could be a request beside the first one
    site.clock.advance(GRACE)
    again = site.login(token).token
    assert again and again not in (token, lost)
    assert site.ask(again, "/form/page").user == "alice"


def test_lost_rotation_response_keeps_the_session(site):
    token = site.new_session()
    lost = []
    for number in range(4):
        site.clock.advance(15 * MINUTE)
        lost.append(site.ask(token, set=f"n={number}").token)
        assert lost[-1] and lost[-1] != token
        assert site.ask(token, set=f"m={number}").is_silent
        assert site.ask(token).session == {"a": "1", "n": str(number), "m": str(number)}
    assert len(set(lost)) == len(lost)
    assert [site.ask(never_came).session for never_came in lost[:-1]] == [{}] * 3
    new = lost[-1]
    assert site.ask(new).session == site.ask(token).session == {"a": "1", "n": "3", "m": "3"}
    site.clock.advance(GRACE)
    assert site.ask(token).session == {}
    assert site.ask(new).session == {"a": "1", "n": "3", "m": "3"}


@pytest.mark.parametrize("clients", (2, 6))
def test_one_successor_only(site, clients):
    """However many requests find the token too old at the same time, one of them gets the next."""
    token = site.new_session()
    site.clock.advance(15 * MINUTE)
    with site.gate() as gate:
        sent = [site.begin(token, set=f"n{number}=1", gate=gate) for number in range(clients)]
        gate.wait(clients)
        gate.open()
        answers = [pending.finish() for pending in sent]
    (new,) = [answer.token for answer in answers if answer.token]
    wanted = {"a": "1", **{f"n{number}": "1" for number in range(clients)}}
    assert site.ask(new).session == site.ask(token).session == wanted


@pytest.mark.parametrize("users", (("alice", "alice"), ("alice", "bob")))
def test_one_successor_only_of_two_logins(site, users):
    token = site.new_session()
    sent = [site.begin_login(token, user, meet=2) for user in users]
    answers = [pending.finish() for pending in sent]
    assert [answer.status for answer in answers] == [302, 302]
    (won,) = [number for number, answer in enumerate(answers) if answer.token]
    assert not any(answer.deletes for answer in answers)
    assert site.ask(answers[won].token, "/form/page").user == users[won]


# -- rotation meets login and logout --------------------------------------------------------------

def test_a_rotation_that_was_under_way_at_a_logout_is_none(site):
    token = site.login().token
    site.clock.advance(15 * MINUTE)
    with site.gate() as gate:
        slow = [site.begin(token, set=word, gate=gate) for word in (None, "late=1")]
        gate.wait(len(slow))
        assert site.ask(token, "/form/logout").deletes
        gate.open()
        assert all(pending.finish().is_silent for pending in slow)
    assert site.ask(token).session == {}


def test_a_logout_ends_what_was_rotated_meanwhile(site):
    """The token that it came with is not the session's any more."""
    token = site.login().token
    site.clock.advance(15 * MINUTE)
    with site.gate() as gate:
        slow = site.begin(token, "/form/logout", gate=gate)
        gate.wait()
        new = site.ask(token).token
        assert site.ask(new, "/form/page").user == "alice"
        gate.open()
        assert slow.finish().deletes
    for dead in (token, new):
        assert site.ask(dead).session == {}
        assert site.ask(dead, "/form/page").status == 401


def test_a_logout_with_the_token_before_ends_the_session(site):
    token = site.login().token
    site.clock.advance(15 * MINUTE)
    new = site.ask(token).token
    assert site.ask(new, "/form/page").user == "alice"
    assert site.ask(token, "/form/logout").deletes  # within its last seconds
    for dead in (token, new):
        assert site.ask(dead).session == {}


def test_a_login_replaces_what_was_rotated_meanwhile(site):
    token = site.new_session()
    site.clock.advance(15 * MINUTE)
    with site.gate() as gate:
        slow = site.begin_login(token, gate=gate)
        gate.wait()
        rotated = site.ask(token, set="b=2").token
        assert rotated
        gate.open()
        new = slow.finish().token
    assert new and new not in (token, rotated)
    page = site.ask(new, "/form/page")
    assert page.user == "alice" and page.session["b"] == "2"
    for old in (token, rotated):
        assert site.ask(old).session == {"a": "1", "b": "2"}
        assert site.ask(old, "/form/page").status == 401
        assert site.ask(old, set="c=3").is_silent
    site.clock.advance(GRACE)
    for old in (token, rotated):
        assert site.ask(old).session == {}
    assert "c" not in site.ask(new).session


def test_a_login_beside_a_logout(site):
    """Of two users' wishes about one session one is heard, and nobody is logged in who logged out."""
    token = site.login().token
    with site.gate() as gate:
        slow = site.begin_login(token, "bob", gate=gate)
        gate.wait()
        assert site.ask(token, "/form/logout").deletes
        gate.open()
        answer = slow.finish()
    assert answer.is_silent
    assert site.ask(token, "/form/page").status == 401


def test_more_saves_at_once_than_are_tried_again_lose_whole_saves_at_most(site):
    """Whoever gives up has changed nothing, and the audit counts him."""
    token = site.new_session()
    site.clock.advance(2)
    clients = 12
    before = len(site.session_events("dropped"))
    with site.gate() as gate:
        sent = [site.begin(token, set=f"n{number}=1&m{number}=1", gate=gate)
                for number in range(clients)]
        gate.wait(clients)
        gate.open()
        assert all(pending.finish().is_silent for pending in sent)
    session = site.ask(token).session
    saved = [number for number in range(clients) if f"n{number}" in session]
    assert {key for key in session if key[0] in "nm"} == {
        f"{letter}{number}" for number in saved for letter in "nm"}
    assert len(saved) >= 6
    assert len(site.session_events("dropped")) - before == clients - len(saved)
