"""One httpd for a measurement, in a directory of its own, and the client that asks it."""
import contextlib
import dataclasses
import functools
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests" / "httpd"))

from env import ports, tools  # noqa: E402  (the harness of the server tests)
from env.process import Daemon  # noqa: E402
from env.shared_memory import remove_stores  # noqa: E402

import contenders  # noqa: E402

PAGE_SIZE = 1024
NOBODY = 65534  # its number everywhere; the name of its group differs
PAGES = ("www", "www" + contenders.NESTED_PATH, "www" + contenders.SEEN_PATH)
MODULES = ("unixd", "authz_core", "headers", "log_config")

BASE = """\
ServerRoot "{root}"
ServerName shop.example
Listen 127.0.0.1:{port}
PidFile httpd.pid
DefaultRuntimeDir .
ErrorLog logs/error
LogLevel warn
DocumentRoot www
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
Timeout 60
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 16
    MaxRequestWorkers 16
    MinSpareThreads 16
    MaxSpareThreads 16
</IfModule>
<Directory />
    Require all denied
    AllowOverride None
</Directory>
<Directory "{root}/www">
    Require all granted
</Directory>
"""


def say(text):
    """Progress, for who watches; tables go to standard output."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


def module_path():
    """The mod_cookieguard.so to measure: COOKIEGUARD_MODULE, or that of a build here."""
    places = [os.environ.get("COOKIEGUARD_MODULE")]
    places += [base / ".libs" / "mod_cookieguard.so" for base in (pathlib.Path.cwd(), ROOT)]
    for place in places:
        if place and os.path.isfile(place):
            return pathlib.Path(place).resolve()
    sys.exit("no mod_cookieguard.so: run make, or set COOKIEGUARD_MODULE to one")


@functools.lru_cache
def _workshop():
    place = tempfile.TemporaryDirectory(prefix="cookieguard-bench-")
    pathlib.Path(place.name).chmod(0o755)
    return place


def workshop():
    """A directory for what is compiled, as long as the process lives."""
    return _workshop().name


_compiler = threading.Lock()  # several contenders are measured at once


@functools.lru_cache
def compiled(source):
    """A module of this directory, compiled."""
    with _compiler:
        return tools.compiled_module(HERE / source, workshop())


def load_line(module):
    """The line that loads what a contender needs: "guard", "floor" or nothing."""
    if module == "guard":
        return f'LoadModule cookieguard_module "{module_path()}"\n'
    return load_compiled("cookiefloor", "floor.c") if module == "floor" else ""


def load_compiled(name, source):
    return f'LoadModule {name}_module "{compiled(source)}"\n'


def load_httpd(name):
    """The line that loads a module of httpd's own."""
    if name in tools.static_modules():
        return ""
    return f'LoadModule {name}_module "{tools.module_directory()}/mod_{name}.so"\n'


class Server:
    """An httpd with one site (the text of its virtual hosts) and one module or none of ours."""

    def __init__(self, site, module, mpm="prefork"):
        ours = load_line(module)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cookieguard-bench-"))
        self.port = ports.free_port()
        self.root.chmod(0o755)
        for part in ("logs", "dumps", *PAGES):
            (self.root / part).mkdir(parents=True, exist_ok=True)
        for page in PAGES:
            (self.root / page / "page.html").write_bytes(b"x" * PAGE_SIZE)
        self.dumps = self.root / "dumps"
        lines = [load_httpd(name) for name in (f"mpm_{mpm}", *MODULES)]
        lines.append(ours)
        if os.geteuid() == 0:
            lines.append(f"User #{NOBODY}\nGroup #{NOBODY}\n")
            os.chown(self.dumps, NOBODY, NOBODY)
        self.config = self.root / "httpd.conf"
        self.config.write_text("".join(lines) + BASE.format(root=self.root, port=self.port) + site)
        self.daemon = None

    def start(self, before=None, flag="-DFOREGROUND", env=None):
        """Start httpd, perhaps under a program or with more environment: `before` tells the
        program's words for this server, `env` the variables."""
        command = [*(before(self) if before else ()), tools.httpd_binary(), flag, "-f", str(self.config)]
        self.daemon = Daemon("httpd", command, self.root / "output",
                             env={**os.environ, **(env(self) if env else {})})
        self.daemon.wait_ready(lambda: ports.accepts(self.port))

    def stop(self):
        self.daemon.stop()

    def remove(self):
        remove_stores(self.root)
        shutil.rmtree(self.root, ignore_errors=True)


@contextlib.contextmanager
def running(site, module, mpm="prefork", **how):
    """A server that is there for the time of a `with`."""
    server = Server(site, module, mpm)
    try:
        server.start(**how)
        yield server
        server.stop()
    except BaseException:
        if server.daemon:
            server.daemon.kill()
        raise
    finally:
        server.remove()


def wait_for_sleep(pid):
    """Wait until httpd's one process waits for us. Whether it finds the next request at once or
    has to poll for it makes a difference of hundreds of instructions; so it always polls."""
    while True:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            if stat.read().rpartition(b")")[2].split()[0] == b"S":
                return


# What browsers say besides. It is in every request, and with it httpd's pools are as full as usual.
BROWSER = """\
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r
Accept-Language: en-US,en;q=0.5\r
Accept-Encoding: gzip, deflate, br\r
Upgrade-Insecure-Requests: 1\r
"""


@dataclasses.dataclass(frozen=True)
class Visit:
    """One request, sent again and again."""
    host: str
    path: str = "/page.html"
    cookie: str = ""

    def text(self, jar=None):
        """The request; with the cookies of a jar, {name: value}, if there is one."""
        pairs = "; ".join(f"{name}={value}" for name, value in jar.items()) if jar else self.cookie
        cookie = f"Cookie: {pairs}\r\n" if pairs else ""
        return (f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\n{BROWSER}{cookie}"
                "\r\n").encode()


@dataclasses.dataclass
class Answer:
    cookies: list   # Set-Cookie lines
    seen: str = ""  # X-Seen: the cookies that reached the application


def ask(port, visit, count, before_each=None, jar=None):
    """Send `count` requests on one connection; return the last answer. A jar gives each request its
    cookies, and takes those of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.makefile("rb") as answers:
            for _ in range(count):
                if before_each:
                    before_each()
                connection.sendall(visit.text(jar))
                answer = read_answer(answers)
                if jar is not None:
                    jar.update(line.partition(";")[0].split("=", 1) for line in answer.cookies)
    return answer


def read_answer(answers):
    status = answers.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"httpd answered {status!r}")
    answer, length = Answer([]), 0
    while (line := answers.readline().rstrip(b"\r\n")):
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "set-cookie":
            answer.cookies.append(value.strip())
        elif name.lower() == "x-seen":
            answer.seen = value.strip()
        elif name.lower() == "content-length":
            length = int(value)
    if len(answers.read(length)) != PAGE_SIZE:
        raise RuntimeError("httpd answered with another page")
    return answer


def check_answer(contender, count, cookies):
    """A contender that does not do its work has no figure."""
    if len(cookies) != count:
        raise RuntimeError(f"{contender.title}: {len(cookies)} cookies in place of {count}")
    for line in cookies:
        words = [part.split("=")[0].strip().lower() for part in line.split(";")[1:]]
        for name, _ in contenders.FLAGS:
            found = words.count(name.lower())
            if (contender.flags and not found) or (contender.flags == "once" and found != 1):
                raise RuntimeError(f"{contender.title}: {name} stands {found} times in {line}")
    if not contender.flags and tuple(cookies) != contenders.COOKIES[:count]:
        raise RuntimeError(f"{contender.title}: the cookies were changed: {cookies}")
