"""The same attack on sessions of real PHP, which takes other spellings for its cookie's name."""

import os
import shutil
from pathlib import Path

import pytest

from env import appservers
from servers import EVIL, FLAGS, SHOP

NAME = "SHOP_SID"
GUARD = (*FLAGS, f"CookieGuardCookie {NAME} Prefix=__Host-")

# What of these is stored PHP finds as $_COOKIE["SHOP_SID"], before the real one.
SPELLINGS = ("SHOP_SID", "SHOP.SID", "SHOP SID", "SHOP[SID")


@pytest.fixture(scope="module")
def fpm():
    """PHP's own server."""
    running = appservers.start_fpm()
    if not running:
        pytest.skip("no php-fpm on this machine (Debian: php8.2-fpm)")
    yield running
    running.stop()


@pytest.fixture(params=["bare", "guarded"])
def street(request, fpm):
    """A street with the PHP shop, without the module and with it."""
    found = request.getfixturevalue(request.param)
    place = found.httpd.root / "php"
    if not place.exists():
        (place / "sessions").mkdir(parents=True)
        shutil.copy2(Path(__file__).with_name("shop.php"), place / "account.php")
        if os.geteuid() == 0:
            shutil.chown(place / "sessions", "www-data")
    found.guard(f"Alias /php/ {place}/", "ProxyPass /php/ !", "<Location /php/>",
                f'SetHandler "proxy:fcgi://127.0.0.1:{fpm.defines["port_fpm"]}"', "</Location>",
                *(GUARD if request.param == "guarded" else ()))
    return found


def account(visitor, street):
    """Whose account PHP shows."""
    return visitor.visit(street.url(SHOP, "/php/account.php")).text


def log_in(visitor, street, user):
    """Log in; returns the session's id."""
    account(visitor, street)
    assert visitor.post(street.url(SHOP, "/php/account.php"), user=user).text.endswith(f"{user}.")
    stored, = visitor.jar()
    return stored.value


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_tossed_session(visitor, street, spelling):
    evil = log_in(visitor, street, "mallory")
    visitor.forget()
    log_in(visitor, street, "anna")
    visitor.visit(street.setting(EVIL, f"{spelling}={evil}; Domain=shop.test; Path=/php"))
    assert len(visitor.jar()) == 2
    served = "anna" if street.httpd.guard else "mallory"
    assert account(visitor, street) == f"This is the account of {served}."


def test_an_array_logs_nobody_out(visitor, street):
    """PHP takes SHOP_SID[]=x for an array, and has no place left for the session then."""
    log_in(visitor, street, "anna")
    visitor.visit(street.setting(EVIL, f"{NAME}[]=x; Domain=shop.test; Path=/php"))
    served = "anna" if street.httpd.guard else "nobody"
    assert account(visitor, street) == f"This is the account of {served}."
