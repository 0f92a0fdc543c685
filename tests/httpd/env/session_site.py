"""A server with sessions (conf/sessions.conf), the gates at which its requests wait, its clock."""
import base64
import contextlib
import hashlib
import socket
import urllib.parse

from env import http1, secret, tools
from env.clock import Clock
from env.httpd import Httpd, make_certificate
from env.scripted import ScriptedBackend
from env.session_client import (ATTRIBUTES, COOKIE, Answer, Pending, over_http2,
                                request_text, spellings)

MODULES = ["session", "auth_form", "auth_basic", "authn_file", "authz_user", "request", "include",
           "ssl", "socache_shmcb", "proxy", "proxy_http"]
MPMS = ("event", "worker", "prefork")
HOST = b"guarded.test"
USERS = ("alice", "bob")


class Gates:
    """Where requests wait that say X-Gate: a socket that httpd's requests connect to."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        path.chmod(0o777)
        self.listener.listen(64)
        self.listener.settimeout(http1.TIMEOUT_S)
        self.waiting = {}  # name -> connections of requests that stand there
        self.made = 0

    def name(self):
        self.made += 1
        return f"gate{self.made}"

    def wait(self, name, count=1):
        """Until so many requests stand at the gate."""
        while len(self.waiting.get(name, ())) < count:
            sock, _ = self.listener.accept()
            with sock.makefile("rb") as said:
                who = said.readline().strip().decode()
            self.waiting.setdefault(who, []).append(sock)

    def open(self, name):
        for sock in self.waiting.pop(name):
            with sock:
                sock.send(b"1")

    def close(self):
        self.listener.close()


class Gate:
    """One of them, while a test needs it."""

    def __init__(self, gates):
        self.gates, self.name = gates, gates.name()

    def wait(self, count=1):
        self.gates.wait(self.name, count)

    def open(self):
        self.gates.open(self.name)


class Site:
    """The server, and what its clients and its backend do and see."""

    def __init__(self, name, mpm="event", *, config="sessions.conf", store_size="8M", flags=(),
                 guard=True, modules=None):
        programs = ["cgi"] if mpm == "prefork" else ["cgid", "http2"]
        self.mpm = mpm
        self.backend = ScriptedBackend()
        self.server = Httpd(
            f"{name}-{mpm}", config, mpm=mpm, guard=guard, flags=flags,
            modules=MODULES + programs if modules is None else modules,
            ports_named=("plain", "tls"),
            defines={"port_backend": self.backend.port, "store_size": store_size})
        root = self.server.root
        make_certificate(root)
        self.server.config.write_text(self.server.config.read_text().replace(
            'Include conf/base.conf', f'Define cert "{root}/cert.pem"\nDefine key "{root}/key.pem"\n'
            f'LoadModule sessionpage_module "{self._page_module(root)}"\nInclude conf/base.conf'))
        (root / "guard").mkdir(mode=0o700)
        self.passwords = {user: secret.value() for user in USERS}
        self._write_users(root / "state" / "users")
        self.gates = Gates(root / "run" / "gate")
        self.clock = Clock(self.server)
        self.clock.stand_still()
        self.tokens = set()
        self.server.expect("AH01873", "AH01909")

    @staticmethod
    def _page_module(root):
        return tools.compiled_module(tools.TESTS / "modules" / "mod_sessionpage.c", root)

    def _write_users(self, path):
        lines = [f"{user}:{{SHA}}{base64.b64encode(hashlib.sha1(word.encode()).digest()).decode()}\n"
                 for user, word in self.passwords.items()]
        path.write_text("".join(lines))

    # -- as Httpd --------------------------------------------------------------------------------

    @property
    def name(self):
        return self.server.name

    @property
    def logs(self):
        return self.server.logs

    def start(self):
        self.server.start()
        return self

    def stop(self):
        self.server.stop()
        self.gates.close()
        self.backend.stop()

    def remove(self):
        self.server.remove()

    # -- requests --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def gate(self):
        """A gate: ask requests to wait there (gate=), wait() for them, open() it."""
        yield Gate(self.gates)

    def headers(self, token=None, *, set=None, gate=None, meet=None, line=None, status=None,
                cookie=COOKIE, more=()):
        """Fields of a request. token: octets, or a list of whole Cookie fields."""
        fields = []
        if isinstance(token, bytes):
            fields.append(("Cookie", cookie + b"=" + token))
        elif token:
            fields += [("Cookie", field) for field in token]
        given = {"X-Set": set, "X-Gate": gate and gate.name, "X-Meet": meet, "X-Line": line,
                 "X-Status": status}
        fields += [(name, value if isinstance(value, bytes) else str(value))
                   for name, value in given.items() if value is not None]
        return fields + list(http1.pairs(more))

    def begin(self, token=None, path="/page", *, host=HOST, body=b"", over="http/1.1", tls=False,
              cookie=COOKIE, attributes=ATTRIBUTES, **words):
        """Sends a request. over: http/1.1, or h2 (which cannot be left pending)."""
        port = self.server.port("tls" if tls else "plain")
        headers = self.headers(token, cookie=cookie, **words)

        def finished(response):
            answer = Answer(response, cookie, attributes)
            self.know(answer.token)
            return answer

        if over == "h2":
            response = over_http2(port, path, host, headers, body, tls)
            return Done(finished(response))
        sock = http1.connect(port, tls)
        sock.sendall(request_text(path, host, headers, body, close=True))
        return Pending(sock, finished)

    def ask(self, token=None, path="/page", **how):
        """A request and its answer."""
        return self.begin(token, path, **how).finish()

    def know(self, token):
        """No log may ever hold it."""
        if token:
            self.tokens.add(token)
            self.logs.values |= spellings(token)

    def login_form(self, user="alice", password=None):
        return urllib.parse.urlencode({
            "httpd_username": user,
            "httpd_password": self.passwords[user] if password is None else password}).encode()

    def login(self, token=None, user="alice", password=None, path="/form/login", **how):
        """By mod_auth_form."""
        return self.ask(token, path, body=self.login_form(user, password), **how)

    def begin_login(self, token=None, user="alice", path="/form/login", **how):
        return self.begin(token, path, body=self.login_form(user), **how)

    def basic(self, user="alice", password=None):
        """Authorization for mod_auth_basic."""
        word = self.passwords[user] if password is None else password
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()}

    def new_session(self, **keys):
        """A session that its token was once presented for; returns the token."""
        told = urllib.parse.urlencode(keys or {"a": "1"})
        token = self.ask(set=told).token
        assert token, "the application had something to keep, and no token came"
        assert self.ask(token).session == (keys or {"a": "1"})
        return token

    def session_events(self, action=None):
        """Records of the audit log about sessions."""
        return [record for record in self.server.audit() if record["event"] == "session"
                and action in (None, record["action"])]

    def held_in(self, token):
        """Names of all files of logs that hold any spelling of a token."""
        found = []
        for path in (self.server.root / "logs").iterdir():
            text = path.read_bytes()
            found += [path.name for spelling in spellings(token) if spelling in text]
        return found


class Done:
    """As Pending, of a request that is finished."""

    def __init__(self, answer):
        self.answer = answer

    def finish(self):
        return self.answer
