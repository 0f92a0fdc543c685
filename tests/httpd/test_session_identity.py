"""Who the user is, as the session knows it: from facts of the response, never from what a request
says. With the user, the token changes."""
import pytest

from env import tools
from env.clock import MINUTE
from env.session_site import Site

TOLD = {"host": b"told.test"}


# -- mod_auth_form --------------------------------------------------------------------------------

def test_login_and_logout(site):
    anonymous = site.new_session(basket="3")
    assert site.ask(anonymous, "/form/page").status == 401
    answer = site.login(anonymous)
    assert (answer.status, answer.response.all(b"location")) == (302, [b"/form/page"])
    token = answer.token
    assert token and token != anonymous
    page = site.ask(token, "/form/page")
    assert page.user == "alice" and page.session["basket"] == "3" and page.is_silent
    out = site.ask(token, "/form/logout")
    assert out.token and out.token not in (anonymous, token)
    assert site.ask(out.token).session == {"basket": "3"}
    assert site.ask(token).session == {}
    assert site.ask(token, "/form/page").status == 401


def test_login_without_a_session_before_it(site):
    answer = site.login(user="bob")
    assert answer.token
    assert site.ask(answer.token, "/form/page").user == "bob"
    out = site.ask(answer.token, "/form/logout")
    assert out.deletes  # nothing is left
    assert site.ask(answer.token).session == {}


def test_another_user_gets_another_token(site):
    alice = site.login().token
    bob = site.login(alice, "bob").token
    assert bob and bob != alice
    assert site.ask(bob, "/form/page").user == "bob"
    again = site.login(bob, "bob")  # nothing is new
    assert again.is_silent


@pytest.mark.parametrize("path, status", [
    ("/form/login", 401),
    ("/form/patient/login", 302),  # back to the form: httpd's own r->user is what was typed
    ("/form/inline", 401)])
def test_wrong_password_is_not_authenticated(site, path, status):
    site.server.expect("AH01807", "AH01808")
    token = site.new_session()
    answer = site.login(token, password="wrong", path=path)
    assert answer.status == status and answer.is_silent
    assert site.login(password="wrong", path=path).is_silent
    assert site.ask(token).session == {"a": "1"}
    assert site.login(token).token  # a change of the user still to come


def test_inline_login(site):
    """The form is posted to the page itself."""
    token = site.new_session()
    answer = site.login(token, path="/form/inline")
    assert answer.token
    assert site.ask(answer.token, "/form/page").user == "alice"
    assert site.ask(token, "/form/page").status == 401


# -- httpd's own authentication -------------------------------------------------------------------

def test_basic_auth_401_is_not_authenticated(site):
    """A name that was only typed is nobody's."""
    site.server.expect("AH01617", "AH01618")
    token = site.new_session()
    for word in ("wrong", ""):
        answer = site.ask(token, "/basic/page", set="b=2", more=site.basic(password=word))
        assert answer.status == 401 and answer.is_silent
    assert site.ask(token, "/basic/page", more=site.basic("mallory", "x")).is_silent
    assert site.ask(token).session == {"a": "1"}
    answer = site.ask(token, "/basic/page", more=site.basic())
    assert answer.status == 200 and answer.user == "alice"
    assert answer.token and answer.token != token
    assert site.ask(answer.token, "/basic/page", more=site.basic()).is_silent
    other = site.ask(answer.token, "/basic/page", more=site.basic("bob"))
    assert other.token not in (None, token, answer.token)


@pytest.mark.parametrize("page", ("cookie", "answer/200"))
def test_an_error_page_that_says_200_lets_nobody_in(site, page):
    """httpd hands r->user on to the error page of a 401, though nobody compared the password."""
    site.server.expect("AH01617")
    token = site.new_session()
    answer = site.ask(token, f"/shut/{page}", line=b"x=1", more=site.basic("bob", "wrong"))
    assert answer.status == 200 and answer.response.body == b"status 200\n" and answer.is_silent
    answer = site.ask(token, f"/shut/{page}", line=b"x=1", more=site.basic("bob"))
    assert answer.token


def test_a_401_of_the_application_is_not_authenticated(site):
    token = site.new_session()
    answer = site.ask(token, "/basic/page", status=401, more=site.basic())
    assert answer.status == 401 and answer.is_silent


def test_a_user_without_data_gets_no_session(site):
    """There is nothing to keep."""
    answer = site.ask(path="/basic/page", more=site.basic())
    assert answer.user == "alice" and answer.is_silent


# -- CookieGuardLogin -----------------------------------------------------------------------------

