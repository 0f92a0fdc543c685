"""./demo runs for real: what it shows, what it returns, and that it leaves nothing behind."""

import base64
import os
import pwd
import re
import select
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

import ground
import sessions
import tour
from staying import started

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 120
ENDS_WITHIN_S = 30


def processes_with(mark):
    """The ids of all processes that have the mark in their environment."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            try:
                if mark.encode() in (place / "environ").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
    return found


def wait_until_nothing_is_left(scratch):
    """Nothing of the demo runs and its directory is empty: at once, or very soon."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while processes_with(str(scratch)) or list(scratch.iterdir()):
        assert time.monotonic() < deadline, (processes_with(str(scratch)), list(scratch.iterdir()))
        select.select([], [], [], 0.02)


def run_demo(scratch, *words, demo=ROOT / "demo", **options):
    """Run the demo to its end, all its temporary files below scratch."""
    options.setdefault("env", {**os.environ, "TMPDIR": str(scratch)})
    return subprocess.run([str(demo), *words], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=DEADLINE_S * 2, **options)


@pytest.fixture(scope="session", autouse=True)
def readiness():
    """The module is built once here, so that the tests below measure the demo."""
    ground.make_ready()
    with tempfile.TemporaryDirectory() as scratch:
        ground.build(scratch)


@pytest.fixture
def scratch():
    """An empty directory that any user may use."""
    with tempfile.TemporaryDirectory(prefix="demo-test-") as directory:
        os.chmod(directory, 0o1777)
        yield Path(directory)


@pytest.fixture
def staying(scratch):
    """A demo that stays: (process, what it has printed), ended whatever happens."""
    with started(scratch) as demo:
        yield demo
    wait_until_nothing_is_left(scratch)


def test_once_shows_every_cookie_and_ends(scratch):
    done = run_demo(scratch, "--once", cwd="/")
    assert done.returncode == 0, done.stdout
    for stop in tour.STOPS:
        assert f"{stop.number:2} {stop.title}" in done.stdout
    assert "A session id in a URL and in a log" in done.stdout
    assert '"account":"DE02' in done.stdout
    assert done.stdout.count("\n   sent  ") == len(tour.STOPS)
    for back in tour.RETURNS:
        assert f"{back.number:2} {back.title}" in done.stdout
    assert re.search(r"\n   browser   SID=evil; __Host-(SID=\S+)\n   app log   account \1\n", done.stdout)
    assert "public, max-age=600  ->  private, max-age=600" in done.stdout
    assert re.search(r"\n   browser   __Host-Http-cg=1\S+; Path=/; Secure; HttpOnly; SameSite=Lax\n",
                     done.stdout)
    assert "octets: the user's name, the password, the token, the token's secret:" in done.stdout
    assert f"All {len(tour.STOPS)} cookies are as they should be, and nothing" in done.stdout
    assert "WRONG" not in done.stdout and "\033" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= max(100, len(str(ROOT)) + 40)
    wait_until_nothing_is_left(scratch)


def test_it_stays_and_answers_a_browser(staying):
    _, printed = staying
    url = re.search(r"browser +(https://localhost:\d+/)", printed).group(1)
    url = url.replace("localhost", "127.0.0.1")     # not every machine has the name
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(url, context=context, timeout=20) as answer:
        assert "; Secure" in answer.headers["Set-Cookie"]
    audit = re.search(r"audit +(/\S+)", printed).group(1)
    assert Path(audit).read_text(encoding="utf-8").count("\n") >= len(tour.STOPS)


@pytest.mark.parametrize("number, code", [
    (signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP),
    (signal.SIGKILL, -signal.SIGKILL)])
def test_nothing_is_left_after_a_signal(staying, scratch, number, code):
    process, printed = staying
    assert len(processes_with(str(scratch))) >= 3       # the demo, its keeper, httpd
    audit = Path(re.search(r"audit +(/\S+)", printed).group(1))
    stores = sessions.named_segments(int(audit.with_name("httpd.pid").read_text(encoding="ascii")))
    assert stores or not sys.platform.startswith("linux")
    process.send_signal(number)
    assert process.wait(ENDS_WITHIN_S) == code
    wait_until_nothing_is_left(scratch)
    assert not [store for store in stores if Path(store).exists()]


def test_unknown_words_are_refused(scratch):
    done = run_demo(scratch, "--twice")
    assert done.returncode == 2 and "usage: ./demo [--once]" in done.stdout


