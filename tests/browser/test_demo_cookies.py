"""The cookies of ./demo as Chromium stores them, and as it would have stored the originals."""

import os
import re
import shutil
import signal
import sys
import tempfile
import time

import pytest

from env import tools
from env.httpd import Httpd, make_certificate
from servers import Application

sys.path += [str(tools.REPO / "demo.d"), str(tools.REPO / "tests" / "demo")]

import careless  # noqa: E402
import ground  # noqa: E402
import tour  # noqa: E402
from staying import started  # noqa: E402

ENDS_WITHIN_S = 30
DAY_S = 86400

BARE = """
Listen 127.0.0.1:${port_tls}
LogLevel ssl:error
SSLEngine on
SSLCertificateFile cert.pem
SSLCertificateKeyFile key.pem
ScriptAlias /cgi-bin/ "${scripts}/"
ProxyPass /cgi-bin/ !
ProxyPass / http://127.0.0.1:${port_careless}/
"""

STOPS = [stop for stop in tour.STOPS if "max-age" not in stop.after or stop.cookie == "remember"]
BY_COOKIE = {f"{stop.cookie}{stop.path}": stop for stop in STOPS}

# What Chromium makes of the originals: the flags that are missing, or why it refuses them.
ORIGINALS = {
    "SID/": {"secure": False, "same_site": None},
    "remember/remember": {"http_only": False, "same_site": None},
    "session/profile": {"secure": False, "same_site": None},
    "csrftoken/form": {"secure": False},
    "widget/widget": ["SameSiteNoneInsecure"],
    "SID/login": {"secure": False, "http_only": False, "same_site": None},
    "trace/crash": {"secure": False, "http_only": False, "same_site": None},
    "prefs/settings": {},
    "visitor/offers": {"secure": False, "http_only": False, "same_site": None},
    "counter/cgi-bin/nph-counter": {"secure": False, "http_only": False, "same_site": None},
}


@pytest.fixture(scope="module")
def demo():
    """The address of a ./demo that stays, ended as Ctrl-C ends it."""
    ground.make_ready()
    with tempfile.TemporaryDirectory(prefix="cg-browser-demo-") as scratch:
        os.chmod(scratch, 0o711)
        with started(scratch) as (process, printed):
            yield re.search(r"browser +(https://localhost:\d+)/", printed).group(1)
            process.send_signal(signal.SIGINT)
            assert process.wait(ENDS_WITHIN_S) == 0


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """The address of the same application behind an httpd without the module."""
    application = Application(
        careless.make_application(tmp_path_factory.mktemp("careless") / "careless.log"))
    httpd = Httpd("browser-careless", None, modules=("ssl", "proxy", "proxy_http", "cgid"),
                  ports_named=("tls",), guard=False, text=BARE,
                  defines={"port_careless": application.port, "scripts": "${root}/scripts"})
    try:
        (httpd.root / "scripts").mkdir()
        shutil.copy2(tour.SCRIPT, httpd.root / "scripts")
        make_certificate(httpd.root)
        httpd.start()
        yield f"https://localhost:{httpd.port('tls')}"
        httpd.stop()
    finally:
        httpd.stop(check=False)
        httpd.remove()
        application.stop()


def ask_for(visitor, url, stop):
    """Let the browser make a stop of the tour."""
    if stop.method == "GET":
        assert visitor.visit(url + stop.path).status == stop.status
    else:
        # As a script does it: the page that a form would lead to sets the same cookie again.
        visitor.visit(url + "/checkout")
        visitor.run("await fetch(value, {method: 'POST', redirect: 'manual'})", stop.path)


def flags_after(stop):
    """What the demo says of a cookie, in the jar's words."""
    return {"secure": "secure" in stop.after, "http_only": "httponly" in stop.after,
            "same_site": stop.after.get("samesite"), "path": stop.after["path"],
            "host_only": "domain" not in stop.after}


def test_every_cookie_of_the_demo_is_judged():
    deletions = [stop for stop in tour.STOPS if stop not in STOPS]
    assert [stop.path for stop in deletions] == ["/logout"]
    assert set(BY_COOKIE) == set(ORIGINALS) and len(BY_COOKIE) == len(STOPS)


@pytest.mark.parametrize("cookie", BY_COOKIE)
def test_the_jar_has_the_flags(visitor, demo, cookie):
    stop = BY_COOKIE[cookie]
    ask_for(visitor, demo, stop)
    stored, = visitor.jar()
    assert stored.name == stop.prefix + stop.cookie
    assert stored.flags == flags_after(stop)
    assert visitor.refused() == []
    readable = visitor.run("return document.cookie")
    assert (stop.cookie in readable) == (not stored.http_only)


@pytest.mark.parametrize("cookie", BY_COOKIE)
def test_the_original_would_not_have_had_them(visitor, originals, cookie):
    stop, wrong = BY_COOKIE[cookie], ORIGINALS[cookie]
    ask_for(visitor, originals, stop)
    if isinstance(wrong, list):
        assert visitor.jar(stop.cookie) == []
        assert visitor.refusal().reasons == wrong
    else:
        stored, = visitor.jar(stop.cookie)
        assert stored.flags == {**flags_after(stop), **wrong}


def test_a_year_has_become_thirty_days(visitor, demo, originals):
    for url, days in ((demo, 30), (originals, 365)):
        visitor.visit(url + "/remember")
        left = visitor.jar("remember")[0].expires - time.time()
        assert (days - 1) * DAY_S < left <= days * DAY_S
        visitor.forget()


def test_the_deletion_deletes(visitor, demo):
    visitor.visit(demo + "/")
    assert visitor.jar("__Host-SID")
    visitor.visit(demo + "/logout")
    assert visitor.jar() == [] and visitor.refused() == []


def test_the_application_knows_its_session(visitor, demo):
    assert visitor.visit(demo + "/account").text == "Who are you?"
    visitor.visit(demo + "/")
    assert visitor.visit(demo + "/account").text == "Your account."
