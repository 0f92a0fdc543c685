"""A sub-domain tosses a cookie at the shop: the victim is to act in the attacker's session.

Each attack is shown twice: without the module it works, or its cookie reaches the application at
least; with Prefix=__Host- the application sees the victim's own session and nothing else.
"""

import pytest

from servers import EVIL, FLAGS, OTHER, PREFIX, SHOP, log_in, who_is_served

# Spellings of SID and __Host-SID that one parser or another takes for it, and lines that would
# end or begin a pair for some parsers; each with a value of 32 octets in the place of {}.
SPELLINGS = {
    "exact": "SID={}",
    "lower-case": "sid={}",
    "percent": "S%49D={}",
    "empty": "SID=",
    "bare-word": "SID",
    "two-equals": "SID=={}",
    "leading-en-quad": "\u2000SID={}",
    "trailing-en-quad": "SID\u2000={}",
    "leading-next-line": "\u0085SID={}",
    "leading-no-break-space": "\u00a0SID={}",
    "leading-en-quad-prefixed": "\u2000__Host-SID={}",
    "next-line-prefixed": "\u0085__host-SID={}",
    "dots-prefixed": "..Host-SID={}",
    "plus-prefixed": "+_Host-SID={}",
    "bracket-prefixed": "[_Host-SID={}",
    "percent-prefixed": "__%48ost-SID={}",
    "percent-underscore-prefixed": "%5F_Host-SID={}",
    "percent-dash-prefixed": "__Host%2DSID={}",
    "dollar-version": "$Version=1",
    "dollar-name": "$SID={}",
    "comma": "x=a,SID={}",
    "comma-blank": "x=a, SID={}",
    "blank": "x=a SID={}",
    "open-quote": 'x="a SID={}',
    "comma-in-name": "a,SID={}",
    "quote-in-name": 'a"SID={}',
    "prefixed-after-comma": "x=a,__Host-SID={}",
}

# What a browser that knows the prefixes keeps out by itself.
REFUSED_BY_THE_BROWSER = ("__Host-SID={}", "__host-SID={}", "__HOST-sid={}", "__Host-SID ={}",
                          "\t__Host-SID={}", "__Host-Http-SID={}", "__Http-SID={}",
                          "=__Host-SID={}")


def as_octets(line):
    """A line as UTF-8 on the wire, an octet a character."""
    return line.encode("utf-8").decode("latin-1")


@pytest.mark.parametrize("path", ["/account", "/account/card"])
def test_without_the_module_the_card_goes_to_the_attacker(visitor, bare, path):
    log_in(visitor, bare)
    evil = bare.session("mallory")
    visitor.visit(bare.setting(EVIL, f"SID={evil}; Domain=shop.test; Path={path}"))
    assert visitor.refused() == []
    visitor.post(bare.url(SHOP, "/account/card"), number="4711")
    assert bare.shop.cards == {"mallory": "4711"}


def test_flags_alone_keep_no_cookie_out(visitor, guarded):
    """Secure, HttpOnly and SameSite say nothing about who has set a cookie."""
    guarded.guard(*FLAGS)
    log_in(visitor, guarded)
    evil = guarded.session("mallory")
    visitor.visit(guarded.setting(EVIL, f"SID={evil}; Domain=shop.test; Path=/account"))
    assert who_is_served(visitor, guarded) == "mallory"


@pytest.mark.parametrize("path", ["/", "/account", "/account/card"])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_card_stays_with_its_owner(visitor, guarded, path, scheme):
    guarded.guard(*PREFIX)
    own = log_in(visitor, guarded)
    evil = guarded.session("mallory")
    visitor.visit(guarded.setting(EVIL, f"SID={evil}; Domain=shop.test; Path={path}",
                                  scheme=scheme))
    assert len(visitor.jar("SID")) == 1      # the browser has it, and sends it
    visitor.visit(guarded.url(SHOP, "/account"))
    visitor.post(guarded.url(SHOP, "/account/card"), number="4711")
    assert guarded.shop.cards == {"anna": "4711"}
    assert guarded.shop.cookies[-1] == f"SID={own}"


def test_the_audit_tells_of_it(visitor, guarded):
    guarded.guard(*PREFIX)
    log_in(visitor, guarded)
    before = len(guarded.httpd.audit())
    evil = guarded.session("mallory")
    visitor.visit(guarded.setting(EVIL, f"SID={evil}; Domain=shop.test; Path=/account"))
    assert who_is_served(visitor, guarded) == "anna"
    told, = guarded.httpd.wait_for_audit(lambda records: len(records) > before)[before:]
    assert told["event"] == "cookies-refused" and told["path"] == "/account"
    assert told["cookie"] == "SID" and told["refusals"] == {"plain": 1}


