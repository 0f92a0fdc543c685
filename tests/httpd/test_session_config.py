"""Sessions before the first request: what configtest and a start say of mistakes, what stands in the
state directory, and what becomes of keys and store when a server starts, reloads and stops."""
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from env import tools
from env.httpd import Httpd
from env.process import session_members, wait_until

IS_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")

BASICS = ("request", "session")
WHERE = "CookieGuardStateDir ${root}/keys\n"
ON = "CookieGuardSession On\n"
PLAIN = "<VirtualHost *:${port_plain}>\n"
OTHER = "<VirtualHost *:${port_other}>\n"
END = "</VirtualHost>\n"
HTTPS = "CookieGuardHTTPS on\n"


def make(name, text, *, modules=BASICS, kind=Httpd, **how):
    return kind(name, None, ports_named=("plain", "other"), modules=modules,
                text="Listen ${port_plain}\n" + text, **how)


# -- what one line cannot say ---------------------------------------------------------------------

# line -> the sentence, as a regular expression
BAD = [
    ("CookieGuardSession", "must be On or Off"),
    ("CookieGuardSession Maybe", "must be On or Off"),
    ("CookieGuardStore", "does not know ''; known is shm, as in \"CookieGuardStore shm size=32M\""),
    ("CookieGuardStore redis", "does not know 'redis'; known is shm"),
    ("CookieGuardStore shm 32M", "shm does not know '32M'; known is size=32M"),
    ("CookieGuardStore shm size=", "'' is not a size: .* k, M or G"),
    ("CookieGuardStore shm size=32MB", "'32MB' is not a size"),
    ("CookieGuardStore shm size=-1", "is not a size"),
    ("CookieGuardStore shm size=99999999999999999999G", "is not a size"),
    ("CookieGuardStore shm size=512k", "size=512k is out of range; the store takes 1M to 64G"),
    ("CookieGuardStore shm size=65G", "is out of range"),
    ('CookieGuardStateDir ""', "'' is not a path|takes one argument"),
    ("CookieGuardStateDir", "takes one argument"),
    ("CookieGuardSessionTimeout", "needs one or more of idle=30m, absolute=8h and rotate=15m"),
    ("CookieGuardSessionTimeout 30m", "'30m' is not known; known are idle=30m"),
    ("CookieGuardSessionTimeout idle=soon", "'soon' is not a time of at most 400 days"),
    ("CookieGuardSessionTimeout idle=1.5h", "is not a time"),
    ("CookieGuardSessionTimeout idle=1w", "'1w' is not a time"),
    ("CookieGuardSessionTimeout idle=", "'' is not a time"),
    ("CookieGuardSessionTimeout idle=401d", "'401d' is not a time of at most 400 days"),
    ("CookieGuardSessionTimeout idle=0", "a time of 0 would end every session at once"),
    ("CookieGuardSessionTimeout absolute=off", "'off' is not a time"),
    ("CookieGuardSessionTimeout rotate=30s", "rotate=30s is too short; a minute is the least"),
    ("CookieGuardSessionTimeout idle=1h absolute=2h # for now", "'#' is not known"),
    ("CookieGuardSessionCookie", "needs a name, such as __Host-Http-cg"),
    ("CookieGuardSessionCookie session", "'session' does not begin with __Host- or __Host-Http-"),
    ("CookieGuardSessionCookie __Secure-cg", "does not begin with __Host-"),
    ("CookieGuardSessionCookie __Http-cg", "does not begin with __Host-"),
    ("CookieGuardSessionCookie __host-cg", "does not begin with __Host- .*, in this case"),
    ("CookieGuardSessionCookie __Host-http-cg", "does not begin with __Host- .*, in this case"),
    ("CookieGuardSessionCookie __Host-", "after __Host- come 1 to 57 characters"),
    ("CookieGuardSessionCookie __Host-Http-", "after __Host-Http- come 1 to 52 characters"),
    ("CookieGuardSessionCookie __Host-" + "a" * 58, "come 1 to 57 characters"),
    ("CookieGuardSessionCookie __Host-a=b", "letters, digits, '-' and '_', not '='"),
    ("CookieGuardSessionCookie __Host-b\u00fccher", "letters, digits, '-' and '_', not"),
    ("CookieGuardSessionCookie __Host-cg SameSite=Some",
     "SameSite is Strict, Lax or None, not 'Some'"),
    ("CookieGuardSessionCookie __Host-cg SameSite", "'SameSite' is not known; known are SameSite="),
    ("CookieGuardSessionCookie __Host-cg Secure", "'Secure' is not known; .* are always there"),
    ("CookieGuardSessionCookie __Host-cg Path=/", "'Path=/' is not known"),
    ('CookieGuardRealm ""', "takes a name of 1 to 255 octets|takes one argument"),
    ("CookieGuardRealm " + "r" * 256, "takes a name of 1 to 255 octets"),
    ("CookieGuardSessionsPerUser 0", "a number from 1 to 10000, or off, not '0'"),
    ("CookieGuardSessionsPerUser many", "a number from 1 to 10000, or off, not 'many'"),
    ("CookieGuardSessionsPerUser -3", "a number from 1"),
    ("CookieGuardSessionsPerUser 20x", "a number from 1"),
    ("CookieGuardSessionsPerUser 10001", "a number from 1"),
    ("CookieGuardStoreFull panic", "does not know 'panic'; known are refuse, evict-idle"),
    ("CookieGuardSessionMaxSize", "takes one argument"),
    ("CookieGuardSessionMaxSize big", "'big' is not a size"),
    ("CookieGuardSessionMaxSize 1023", "'1023' is out of range; a session holds 1k to 64k"),
    ("CookieGuardSessionMaxSize 65k", "'65k' is out of range"),
    ("CookieGuardLogin", "takes one or two|takes 1-2"),
    ("CookieGuardLogin login", "'login' is no path: write one that begins with '/'"),
    ("CookieGuardLogin /login alice", "'alice' is not known; after the pattern comes user=EXPRESSION"),
    ("CookieGuardLogin /login user=", "an expression is empty"),
    ('CookieGuardLogin "expr="', "an expression is empty"),
    ('CookieGuardLogin "expr=%{REQUEST_URI} =="', "the expression .* cannot be parsed"),
    ('CookieGuardLogin /login "user=%{no such"', "the expression .* cannot be parsed"),
    ("CookieGuardTokenReuse shout", "does not know 'shout'; known are report, end"),
]

