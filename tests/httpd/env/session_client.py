"""What a browser does with a session, and what it gets to see: the token by its cookie, the session
as the application tells it (modules/mod_sessionpage.c)."""
import base64
import dataclasses
import re
import urllib.parse

from env import http1, http2_client

COOKIE = b"__Host-Http-cg"
TOKEN = re.compile(rb"1[A-Za-z0-9_-]{48}")
ATTRIBUTES = {b"path": b"/", b"secure": b"", b"httponly": b"", b"samesite": b"Lax"}
MAX_KEYS = 64


def handle_of(token):
    """The part that finds the record, as octets."""
    return base64.urlsafe_b64decode(token[1:])[:12]


def secret_of(token):
    """The part that opens it, as octets."""
    return base64.urlsafe_b64decode(token[1:])[12:]


def spellings(token):
    """All that gives a token away, in each form in which it could come to stand somewhere."""
    found = {token, token[1:], token[1:17], token[17:]}
    for octets in (handle_of(token), secret_of(token)):
        found |= {octets.hex().encode(), octets.hex().upper().encode(), base64.b64encode(octets)}
    return found


@dataclasses.dataclass
class Answer:
    """A response, and what it says of the session."""
    response: http1.Response
    cookie: bytes = COOKIE
    attributes: dict = dataclasses.field(default_factory=lambda: ATTRIBUTES)

    def __post_init__(self):
        self.token, self.deletes = None, False
        ours = [line for line in self.response.set_cookies
                if line.partition(b"=")[0].strip() == self.cookie]
        if ours:
            (line,) = ours
            self._read(line)
            told = b",".join(self.response.all(b"cache-control"))
            assert b"no-store" in told, f"a token in a response that caches may keep: {told}"
            vary = b",".join(self.response.all(b"vary")).lower().replace(b" ", b"").split(b",")
            assert b"cookie" in vary or b"*" in vary, f"Vary: {vary}"

    def _read(self, line):
        pair, *rest = line.split(b";")
        value = pair.partition(b"=")[2]
        found = {}
        for part in rest:
            name, _, text = part.strip().partition(b"=")
            assert name.lower() not in found, "an attribute stands twice"
            found[name.lower()] = text
        if found.get(b"max-age") == b"0":
            self.deletes = True
            del found[b"max-age"]
            found.pop(b"expires", None)
            assert not TOKEN.search(value), "a token stands in its own deletion"
        else:
            assert TOKEN.fullmatch(value), "what was sent is no token"
            self.token = value
        assert found == self.attributes, found

    @property
    def status(self):
        return self.response.status

    @property
    def is_silent(self):
        """Neither sets our cookie nor deletes it."""
        return self.token is None and not self.deletes

    def _told(self, what):
        for line in self.response.body.split(b"\n"):
            if line.startswith(what + b"="):
                return line.partition(b"=")[2]
        raise AssertionError(f"the application tells no {what.decode()}: "
                             f"{self.response.status} {self.response.body[:200]!r}")

    @property
    def session(self):
        """The session as the application got it: {key: value}."""
        told = urllib.parse.parse_qsl(self._told(b"session").decode(), max_num_fields=MAX_KEYS)
        assert len(dict(told)) == len(told), "a key stands twice"
        return {key: value for key, value in told if key != "expiry"}

    @property
    def cookies(self):
        """Cookie as the application got it."""
        return self._told(b"cookie")

    @property
    def user(self):
        return self._told(b"user").decode()


class Pending:
    """A request that was sent, on a connection of its own."""

    def __init__(self, sock, finished):
        self.sock = sock
        self.finished = finished

    def finish(self):
        with self.sock:
            return self.finished(http1.parse(http1.read_all(self.sock)))


class Line:
    """A connection that is kept, for many requests one after another."""

    def __init__(self, port, tls=False):
        self.sock = http1.connect(port, tls)
        self.left = b""

    def send(self, data):
        self.sock.sendall(data)

    def receive(self):
        """The next response; its body has a length or is in chunks."""
        while b"\r\n\r\n" not in self.left:
            self._more()
        head, _, self.left = self.left.partition(b"\r\n\r\n")
        status, headers = http1.parse_head(head)
        response = http1.Response(status, head, headers)
        length = response.all(b"content-length")
        if length:
            response.body = self._take(int(length[0]))
        elif response.all(b"transfer-encoding"):
            while size := int(self._take_line(), 16):
                response.body += self._take(size)
                self._take_line()
            self._take_line()
        return response

    def _more(self):
        part = self.sock.recv(65536)
        if not part:
            raise ConnectionResetError("the server closed the connection")
        self.left += part

    def _take(self, length):
        while len(self.left) < length:
            self._more()
        taken, self.left = self.left[:length], self.left[length:]
        return taken

    def _take_line(self):
        while b"\r\n" not in self.left:
            self._more()
        line, _, self.left = self.left.partition(b"\r\n")
        return line

    def close(self):
        self.sock.close()


def request_text(target, host, headers, body=b"", close=False):
    """A whole request as octets; POST if it has a body."""
    lines = [b"%s %s HTTP/1.1" % (b"POST" if body else b"GET", target.encode()), b"Host: " + host]
    lines += [k.encode() + b": " + (v.encode() if isinstance(v, str) else v)
              for k, v in http1.pairs(headers)]
    if close:
        lines.append(b"Connection: close")
    if body:
        lines += [b"Content-Type: application/x-www-form-urlencoded",
                  b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def over_http2(port, target, host, headers, body, tls):
    if body:
        headers = [*http1.pairs(headers), ("Content-Type", "application/x-www-form-urlencoded")]
    return http2_client.request(port, target, method="POST" if body else "GET", headers=headers,
                                body=body, tls=tls, host=host)