def test_without_the_module_a_stranger_is_put_into_a_session(visitor, bare):
    evil = bare.session("mallory")
    visitor.visit(bare.setting(EVIL, f"SID={evil}; Domain=shop.test; Path=/"))
    assert who_is_served(visitor, bare) == "mallory"


def test_a_stranger_stays_one(visitor, guarded):
    guarded.guard(*PREFIX)
    evil = guarded.session("mallory")
    visitor.visit(guarded.setting(EVIL, f"SID={evil}; Domain=shop.test; Path=/"))
    assert who_is_served(visitor, guarded) == "nobody"
    assert guarded.shop.cookies[-1] == ""


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_without_the_module_a_spelling_reaches_the_application(visitor, bare, spelling):
    line = SPELLINGS[spelling].format("e" * 32)
    visitor.visit(bare.setting(EVIL, as_octets(line) + "; Domain=shop.test; Path=/"))
    visitor.visit(bare.url(SHOP))
    assert bare.shop.cookies[-1] == as_octets(line)


@pytest.mark.parametrize("by", ["header", "script"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_folded_names_never_pass(visitor, guarded, spelling, by):
    guarded.guard(*PREFIX)
    own = log_in(visitor, guarded)
    line = SPELLINGS[spelling].format("e" * 32) + "; Domain=shop.test; Path=/account"
    if by == "header":
        visitor.visit(guarded.setting(EVIL, as_octets(line)))
    else:
        visitor.visit(guarded.url(EVIL))
        visitor.run("document.cookie = value", line)
    assert len(visitor.jar()) == 2
    assert who_is_served(visitor, guarded) == "anna"
    assert guarded.shop.cookies[-1] == f"SID={own}"


@pytest.mark.parametrize("line", REFUSED_BY_THE_BROWSER)
def test_the_browser_keeps_the_prefix_for_the_shop(visitor, guarded, line):
    guarded.guard(*PREFIX)
    own = log_in(visitor, guarded)
    line = line.format("e" * 32) + "; Domain=shop.test; Path=/; Secure"
    visitor.visit(guarded.setting(EVIL, line))
    assert visitor.refusal().reasons == ["InvalidPrefix"]
    visitor.run("document.cookie = value", line)
    assert [(cookie.name, cookie.value) for cookie in visitor.jar()] == [("__Host-SID", own)]
    assert who_is_served(visitor, guarded) == "anna"


# As many cookies as Chromium keeps for shop.test and all that is below it.
MOST = 180


def overflow(visitor, street):
    """Fill the jar of shop.test from the sub-domain until its oldest cookie is gone."""
    for first in range(0, MOST, 30):
        page = visitor.visit(street.setting(EVIL, *(
            f"f{number}=1; Domain=shop.test; Path=/; Secure"
            for number in range(first, first + 30))))
        assert page.status == 200


def test_without_the_module_an_overflow_makes_room_for_a_session(visitor, bare):
    log_in(visitor, bare)
    evil = bare.session("mallory")
    overflow(visitor, bare)
    assert visitor.jar("SID") == []
    visitor.run("document.cookie = value", f"SID={evil}; Domain=shop.test; Path=/")
    assert who_is_served(visitor, bare) == "mallory"


def test_an_overflow_makes_no_room(visitor, guarded):
    """The jar may lose the session: nothing on a server can prevent that. It gets no other."""
    guarded.guard(*PREFIX)
    log_in(visitor, guarded)
    evil = guarded.session("mallory")
    overflow(visitor, guarded)
    for line in (f"SID={evil}", f"__Host-SID={evil}", f"\u2000__Host-SID={evil}"):
        visitor.run("document.cookie = value", line + "; Domain=shop.test; Path=/; Secure")
    assert len(visitor.jar("SID")) == 1
    assert who_is_served(visitor, guarded) in ("anna", "nobody")
    assert "SID" not in guarded.shop.cookies[-1] or evil not in guarded.shop.cookies[-1]


def test_cookies_of_others_pass_as_they_are(visitor, guarded):
    """Untouched cookies keep their bytes and their order."""
    guarded.guard(*PREFIX)
    own = log_in(visitor, guarded)
    visitor.visit(guarded.setting(EVIL, *(line + "; Domain=shop.test; Path=/" for line in (
        "first=1", 'quoted="a b"', "SIDE=2", "no-value", "empty=", "x=y=z"))))
    visitor.visit(guarded.url(SHOP))
    assert guarded.shop.cookies[-1] == (
        f'SID={own}; first=1; quoted="a b"; SIDE=2; no-value; empty=; x=y=z')


def test_another_site_reaches_nothing(visitor, guarded):
    guarded.guard(*PREFIX)
    visitor.visit(guarded.setting(OTHER, "SID=evil; Domain=shop.test; Path=/"))
    assert visitor.refusal().reasons == ["InvalidDomain"]