NAMES = sorted({line.split()[0] for line, _ in BAD})
OF_THE_SERVER = ("CookieGuardStore shm size=8M", "CookieGuardStateDir /srv/keys")

GOOD = [
    "CookieGuardSession On", "CookieGuardSession off",
    "CookieGuardSessionTimeout idle=1h absolute=1d rotate=off",
    "CookieGuardSessionTimeout absolute=36000", "CookieGuardSessionTimeout ROTATE=1M",
    "CookieGuardSessionCookie __Host-cg", "CookieGuardSessionCookie __Host-Http-a_b-1 SameSite=Strict",
    "CookieGuardSessionCookie __Host-cg samesite=none partitioned",
    "CookieGuardRealm shop", "CookieGuardSessionsPerUser 1", "CookieGuardSessionsPerUser off",
    "CookieGuardStoreFull refuse", "CookieGuardStoreFull evict-idle",
    "CookieGuardSessionMaxSize 64k", "CookieGuardSessionMaxSize 1024",
    "CookieGuardLogin /login", "CookieGuardLogin *.do \"user=%{resp:X-User}\"",
    "CookieGuardLogin \"expr=%{REQUEST_STATUS} == 302\" \"user=%{REMOTE_USER}\"",
    "CookieGuardTokenReuse end", "CookieGuardTokenReuse report",
]


@pytest.fixture(scope="module")
def tested():
    """One server's directory; each case writes its own lines and asks `httpd -t`."""
    server = make("sessionlines", "Include conf/line.conf")
    yield server
    server.remove()


def configtest(server, text, *words):
    (server.root / "conf" / "line.conf").write_text(text + "\n", encoding="utf-8")
    return server.run("-t", *words)


@pytest.mark.parametrize("line, sentence", BAD, ids=[line[:60] for line, _ in BAD])
def test_a_bad_line_fails_with_its_sentence(tested, line, sentence):
    code, said = configtest(tested, line)
    assert code != 0, said
    assert re.search(sentence, said), said
    assert "line.conf" in said and "line 1" in said and line.split()[0] in said


@pytest.mark.parametrize("outer, end", [("", ""), (PLAIN, END)], ids=["server", "virtual host"])
@pytest.mark.parametrize("line", GOOD)
def test_a_good_line_passes(tested, line, outer, end):
    code, said = configtest(tested, WHERE + outer + HTTPS + line + "\n" + end)
    assert code == 0 and said.endswith("Syntax OK\n"), said


@pytest.mark.parametrize("section", ['Directory "/"', 'Location "/"', 'Files "*"', 'If "true"'])
@pytest.mark.parametrize("name", NAMES)
def test_sections_are_no_place_for_it(tested, name, section):
    line = next(line for line in [*GOOD, *OF_THE_SERVER] if line.split()[0] == name)
    code, said = configtest(tested, f"<{section}>\n{line}\n</{section.split()[0]}>")
    assert code != 0 and re.search("not allowed|cannot occur", said), said


@pytest.mark.parametrize("line", OF_THE_SERVER)
def test_the_store_belongs_to_the_whole_server(tested, line):
    assert configtest(tested, line) == (0, "Syntax OK\n")
    code, said = configtest(tested, PLAIN + line + "\n" + END)
    assert code != 0 and "cannot occur within <VirtualHost> section" in said, said


# -- what lines together cannot say ---------------------------------------------------------------

REFUSED, WARNED, SILENT = "refused", "warned", "silent"
COOKIE = (*BASICS, "session_cookie")
DBD = (*BASICS, "dbd", "session_dbd")
CRYPTO = (*BASICS, "session_crypto")
SSL = (*BASICS, "ssl", "socache_shmcb")

