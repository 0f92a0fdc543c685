"""Three cookie jars of real clients: curl's engine, Python's http.cookiejar, tough-cookie.

Each takes the lines of one case, one after the other, into a jar of its own and tells what the
jar then holds as a list of Cookie.
"""

import http.cookiejar
import json
import os
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Optional

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cookie:
    """One cookie as a jar holds it; text carries a byte per character."""

    name: str
    value: Optional[str]
    path: str
    domain: str
    host_only: bool
    expires: Optional[int]
    secure: bool
    http_only: bool
    same_site: Optional[str] = None

    @property
    def identity(self):
        """What must be the same with and without the module, but for the expiry's second."""
        return (self.name, self.value, self.path, self.domain, self.host_only)


def read_curl_jar(path):
    """Read a cookie file as curl -c writes it (the Netscape format)."""
    cookies = []
    for line in path.read_bytes().decode("latin-1").split("\n"):
        http_only = line.startswith("#HttpOnly_")
        if http_only:
            line = line[len("#HttpOnly_"):]
        if not line.strip() or line.startswith("#"):
            continue
        domain, tail, cookie_path, secure, expires, name, value = line.split("\t")
        cookies.append(Cookie(name, value, cookie_path, domain, tail == "FALSE",
                              int(expires) or None, secure == "TRUE", http_only))
    return cookies


def same_second(judge):
    """Judge within one second of the clock: http.cookiejar reads it, and a Max-Age counts from it."""
    while True:
        started = int(time.time())
        answer = judge()
        if int(time.time()) == started:
            return answer


class _Response:
    """The one thing that http.cookiejar asks of a response."""

    def __init__(self, lines):
        self._headers = Message()
        for line in lines:
            self._headers["Set-Cookie"] = line

    def info(self):
        """The header fields."""
        return self._headers


def judge_with_cookiejar(url, *lines):
    """What Python's jar holds when the lines have come as one response each."""
    jar = http.cookiejar.CookieJar()
    for line in lines:
        jar.extract_cookies(_Response([line.decode("latin-1")]), urllib.request.Request(url))
    return [Cookie(c.name, c.value, c.path, c.domain, not c.domain_specified, c.expires,
                   bool(c.secure), any(key.lower() == "httponly" for key in c._rest))
            for c in jar]


def judge_with_tough_cookie(cases, node_modules):
    """What tough-cookie holds for {id: (url, [line, ...])}: one node process for all."""
    asked = [{"id": key, "url": url, "lines": [line.decode("latin-1") for line in lines]}
             for key, (url, lines) in cases.items()]
    done = subprocess.run(["node", str(HERE / "tough_jar.cjs")], input=json.dumps(asked).encode(),
                          stdout=subprocess.PIPE, check=True,
                          env={**os.environ, "NODE_PATH": str(node_modules)})
    return {key: [Cookie(**cookie) for cookie in cookies]
            for key, cookies in json.loads(done.stdout).items()}