def test_a_login_by_its_path(site):
    token = site.ask(set="a=1", **TOLD).token
    assert site.ask(token, "/page/login", **TOLD).is_silent  # a GET
    assert site.ask(token, "/page/login", body=b"x=1", status=403, **TOLD).is_silent
    answer = site.ask(token, "/page/login/now", body=b"x=1", **TOLD)
    assert answer.token and answer.token != token
    again = site.ask(answer.token, "/page/login", body=b"x=1", **TOLD)
    assert again.token not in (None, answer.token)  # who logs in could be anybody
    assert site.ask(again.token, **TOLD).session == {"a": "1"}
    assert site.ask(token, **TOLD).session == {"a": "1"}
    site.clock.advance(10)
    assert site.ask(token, **TOLD).session == site.ask(answer.token, **TOLD).session == {}


def test_a_login_by_what_the_application_answers(site):
    token = site.ask(set="a=1", **TOLD).token
    first = site.ask(token, more={"X-Say-User": "carol"}, **TOLD).token
    assert first and first != token
    assert site.ask(first, more={"X-Say-User": "carol"}, **TOLD).is_silent
    second = site.ask(first, more={"X-Say-User": "dave"}, **TOLD).token
    assert second and second != first
    assert site.ask(second, **TOLD).session == {"a": "1"}


def test_a_login_behind_a_front_controller(site):
    """REQUEST_URI is what the client asked for, not where that led."""
    token = site.ask(set="a=1", **TOLD).token
    assert site.ask(token, "/front/login", **TOLD).is_silent
    assert site.ask(token, "/front/other", body=b"x=1", **TOLD).is_silent
    answer = site.ask(token, "/front/login", body=b"x=1", **TOLD)
    assert answer.token and answer.token != token
    assert site.ask(answer.token, **TOLD).session == {"a": "1"}


def test_a_login_behind_another_password(site):
    """httpd knows the user from the first page on; the application's own login comes later."""
    token = site.ask(set="a=1", **TOLD).token
    known = site.ask(token, "/basic/page", more=site.basic(), **TOLD).token
    assert known and known != token
    assert site.ask(known, "/basic/page", more=site.basic(), **TOLD).is_silent
    answer = site.ask(known, "/basic/login", body=b"x=1", more=site.basic(), **TOLD)
    assert answer.token and answer.token != known
    site.clock.advance(10)
    assert site.ask(known, **TOLD).session == {}
    assert site.ask(answer.token, **TOLD).session == {"a": "1"}


@pytest.fixture
def without_chance():
    """A server of its own, and the file that takes the randomness for new tokens away."""
    site = Site("sessions-no-chance")
    library = tools.compiled_preload(tools.TESTS / "preload" / "no_chance.c", site.server.root)
    site.server.preload.append(library)
    try:
        yield site.start(), library.with_name(library.name + ".now")
        site.stop()
    finally:
        site.server.stop(check=False)
        site.remove()


def test_a_login_without_randomness_is_none(without_chance):
    """What comes with it is not put under the token of before."""
    site, switch = without_chance
    site.server.expect("CG0057")
    token = site.ask(set="a=1", **TOLD).token
    switch.touch()
    answer = site.ask(token, "/page/login", body=b"x=1", set="b=2", **TOLD)
    assert answer.is_silent and "CG0057" in site.server.error_log()
    assert site.ask(token, **TOLD).session == {"a": "1"}
    switch.unlink()
    assert site.ask(token, "/page/login", body=b"x=1", set="b=2", **TOLD).token


def test_a_client_cannot_say_who_it_is(site):
    """X-User of a request is no X-User of a response."""
    token = site.ask(set="a=1", **TOLD).token
    for more in ({"X-User": "carol"}, {"REMOTE_USER": "carol"}, {"Remote-User": "carol"}):
        assert site.ask(token, more=more, **TOLD).is_silent


# -- a user's sessions ----------------------------------------------------------------------------

def test_sessions_per_user(site):
    """CookieGuardSessionsPerUser 3: of four, the one that was idle for longest gives way."""
    how = {"host": b"narrow.test", "cookie": b"__Host-narrow",
           "attributes": {b"path": b"/", b"secure": b"", b"httponly": b"", b"samesite": b"Strict"}}
    tokens = []
    for number in range(3):
        tokens.append(site.login(set=f"n={number}", **how).token)
        site.clock.advance(MINUTE)
    bob = site.login(user="bob", **how).token
    visitor = site.ask(set="a=1", **how).token
    site.clock.advance(MINUTE)
    assert site.ask(tokens[0], "/form/page", **how).user == "alice"
    site.clock.advance(MINUTE)
    fourth = site.login(**how).token
    alive = [token for token in tokens if site.ask(token, "/form/page", **how).status == 200]
    assert alive == [tokens[0], tokens[2]]
    for token, user in ((fourth, "alice"), (bob, "bob")):
        assert site.ask(token, "/form/page", **how).user == user
    assert site.ask(visitor, **how).session == {"a": "1"}