# name -> (modules, configuration, what becomes of it, sentence)
TOGETHER = {
    "all is well": (BASICS, ON + HTTPS, SILENT, None),
    "no mod_session": ((), ON + HTTPS, WARNED, "CG0031: .* mod_session is not loaded.* LoadModule "
                       "session_module"),
    "mod_session loaded later": ((), ON + HTTPS + "LoadModule session_module "
                                 f'"{tools.module_directory()}/mod_session.so"\n', SILENT, None),
    "mod_session_cookie": (COOKIE, ON + HTTPS + "SessionCookieName s\n", REFUSED,
                           r"CG0032: SessionCookieName at .*line.conf:3 and CookieGuardSession On are "
                           "for the same sessions .* take SessionCookieName out"),
    "mod_session_cookie in a section": (
        COOKIE, ON + HTTPS + '<Location "/a">\nSessionCookieName2 s\n</Location>\n', REFUSED,
        r"CG0032: SessionCookieName2 at .*line.conf:4"),
    "mod_session_cookie of another host": (
        COOKIE, HTTPS + PLAIN + "ServerName a.test\n" + ON + END + PLAIN + "ServerName b.test\n"
        "SessionCookieName s\n" + END, SILENT, None),
    "mod_session_cookie around the host": (
        COOKIE, HTTPS + "SessionCookieName s\n" + PLAIN + "ServerName a.test\n" + ON + END, WARNED,
        "CG0033: SessionCookieName at .*:2 has no effect in virtual host a.test.* put it into their"),
    "mod_session_cookie in a host that inherits": (
        COOKIE, ON + HTTPS + PLAIN + "ServerName a.test\nSessionCookieName s\n" + END, REFUSED,
        "CG0032: .* virtual host a.test"),
    "a host that is taken out": (
        COOKIE, ON + HTTPS + PLAIN + "ServerName a.test\nSessionCookieName s\n"
        "CookieGuardSession Off\n" + END, SILENT, None),
    "mod_session_dbd": (DBD, ON + HTTPS + "SessionDBDCookieName s\n", REFUSED,
                        "CG0032: SessionDBDCookieName at"),
    "mod_session_dbd per user": (DBD, ON + HTTPS + "SessionDBDPerUser On\n", REFUSED,
                                 "CG0032: SessionDBDPerUser at"),
    "mod_session_crypto": (CRYPTO, ON + HTTPS + "SessionCryptoPassphrase x\n", WARNED,
                           "CG0033: SessionCryptoPassphrase at .* has no effect .* The line can go"),
    "plain http by word": (BASICS, ON + "CookieGuardHTTPS off\n", WARNED,
                           "CG0034: .* over plain http no token is sent and none is taken"),
    "plain http by silence": (BASICS, ON, WARNED, "CG0034: .* say so with CookieGuardHTTPS"),
    "plain http of one host": (
        SSL, PLAIN + "ServerName a.test\n" + ON + END, WARNED, "CG0034: virtual host a.test"),
    "plain http beside https": (
        SSL, ON + PLAIN + "ServerName a.test\n" + END + OTHER + "ServerName a.test\nSSLEngine on\n"
        + END, SILENT, None),
    "https by TLS": (SSL, PLAIN + "ServerName a.test\nSSLEngine on\n" + ON + END, SILENT, None),
    "https by name": (BASICS, "ServerName https://a.test\n" + ON, SILENT, None),
    "https by a variable": (BASICS, ON + "SetEnvIf X-Forwarded-Proto https HTTPS=on\n", SILENT, None),
    "https by an expression": (BASICS, ON + "CookieGuardHTTPS \"expr=%{req:X-Tls} == 'on'\"\n",
                               SILENT, None),
    "two ports of a name": (
        BASICS, HTTPS + PLAIN + "ServerName a.test\n" + ON + END + OTHER + "ServerName a.test\n" + END,
        WARNED, r"CG0035: the virtual hosts a.test:\d+ and a.test:\d+ are one host for a browser "
        r"\(a.test\).* the same CookieGuardRealm"),
    "two ports of an alias": (
        BASICS, ON + HTTPS + PLAIN + "ServerName a.test\n" + END + OTHER + "ServerName b.test\n"
        "ServerAlias c.test A.Test\n" + END, WARNED, r"CG0035: .* \(a.test\)"),
    "two ports on purpose": (
        BASICS, ON + HTTPS + "CookieGuardRealm shop\n" + PLAIN + "ServerName a.test\n" + END + OTHER
        + "ServerName a.test\n" + END, SILENT, None),
    "idle over absolute": (BASICS, ON + HTTPS + "CookieGuardSessionTimeout idle=9h\n", REFUSED,
                           r"CG0030: .* idle \(32400 s\) is longer than absolute \(28800 s\)"),
    "rotate over absolute": (
        BASICS, ON + HTTPS + "CookieGuardSessionTimeout absolute=1h rotate=1h idle=1m\n", REFUSED,
        r"CG0030: .* rotate \(3600 s\) is not shorter .* write rotate=off"),
    "a contradiction by inheritance": (
        BASICS, HTTPS + "CookieGuardSessionTimeout idle=2h\n" + PLAIN + "ServerName a.test\n" + ON
        + "CookieGuardSessionTimeout absolute=1h\n" + END, REFUSED, "CG0030: virtual host a.test"),
    "a contradiction where sessions are off": (
        BASICS, "CookieGuardSessionTimeout idle=9h\n", SILENT, None),
    "a default gives way": (
        BASICS, ON + HTTPS + "CookieGuardSessionTimeout absolute=10m\n", SILENT, None),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_what_goes_together_and_what_does_not(name):
    modules, text, result, sentence = TOGETHER[name]
    server = make("sessionpairs", WHERE + "Include conf/line.conf", modules=modules)
    try:
        code, said = configtest(server, text)
    finally:
        server.remove()
    assert bool(code) == (result == REFUSED), said
    if result == SILENT:
        assert said == "Syntax OK\n"
    else:
        assert re.search(sentence, said), said
        assert len(re.findall("CG00", said)) == 1, "one sentence for one mistake\n" + said


def test_a_host_without_a_name_is_told():
    server = make("nameless", WHERE + ON + HTTPS)
    try:
        base = server.root / "conf" / "base.conf"
        base.write_text(base.read_text().replace("ServerName guarded.test\n", ""))
        code, said = server.run("-t")
    finally:
        server.remove()
    assert code == 0 and re.search("CG0038: .* has no ServerName", said), said


# -- what is inherited ----------------------------------------------------------------------------

def session_part(said, host):
    """The lines about sessions in the dump of one server."""
    part = re.search(rf"^\S.* {re.escape(host)}.*\n((?:  .*\n)*)", said, re.MULTILINE)[1]
    return part[part.index("  CookieGuardSession "):].splitlines()


def test_the_dump_shows_what_each_host_says_and_inherits(tested):
    code, said = configtest(
        tested, ON + HTTPS + "CookieGuardStateDir /srv/keys\nCookieGuardStore shm size=8M\n"
        "CookieGuardSessionTimeout idle=20m absolute=1d\nCookieGuardSessionsPerUser 7\n"
        'CookieGuardLogin /in "user=%{resp:X-User}"\nCookieGuardLogin /also\n'
        + PLAIN + "ServerName a.test\nCookieGuardSessionTimeout rotate=90s\n"
        "CookieGuardSessionCookie __Host-a SameSite=None Partitioned\nCookieGuardRealm shop\n"
        "CookieGuardSessionMaxSize 2000\nCookieGuardTokenReuse end\nCookieGuardStoreFull refuse\n"
        "CookieGuardLogin /a\n" + END
        + PLAIN + "ServerName b.test\nCookieGuardSession Off\n" + END
        + PLAIN + "ServerName c.test\nCookieGuardSessionTimeout absolute=15m idle=15m\n"
        "CookieGuardSessionsPerUser off\n" + END, "-D", "DUMP_COOKIEGUARD")
    assert code == 0, said
    assert "\nCookieGuardStore shm size=8M\nCookieGuardStateDir /srv/keys\n" in said
    assert session_part(said, "guarded.test") == [
        "  CookieGuardSession On",
        "    CookieGuardSessionTimeout idle=20m absolute=1d rotate=15m",
        "    CookieGuardSessionCookie __Host-Http-cg SameSite=Lax",
        "    CookieGuardSessionsPerUser 7", "    CookieGuardSessionMaxSize 16k",
        "    CookieGuardStoreFull evict-idle", "    CookieGuardTokenReuse report",
        "    CookieGuardLogin /in user=%{resp:X-User}", "    CookieGuardLogin /also"]
    assert session_part(said, "a.test") == [
        "  CookieGuardSession On",
        "    CookieGuardSessionTimeout idle=20m absolute=1d rotate=90s",
        "    CookieGuardSessionCookie __Host-a SameSite=None Partitioned",
        "    CookieGuardRealm shop", "    CookieGuardSessionsPerUser 7",
        "    CookieGuardSessionMaxSize 2000", "    CookieGuardStoreFull refuse",
        "    CookieGuardTokenReuse end", "    CookieGuardLogin /a"]
    assert session_part(said, "b.test") == ["  CookieGuardSession Off"]
    assert session_part(said, "c.test")[:4] == [
        "  CookieGuardSession On",
        "    CookieGuardSessionTimeout idle=15m absolute=15m rotate=off",
        "    CookieGuardSessionCookie __Host-Http-cg SameSite=Lax",
        "    CookieGuardSessionsPerUser off"]


def shared_memory(size=0):
    """Inodes of all shared memory of this machine of at least this size."""
    found = set()
    for path in pathlib.Path("/dev/shm").iterdir():
        try:
            if path.stat().st_size >= size:
                found.add(path.stat().st_ino)
        except FileNotFoundError:
            continue
    return found


def test_configtest_makes_and_opens_nothing(tested):
    size = 41 << 20  # that of no other server
    before, shared = {str(p) for p in tested.root.rglob("*")}, shared_memory(size)
    assert configtest(tested, WHERE + ON + HTTPS + "CookieGuardStore shm size=41M") == (
        0, "Syntax OK\n")
    assert {str(p) for p in tested.root.rglob("*")} == before
    assert shared_memory(size) == shared


# -- starting -------------------------------------------------------------------------------------

WELL = WHERE + ON + HTTPS + "CookieGuardStore shm size=2M\n"


class Unprivileged(Httpd):
    """Started by the user that httpd else becomes."""

    def __init__(self, *words, **how):
        super().__init__(*words, **how)
        text = self.config.read_text().replace("User www-data\nGroup www-data\n", "")
        self.config.write_text(text)
        if IS_ROOT:
            for path in [self.root, *self.root.rglob("*")]:
                shutil.chown(path, "www-data", "www-data")

    def command(self, *words):
        drop = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"]
        return (drop if IS_ROOT else []) + super().command(*words)


@pytest.fixture
def servers_of_one_test():
    """Function that makes a server; it is gone after the test, and nothing of it is left."""
    made = []

    def begin(name, text=WELL, **how):
        made.append(make(name, text, **how))
        return made[-1]
    yield begin
    for server in made:
        mapped = mapped_segments(server.daemon.pid) if server.daemon else set()
        server.stop(check=False)
        server.remove()
        assert not mapped & shared_memory(), "shared memory was left behind"


def start_fails(server):
    """Start a server that must refuse; return what it says."""
    code, said = server.run("-D", "FOREGROUND")
    assert code != 0, "httpd started"
    return said + server.error_log()


def keys_of(server):
    return server.root / "keys"


def described(server):
    """What the state directory says of the segment."""
    text = (keys_of(server) / "segment").read_text()
    return dict(line.split(" ", 1) for line in text.splitlines() if not line.startswith("#"))


SIZE = 2 << 20


def mapped_segments(pid):
    """Inodes of the shared memory with a name that a process has mapped, of a store's size."""
    found = set()
    try:
        lines = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return found
    for line in lines:
        span, mode, _, _, inode, *path = line.split()
        start, end = (int(part, 16) for part in span.split("-"))
        if mode == "rw-s" and path and path[0].startswith("/dev/shm") and end - start >= SIZE:
            found.add(int(inode))
    return found


def children(server):
    pid = server.daemon.pid
    return [child for child in session_members(pid) if child != pid]


def wait_for_child(server, mapped):
    """Until a child has just this shared memory."""
    wait_until(lambda: any(mapped_segments(child) == mapped for child in children(server)),
               "a child with the segment", server.daemon.process)


def test_the_first_start_makes_the_ring(servers_of_one_test):
    server = servers_of_one_test("first")
    server.start()
    (line,) = re.findall("CG0045: .*", server.error_log())
    key = re.search(r"shared memory of 2048 KiB, .*/keys, room for about (\d+)00 sessions of 200 "
                    r"octets, key ([0-9a-f]{8})$", line)
    assert key and 40 < int(key[1]) < 60, line
    directory = keys_of(server)
    assert sorted(os.listdir(directory)) == ["keys", "segment", "server"]
    assert directory.stat().st_mode & 0o7777 == 0o700
    for path in directory.iterdir():
        assert path.stat().st_mode & 0o7777 == 0o600 and path.stat().st_uid == os.geteuid()
    states = re.findall(r"^([0-9a-f]{8}) \S+ (\w+) +- ", (directory / "keys").read_text(), re.MULTILINE)
    assert [state for _, state in states] == ["active", "next"] and states[0][0] == key[2]
    assert (directory / "server").read_text().startswith(f"pid {server.daemon.pid}\n")
    server.stop()


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_every_child_has_the_segment_and_nobody_else_may_open_it(servers_of_one_test, mpm):
    server = servers_of_one_test(f"mapped-{mpm}", mpm=mpm).start()
    (inode,) = mapped_segments(server.daemon.pid)
    (file,) = [p for p in pathlib.Path("/dev/shm").iterdir() if p.stat().st_ino == inode]
    assert file.stat().st_mode & 0o7777 == 0o600 and file.stat().st_uid == os.geteuid()
    server.request("/")
    wait_for_child(server, {inode})
    assert all(mapped_segments(child) <= {inode} for child in children(server))
    assert "CG0051" not in server.error_log() and "CG0050" not in server.error_log()


def test_the_second_start_keeps_the_ring(servers_of_one_test):
    server = servers_of_one_test("second").start()
    ring, segment = (keys_of(server) / "keys").read_bytes(), described(server)
    server.stop()
    server.start()
    assert (keys_of(server) / "keys").read_bytes() == ring
    assert described(server)["nonce"] != segment["nonce"]
    assert described(server)["place"] == segment["place"]
    server.stop()


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_graceful_and_restart_keep_the_segment(servers_of_one_test, mpm):
    server = servers_of_one_test(f"graceful-{mpm}", mpm=mpm).start()
    server.expect("AH00494", "AH00173|AH00298")
    segment, mapped = described(server), mapped_segments(server.daemon.pid)
    for how in (signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR1):
        server.graceful(how)
        server.request("/")
        assert described(server) == segment
        assert mapped_segments(server.daemon.pid) == mapped
        wait_for_child(server, mapped)
    server.stop()


def rewrite(server, old, new):
    server.config.write_text(server.config.read_text().replace(old, new))


@pytest.mark.parametrize("old, new, reason", [
    ("size=2M", "size=3M", "its size was changed"),
    ("/keys", "/keys2", "CookieGuardStateDir was changed"),
], ids=["size", "directory"])
def test_another_size_or_directory_begins_anew(servers_of_one_test, old, new, reason):
    server = servers_of_one_test("resized").start()
    before = mapped_segments(server.daemon.pid)
    rewrite(server, old, new)
    server.graceful()
    assert f"CG0049: the store is new and empty, because {reason}" in server.error_log()
    after = mapped_segments(server.daemon.pid)
    assert len(after) == 1 and after != before
    server.request("/")
    server.stop()


def test_a_segment_that_a_child_wrote_over_is_not_taken_again(servers_of_one_test):
    """The parent looks at its head alone, and never follows what stands there."""
    server = servers_of_one_test("overwritten").start()
    (inode,) = mapped_segments(server.daemon.pid)
    (path,) = [p for p in pathlib.Path("/dev/shm").iterdir() if p.stat().st_ino == inode]
    with open(path, "r+b") as file:
        file.write(os.urandom(4096))
    server.graceful()
    assert re.search("CG0049: .* because a process wrote over its head", server.error_log())
    wait_for_child(server, mapped_segments(server.daemon.pid))
    assert inode not in mapped_segments(server.daemon.pid)
    server.stop()


def test_sessions_can_be_switched_on_and_off_while_the_server_runs(servers_of_one_test):
    server = servers_of_one_test("switched", WELL.replace(ON, "CookieGuardSession Off\n")).start()
    assert not keys_of(server).exists() and "CG0045" not in server.error_log()
    rewrite(server, "CookieGuardSession Off", "CookieGuardSession On")
    server.graceful()
    segment = described(server)
    rewrite(server, "CookieGuardSession On", "CookieGuardSession Off")
    server.graceful()
    rewrite(server, "CookieGuardSession Off", "CookieGuardSession On")
    server.graceful()
    assert described(server) == segment, "nobody said that the sessions are to end"
    assert server.error_log().count("CG0045") == 2
    server.stop()


def raw_keys(ring):
    """Every key of a ring, as text and as octets."""
    import base64
    texts = re.findall(rb"^[0-9a-f]{8} .* (\S{43}=)$", ring, re.MULTILINE)
    return [part for text in texts for part in (text[:43], base64.b64decode(text))]


def readable_memory(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            span, mode, *_ = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if "r" not in mode or "[v" in line or end - start > 1 << 30:  # as shadow memory is
                continue
            try:
                mem.seek(start)
                yield mem.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


@as_root
def test_children_hold_no_key_of_the_ring(servers_of_one_test):
    """Only what was derived from them; not in the pages of a start, not in those of a graceful."""
    server = servers_of_one_test("derived").start()
    server.graceful()
    server.request("/")
    keys = raw_keys((keys_of(server) / "keys").read_bytes())
    assert len(keys) == 4
    for child in children(server):
        for memory in readable_memory(child):
            assert not any(key in memory for key in keys)
    assert any(key in memory for memory in readable_memory(server.daemon.pid) for key in keys), \
        "the parent holds the ring: this test could not see it either"
    server.stop()


# -- the state directory as it must not be --------------------------------------------------------

def give_away(path):
    shutil.chown(path, "nobody")


def link_to_itself(path):
    real = path.with_name(path.name + ".real")
    path.rename(real)
    path.symlink_to(real)


def replace_by_file(path):
    shutil.rmtree(path)
    path.write_text("")


RING = "keys/keys"
# what is done to what, the sentence, and whether configtest sees it (it opens nothing)
SPOILED = [
    ("keys", lambda p: p.chmod(0o755), r"keys lets others in \(mode 0755\).*chmod 0700", True),
    ("keys", lambda p: p.chmod(0o710), r"keys lets others in \(mode 0710\)", True),
    ("keys", give_away, "keys belongs to the user with the number .* and httpd is started by", True),
    ("keys", link_to_itself, "keys is a symbolic link; name the directory itself", True),
    ("keys", replace_by_file, "keys is no directory", True),
    (".", lambda p: p.chmod(0o777), r"which others can write \(mode 0777\)", True),
    (".", give_away, "keys stands in .*, which belongs to the user with the number", True),
    (RING, lambda p: p.chmod(0o640), r"keys/keys lets others in \(mode 0640\).*chmod 0600", False),
    (RING, lambda p: p.chmod(0o604), r"keys/keys lets others in \(mode 0604\)", False),
    (RING, give_away, "keys/keys belongs to the user with the number", False),
    (RING, link_to_itself, "keys/keys cannot be opened: Too many levels of symbolic links", False),
    (RING, lambda p: os.link(p, p.parent / "second"), "keys/keys is no plain file of its own", False),
    (RING, lambda p: (p.unlink(), p.mkdir()), "keys/keys is no plain file of its own", False),
    (RING, lambda p: (p.unlink(), os.mkfifo(p, 0o600)), "keys/keys is no plain file of its own", False),
    (RING, lambda p: p.write_text(""), "the key ring .*keys/keys, line 0: ", False),
    (RING, lambda p: p.write_text("hello\n"), "the key ring .*keys/keys, line 1: ", False),
    (RING, lambda p: p.write_bytes(b"#" * 100000), "keys/keys is larger than such a file", False),
    ("keys/segment", lambda p: p.chmod(0o666), r"keys/segment lets others in \(mode 0666\)", False),
    ("keys/segment", give_away, "keys/segment belongs to the user", False),
    ("keys/server", lambda p: p.chmod(0o644), r"keys/server lets others in \(mode 0644\)", False),
]


@pytest.fixture(scope="module")
def started_once():
    """A state directory as a first start leaves it, to be copied."""
    server = make("template", WELL)
    server.start()
    server.stop()
    yield keys_of(server)
    server.remove()


@as_root
@pytest.mark.parametrize("what, spoil, sentence, is_seen", SPOILED,
                         ids=[f"{row[0]}-{number}" for number, row in enumerate(SPOILED)])
def test_a_start_is_refused_where_others_could_be(servers_of_one_test, started_once, what, spoil,
                                                  sentence, is_seen):
    server = servers_of_one_test("spoiled")
    shutil.copytree(started_once, keys_of(server), copy_function=shutil.copy2)
    spoil(server.root / what)
    before = {p: (p.lstat().st_mode, p.lstat().st_uid) for p in server.root.rglob("keys*")}
    code, said = server.run("-t")
    assert bool(code) == is_seen, said
    assert bool(re.search(sentence, said)) == is_seen, said
    assert re.search(("CG0039: " if is_seen else "CG0046: ") + ".*" + sentence, start_fails(server))
    assert {p: (p.lstat().st_mode, p.lstat().st_uid) for p in server.root.rglob("keys*")} == before, \
        "something was repaired"


@as_root
@pytest.mark.parametrize("what, spoil, sentence", [row[:3] for row in SPOILED if row[0] != "."],
                         ids=[f"{row[0]}-{number}" for number, row in enumerate(SPOILED)
                              if row[0] != "."])
def test_a_server_that_runs_goes_on_with_the_keys_that_it_has(servers_of_one_test, what, spoil,
                                                              sentence):
    server = servers_of_one_test("goes-on").start()
    server.expect("CG0048")
    mapped = mapped_segments(server.daemon.pid)
    spoil(server.root / what)
    server.graceful()
    said = server.error_log()
    if what != "keys/segment":  # it is not read again
        assert re.search(f"CG0048: .*{sentence}.* goes on with the keys that it has", said), said
    assert said.count("CG0045") == 2
    assert server.request("/").status in (200, 403, 404)
    wait_for_child(server, mapped)
    server.stop()


@as_root
def test_a_slash_at_the_end_follows_no_link(servers_of_one_test, started_once):
    server = servers_of_one_test("slash", WELL.replace("${root}/keys", "keys//"))
    shutil.copytree(started_once, keys_of(server), copy_function=shutil.copy2)
    link_to_itself(keys_of(server))
    assert re.search("CG0039: .*/keys is a symbolic link", server.run("-t")[1])
    assert "is a symbolic link" in start_fails(server)


def test_the_directory_around_must_be_there(servers_of_one_test):
    server = servers_of_one_test("nowhere", WELL.replace("/keys", "/no/keys"))
    assert re.search(r"no/keys cannot be made, because .*/no does not exist", start_fails(server))
    assert not (server.root / "no").exists()


def test_sessions_that_begin_at_a_graceful_and_cannot(servers_of_one_test):
    """The server that runs is not ended by it."""
    server = servers_of_one_test("begins", WELL.replace(ON, "CookieGuardSession Off\n")).start()
    server.expect("CG0046")
    keys_of(server).mkdir(mode=0o755)
    rewrite(server, "CookieGuardSession Off", "CookieGuardSession On")
    server.graceful()
    assert re.search("CG0046: .*lets others in.* There are no sessions until that is put right",
                     server.error_log())
    assert server.request("/").status in (200, 403, 404)
    keys_of(server).chmod(0o700)
    server.graceful()
    assert "CG0045" in server.error_log()
    server.stop()


# -- two servers, and one that was killed ---------------------------------------------------------

def test_two_servers_never_share_a_directory(servers_of_one_test):
    first = servers_of_one_test("one").start()
    segment = described(first)
    second = servers_of_one_test("two", WELL.replace("${root}/keys", str(keys_of(first))))
    second.expect("CG0046", "AH00020")
    said = start_fails(second)
    assert re.search(f"CG0046: another httpd, process {first.daemon.pid}, uses the state directory",
                     said), said
    assert described(first) == segment
    first.graceful()
    assert described(first) == segment
    first.stop()
    second.start()
    second.stop()


def test_a_server_that_was_killed_is_no_other_server(servers_of_one_test):
    server = servers_of_one_test("killed")
    server.start()
    (left,) = mapped_segments(server.daemon.pid)
    ring = (keys_of(server) / "keys").read_bytes()
    server.daemon.kill()
    assert left in shared_memory()
    for pid in (keys_of(server).parent / "run").glob("*.pid"):
        pid.unlink()
    server.start()
    assert left not in shared_memory(), "what the killed one left behind is taken away"
    assert (keys_of(server) / "keys").read_bytes() == ring
    (mapped,) = mapped_segments(server.daemon.pid)
    server.stop()
    assert mapped not in shared_memory(), "a server that stops leaves no memory behind"


def test_a_draft_that_a_killed_start_left_is_in_nobodys_way(servers_of_one_test):
    server = servers_of_one_test("draft")
    keys_of(server).mkdir(mode=0o700)
    (keys_of(server) / "keys.new").write_text("half a ri")
    server.start()
    assert sorted(os.listdir(keys_of(server))) == ["keys", "segment", "server"]
    server.stop()


# -- where nothing can be written -----------------------------------------------------------------

def only_warning(server, sentence):
    """That sessions are in memory is said once."""
    said = server.error_log() + server.daemon.output()
    assert len(re.findall("CG0047", said)) == 1, said
    assert re.search(f"CG0047: .* in memory alone .*{sentence}", said), said
    assert re.search("CG0045: .* in memory alone, room for", said), said


@as_root
def test_not_started_by_root(servers_of_one_test):
    """A directory of one's own is as good as root's."""
    server = servers_of_one_test("user", kind=Unprivileged).start()
    assert keys_of(server).owner() == "www-data"
    assert (keys_of(server) / "keys").stat().st_mode & 0o7777 == 0o600
    segment = described(server)
    server.graceful()
    assert described(server) == segment
    server.stop()


@as_root
def test_not_started_by_root_and_nobody_named_a_directory(servers_of_one_test):
    """The default belongs to root: memory."""
    server = servers_of_one_test("user-default", ON + HTTPS + "CookieGuardStore shm size=2M\n",
                                 kind=Unprivileged)
    server.expect("CG0047")
    server.start()
    only_warning(server, "")
    assert not mapped_segments(server.daemon.pid), "in memory alone has no name"
    key = re.findall("CG0045: .* key (.*)", server.error_log())
    server.graceful()
    assert re.findall("CG0045: .* key (.*)", server.error_log()) == key * 2
    assert server.error_log().count("CG0047") <= 1
    server.stop()


@as_root
def test_not_started_by_root_where_only_root_may_write(servers_of_one_test):
    server = servers_of_one_test("user-locked", WELL.replace("/keys", "/locked/keys"),
                                 kind=Unprivileged)
    (server.root / "locked").mkdir(mode=0o755)
    server.expect("CG0047")
    server.start()
    only_warning(server, "locked/keys cannot be made: Permission denied")
    server.stop()


@as_root
def test_a_file_system_that_takes_nothing(servers_of_one_test):
    """sysfs stands for one that is mounted read-only: even root may not make a directory there."""
    server = servers_of_one_test("read-only", WELL.replace("${root}/keys", "/sys/cookieguard"))
    server.expect("CG0047")
    server.start()
    only_warning(server, "/sys/cookieguard cannot be made")
    server.graceful()
    server.stop()


def test_a_full_disk_is_no_reason_not_to_serve(servers_of_one_test):
    server = servers_of_one_test("full-disk")
    server.expect("CG0047", "CG0052")
    full = tools.compiled_preload(tools.TESTS / "preload" / "full_disk.c", server.root)
    server.preload.append(full)
    server.start()
    only_warning(server, "keys/keys cannot be written: No space left on device")
    assert os.listdir(keys_of(server)) == []
    server.stop()
    server.preload.remove(full)
    server.start()
    ring = (keys_of(server) / "keys").read_bytes()
    server.stop()
    server.preload.append(full)
    server.start()
    assert "keys/server cannot be written: No space left on device" in server.error_log()
    assert (keys_of(server) / "keys").read_bytes() == ring
    assert not mapped_segments(server.daemon.pid), "nothing says where a named one would be"
    server.graceful()
    server.stop()


def test_shared_memory_that_is_too_small_is_a_sentence(servers_of_one_test):
    server = servers_of_one_test("full")
    server.preload.append(tools.compiled_preload(tools.TESTS / "preload" / "full_shm.c", server.root))
    said = start_fails(server)
    assert re.search("CG0046: no shared memory of 2097152 octets for the sessions .*make /dev/shm "
                     "larger, or the store smaller with CookieGuardStore", said), said


# -- what a start tells besides -------------------------------------------------------------------

TOLD = [
    ("SessionMaxAge 600\n", r"CG0036: SessionMaxAge at \S+:\d+ is 600 s, .* idle=1800s; the shorter "
     "wins, which is SessionMaxAge"),
    ("SessionMaxAge 86400\n", "CG0036: .* the shorter wins, which is idle"),
    ("", "CG0037: .* says CookieGuardSession On and nowhere Session On"),
    ("", "CG0040: nothing in virtual host .* says who its users are"),
]
NOT_TOLD = [
    ("SessionMaxAge 1800\n", "CG0036"),
    ("SessionMaxAge 0\n", "CG0036"),
    ('<Location "/a">\nSession On\n</Location>\n', "CG0037"),
    ("CookieGuardLogin /login\n", "CG0040"),
    (PLAIN + "ServerName a.test\n<Location />\nAuthType Basic\n</Location>\n" + END, "CG0040"),
]


@pytest.mark.parametrize("line, sentence", TOLD)
def test_a_start_tells(servers_of_one_test, line, sentence):
    server = servers_of_one_test("tells", WELL + line).start()
    assert len(re.findall(sentence, server.error_log())) == 1, server.error_log()
    server.stop()


@pytest.mark.parametrize("line, number", NOT_TOLD)
def test_a_start_tells_nothing_of_what_is_well(servers_of_one_test, line, number):
    server = servers_of_one_test("well", WELL + line).start()
    assert number not in server.error_log()
    server.stop()