@pytest.fixture
def clean_tree():
    """A copy of the sources that belongs to somebody without rights: (directory, how to be them)."""
    with tempfile.TemporaryDirectory(prefix="demo-tree-") as directory:
        tree = Path(directory) / "a clone"
        shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(
            "build", "build-*", ".git", "node_modules", "__pycache__", "*.o", "*.lo", "*.la",
            ".libs", ".deps", "autom4te.cache", "config.status", "Makefile", "configure"))
        somebody = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            somebody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chmod(directory, 0o755)
            for place in (tree, *tree.rglob("*")):
                os.chown(place, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        yield tree, somebody


def test_a_clean_tree_and_no_rights_are_enough(clean_tree, scratch):
    tree, somebody = clean_tree
    done = run_demo(scratch, "--once", demo=tree / "demo", cwd="/", **somebody)
    assert done.returncode == 0, done.stdout
    wait_until_nothing_is_left(scratch)


def test_without_rights_it_says_what_is_missing(clean_tree, scratch):
    tree, somebody = clean_tree
    if os.geteuid() == 0 and not somebody:
        pytest.fail("this test must not install anything")
    few = scratch / "bin"
    few.mkdir()
    for name in ("dirname", "id", "sh"):
        (few / name).symlink_to(shutil.which(name))
    done = run_demo(scratch, "--once", demo=tree / "demo", **somebody,
                    env={"PATH": str(few), "TMPDIR": str(scratch)})
    assert done.returncode == 1
    for name in ("gcc", "autoconf", "apache2-dev", "httpd-devel"):
        assert re.search(rf"^  .*\b{name}\b", done.stdout, re.MULTILINE), done.stdout
    assert "Traceback" not in done.stdout


SENT = "SID=1; Path=/"
RIGHT = "SID=1; Path=/; Secure; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize("got, told", [
    (RIGHT, None),
    (None, "did not arrive"),
    (SENT, "secure is missing"),
    (RIGHT.replace("; HttpOnly", ""), "httponly is missing"),
    (RIGHT.replace("Lax", "None"), "samesite is None"),
    (RIGHT.replace("SID=1", "SID=2"), "is another"),
    ("__Host-" + RIGHT, "is another"),
    (RIGHT + "; Secure", "Secure stands twice"),
    (RIGHT + "; Domain=localhost", "domain should not be there"),
    (RIGHT.replace("Secure", "Secure=1"), "secure is 1"),
])
def test_the_tour_notices_what_is_wrong(got, told):
    stop = tour.Stop(1, "", "GET", "/", 200, "SID", tour.LAX)
    wrong = tour.what_is_wrong(stop, SENT, got)
    assert wrong == [] if told is None else any(told in text for text in wrong)


def test_the_tour_notices_a_missing_prefix():
    stop = tour.Stop(1, "", "GET", "/", 200, "SID", tour.LAX, prefix="__Host-")
    assert tour.what_is_wrong(stop, SENT, "__Host-" + RIGHT) == []
    assert tour.what_is_wrong(stop, SENT, RIGHT) == ["the name or the value is another"]


def test_the_tour_notices_changed_bytes_of_a_right_line():
    stop = tour.Stop(1, "", "GET", "/", 200, "SID", tour.LAX)
    assert tour.what_is_wrong(stop, RIGHT, RIGHT) == []
    assert tour.what_is_wrong(stop, RIGHT, RIGHT.replace("; ", ";"))


HANDLE, SECRET = bytes(range(1, 13)), bytes(range(101, 125))
MEMBER = sessions.Member("a password", "1" + base64.urlsafe_b64encode(HANDLE + SECRET).decode())
RECORD = b"CGR\x01" + bytes(8) + HANDLE + bytes(52)


@pytest.mark.parametrize("memory, found", [
    (b"", -1), (bytes(64) + RECORD, 64), (RECORD + RECORD, -1),
    (RECORD.replace(HANDLE, SECRET[:12]), -1), (HANDLE + RECORD, 12)])
def test_the_one_record_of_a_session_is_found(memory, found):
    assert sessions.find_record(memory, HANDLE) == found


@pytest.mark.parametrize("plain, told", [
    (b"", []), (b"members-user=annamaria", ["the user's name"]), (b"a password", ["the password"]),
    (MEMBER.token.encode(), ["the token"]), (SECRET, ["the token's secret"])])
def test_what_can_be_read_in_a_store_is_noticed(plain, told):
    assert sessions.readable(RECORD + plain + bytes(16), MEMBER) == told
