"""What the tests of caching share: servers with mod_cache, and pages that answer in turns."""
import os
import pathlib
import shutil
import tempfile

from env import secret
from env.httpd import Httpd

MODULES = ["cache", "cache_disk", "cache_socache", "socache_shmcb", "proxy", "proxy_http",
           "substitute", "include"]
WAYS = ("quick-disk", "quick-socache", "handler-disk", "handler-socache", "marked-disk",
        "marked-socache")
FULL = WAYS[2:]  # there httpd knows what applies to the URL, on hits too
DISK = tuple(way for way in WAYS if way.endswith("disk"))
SAFE = b"; Secure; HttpOnly; SameSite=Lax"
MARK = b"cookieguard-judged"


def cache_server(name, origin, *, mode="On", cache_control="off", guard=True, cache_root=None,
                 text="", modules=(), flags=(), ports=("plain",)):
    """A server with mod_cache. Its entries survive it if cache_root is given."""
    server = Httpd(name, "cache.conf", modules=[*MODULES, *modules], ports_named=ports,
                   guard=guard, flags=flags, text=text,
                   defines={"port_backend": origin.port, "guard_mode": mode,
                            "cache_control": cache_control,
                            "cache_root": cache_root or "${root}/state"})
    make_files(server.root / "files")
    return server.start()


def make_files(files):
    """Static files with a cookie from their directory, and an exception below."""
    for part in ("plain", "loose", "htaccess"):
        (files / part).mkdir(parents=True)
        (files / part / "page.txt").write_text("a page\n")
    (files / "htaccess" / ".htaccess").write_text(
        "<IfModule cookieguard_module>\nCookieGuardCookie sid SameSite=keep\n</IfModule>\n")


def make_cache_root(path=None):
    """A directory for entries that several servers in a row use; a new one if none is named."""
    path = pathlib.Path(path or tempfile.mkdtemp(prefix="cg-entries-"))
    path.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(path, "www-data", "www-data")
    return path


class Page:
    """A URL of the backend with its answers; the last one is repeated. `heads` has the requests."""

    def __init__(self, origin, *answers):
        self.answers = list(answers)
        self.heads = []
        self.key = origin.play(self._answer)

    def _answer(self, sock, head):
        self.heads.append(head)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        sock.sendall(answer)


def cookie(attributes=b"", name=b"sid"):
    return name + b"=" + secret.bytes_value() + attributes


def ask(server, way, page, prefix="/", **how):
    """One request for a page of the backend, or a path. No response may show the mark."""
    target = prefix + page.key if isinstance(page, Page) else prefix + page
    response = server.request(target, host=way.encode() + b".test", **how)
    assert not response.all(MARK), "a mark left the server"
    return response


def is_hit(response):
    return any(value.startswith(b"HIT") for value in response.all(b"x-cache"))


def entries(cache_root):
    """The header files of mod_cache_disk, as they are."""
    return [path.read_bytes() for path in pathlib.Path(cache_root).rglob("*.header")]
