"""A raw HTTP/1 client: what it sends and what it got are bytes, nothing is normalised.

One connection per request, closed by the server: when the end of the connection is seen,
httpd has written its log lines for the request.
"""
import dataclasses
import socket
import ssl

TIMEOUT_S = 30


@dataclasses.dataclass
class Response:
    status: int
    head: bytes = b""
    headers: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    interim: list = dataclasses.field(default_factory=list)

    def all(self, name):
        """The values of a field, in order, without the blanks around them."""
        name = name.lower()
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def set_cookies(self):
        return self.all(b"set-cookie")


def tls_context(alpn=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


def connect(port, tls=False, alpn=None, host="127.0.0.1"):
    sock = socket.create_connection((host, port), timeout=TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls:
        sock = tls_context(alpn).wrap_socket(sock, server_hostname="guarded.test")
    return sock


def read_all(sock):
    """Read to the end; a reset after the response counts as the end."""
    parts = []
    while True:
        try:
            part = sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def parse_head(head):
    """Split a response head into (status, [(name, value)]). One blank after the colon
    belongs to the form, all other bytes to the value."""
    lines = head.split(b"\r\n")
    if not lines[0].startswith(b"HTTP/"):
        raise AssertionError(f"not a status line: {lines[0][:200]!r}")
    status = int(lines[0].split(b" ", 2)[1])
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon:
            raise AssertionError(f"not a header line: {line[:200]!r}")
        headers.append((name, value[1:] if value.startswith(b" ") else value))
    return status, headers


def unchunk(data):
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            return body
        body += data[:length]
        data = data[length + 2:]


def parse(data):
    """Parse all that a server sent on one connection for one request."""
    interim = []
    while True:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            raise AssertionError(f"no complete response head in {data[:500]!r}")
        status, headers = parse_head(head)
        if 100 <= status < 200 and status != 101:
            interim.append(Response(status, head, headers))
            data = rest
            continue
        response = Response(status, head, headers, rest, interim)
        if response.all(b"transfer-encoding") == [b"chunked"] and rest:
            response.body = unchunk(rest)
        return response


def send_raw(port, data, tls=False):
    """Send bytes, read to the end, return the bytes."""
    with connect(port, tls) as sock:
        sock.sendall(data)
        return read_all(sock)


def pairs(headers):
    """Fields as (name, value): of a mapping, or as they are, so that a name can stand twice."""
    return headers.items() if hasattr(headers, "items") else headers


def request(port, target="/", *, method="GET", version="1.1", headers=(), body=b"", tls=False,
            host=b"guarded.test"):
    lines = [method.encode() + b" " + target.encode() + b" HTTP/" + version.encode()]
    given = [(k.encode() if isinstance(k, str) else k, v.encode() if isinstance(v, str) else v)
             for k, v in pairs(headers)]
    if not any(k.lower() == b"host" for k, _ in given):
        lines.append(b"Host: " + host)
    if version == "1.1" and not any(k.lower() == b"connection" for k, _ in given):
        lines.append(b"Connection: close")
    lines += [k + b": " + v for k, v in given]
    if body or method in ("POST", "PUT"):
        lines.append(b"Content-Length: %d" % len(body))
    data = b"\r\n".join(lines) + b"\r\n\r\n" + body
    return parse(send_raw(port, data, tls))
