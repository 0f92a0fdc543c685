"""What real PHP, Flask, Python's http.cookies, Tomcat and Node take for a guarded cookie.

Each spelling is sent without the module first, to show who takes it for SHOP_SID. With the module
nobody does, and __Host-SHOP_SID comes through beside it. (The parsers that are not on this machine
are models in tests/property/readers.c.)
"""
import json

import pytest

from env import appservers

NAME = "SHOP_SID"
PATHS = {"fpm": "/fpm/cookie.php", "php": "/php/cookie.php", "flask": "/waitress/cookies",
         "http.cookies": "/waitress/http.cookies", "tomcat": "/tomcat/cookies",
         "node": "/node/cookies"}
PHP = ("fpm", "php")
PYTHON = ("flask", "http.cookies")
ALL = tuple(PATHS)

# How an attacker may spell it -> who takes it for SHOP_SID.
SPELLINGS = {
    b"SHOP_SID=evil": ALL,
    b" SHOP_SID=evil": ALL,
    b"\tSHOP_SID=evil": ALL,
    b"SHOP_SID =evil": (*PYTHON, "tomcat", "node"),
    b"SHOP_SID\t=evil": (*PYTHON, "tomcat", "node"),
    b"SHOP_SID": (*PHP, "flask", "tomcat"),
    b"SHOP.SID=evil": PHP,
    b"SHOP SID=evil": PHP,
    b"SHOP[SID=evil": PHP,
    b"SHOP_SID[]=evil": PHP,
    b"SHOP_SID[a][b]=evil": PHP,
    b"SHOP_SID[a]b=evil": PHP,
    b"SHOP.SID[a]=evil": PHP,
    b"\xa0SHOP_SID=evil": ("node",),
    b"SHOP_SID\xa0=evil": ("node",),
    b"a=b SHOP_SID=evil": ("http.cookies",),
    b"a=\"b\" SHOP_SID=evil": ("http.cookies",),
    b"a=b, SHOP_SID=evil": ("http.cookies",),
    b"$Version=1, SHOP_SID=evil": ("http.cookies",),
    b"$Version=1; SHOP_SID=evil": ALL,
    # nobody here, but older versions and others
    b"\x85SHOP_SID=evil": (),
    b"a=b,SHOP_SID=evil": (),
    b"a=\"b\",SHOP_SID=evil": (),
    b"a SHOP_SID=evil": (),
    b",SHOP_SID=evil": (),
    b"=SHOP_SID=evil": (),
    b"(SHOP_SID=evil": (),
    b"[SHOP_SID=evil": (),
    b"\"SHOP_SID\"=evil": (),
    b"shop_sid=evil": (),
    b"SHOP%5fSID=evil": (),
    b"SHOP+SID=evil": (),
    b"+SHOP_SID=evil": (),
    b"SHOP_SID%00=evil": (),
    b"\xc2\xa0SHOP_SID=evil": (),
    b"SHOP_SID\xc2\xa0=evil": (),
    b"\xe2\x80\x80SHOP_SID=evil": (),
    b"__host-SHOP_SID=evil": (),
    b"\xc2\xa0__Host-SHOP_SID=evil": (),
    b"%5f_Host-SHOP_SID=evil": (),
}


class Applications:
    """Every application that this machine has, and where httpd finds it."""

    def __init__(self):
        self.running, self.defines = [], {}
        for start in (appservers.start_fpm, appservers.start_waitress, appservers.start_tomcat,
                      appservers.start_node):
            server = start()
            if server:
                self.running.append(server)
                self.defines.update(server.defines)
        self.php = appservers.php_module()

    def has(self, name):
        port = {"fpm": "fpm", "flask": "waitress", "http.cookies": "waitress", "tomcat": "ajp",
                "node": "node"}.get(name)
        return f"port_{port}" in self.defines if port else self.php is not None

    def stop(self):
        for server in self.running:
            server.stop()


@pytest.fixture(scope="module")
def applications():
    found = Applications()
    yield found
    found.stop()


@pytest.fixture
def ask(start, applications):
    """Function (application, Cookie, guard) -> the cookies that the application knows."""
    def send(name, field, guard):
        if not applications.has(name):
            pytest.skip(f"no {name} on this machine")
        mpm = "prefork" if name == "php" else "event"  # mod_php runs there alone
        server = start(f"backends-{mpm}-{'guarded' if guard else 'bare'}", "prefix-backends.conf",
                       mpm=mpm, guard=guard, ports_named=("plain",), defines=applications.defines,
                       modules=["proxy", "proxy_http", "proxy_fcgi", "proxy_ajp"],
                       extra_modules={"php_module": applications.php} if name == "php" else None)
        response = server.request(PATHS[name], headers={b"Cookie": field})
        assert response.status == 200
        return json.loads(response.body)["cookies"]
    return send


@pytest.mark.parametrize("spelling", SPELLINGS, ids=repr)
@pytest.mark.parametrize("name", ALL)
def test_without_the_module_they_are_taken_for_it(ask, name, spelling):
    assert (NAME in ask(name, b"x=1; " + spelling, guard=False)) == (name in SPELLINGS[spelling])


@pytest.mark.parametrize("spelling", SPELLINGS, ids=repr)
@pytest.mark.parametrize("name", ALL)
def test_folded_names_never_pass(ask, name, spelling):
    for field in (b"x=1; %s; __Host-SHOP_SID=good", b"x=1; __Host-SHOP_SID=good; %s"):
        assert ask(name, field % spelling, guard=True) == {"x": "1", NAME: "good"}
    assert ask(name, b"x=1; " + spelling, guard=True) == {"x": "1"}


# At the very start of the field: waitress trims it as text of ISO 8859-1.
@pytest.mark.parametrize("blank", [b"\xa0", b"\x85"], ids=repr)
@pytest.mark.parametrize("name", ALL)
def test_the_first_of_the_field(ask, name, blank):
    field = blank + b"SHOP_SID=evil"
    takes_it = name in PYTHON or (name == "node" and blank == b"\xa0")
    assert (NAME in ask(name, field, guard=False)) == takes_it
    assert not ask(name, field, guard=True)


# What begins in one cookie's quotes and ends in another's holds all that stands between them.
SANDWICH = b"a=\"x; %s=good; b=y\""


@pytest.mark.parametrize("name", ALL)
def test_no_quote_hides_it(ask, name):
    bare = ask(name, SANDWICH % b"SHOP_SID", guard=False)
    guarded = ask(name, SANDWICH % b"__Host-SHOP_SID", guard=True)
    if name == "flask":
        assert bare == {"a": "x; SHOP_SID=good; b=y"}
    assert (NAME in bare) == (name not in PYTHON)
    assert guarded[NAME] == "good" and "a" not in guarded
