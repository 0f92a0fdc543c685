"""What a response path is, for the tables in tests/httpd/paths and for docs/paths.md."""
import dataclasses
import re

from env.lines import KINDS

# Transports of the event MPM: name -> (protocol, over TLS)
TRANSPORTS = {
    "1.0": ("http/1.0", False),
    "1.1": ("http/1.1", False),
    "1.1s": ("http/1.1", True),
    "2": ("h2", False),
    "2s": ("h2", True),
}
HTTP1 = ("1.0", "1.1", "1.1s")
ALL = tuple(TRANSPORTS)


@dataclasses.dataclass(frozen=True)
class Path:
    """One line of the table.

    name       unique, also the id of the test
    words      the path in words, for the docs
    target     URL; {kind} is put in; {key} is the key of `play`
    status     the response's status
    play       line -> bytes of a scripted backend's response
    made       kind -> regular expression of the line that the origin makes by itself;
               without it the case chooses the line (request header X-Line)
    arrives    line -> list of lines as they reach the guard, where httpd changes or repeats
               them; [] where httpd drops the cookie
    sends      kind -> the line to send, where the path needs a special one
    only       which kinds the origin can make, and `why` for the docs
    once_per   name of the class of path: the first path of each class also runs on
               worker and prefork
    raw        bytes to send instead of a request ({host} free form)
    expects    error log lines that the path causes
    interim    status of the interim response that has the cookie, if it is not the final one
    joined     over HTTP/2 httpd joins several lines to one, where no guard takes them apart
    host       the virtual host, if it is not the first one
    before     headers of requests for the same URL that are made first
    unguarded  these go to a server without the module, which has the same entries in its cache
    x_cache    what X-Cache begins with
    enforces   (line, over HTTPS) -> the line as it must leave, where not all can be enforced
    """
    name: str
    words: str
    target: str = "/"
    status: int = 200
    method: str = "GET"
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    play: object = None
    made: dict = None
    arrives: object = None
    sends: dict = None
    only: tuple = KINDS
    why: str = ""
    transports: tuple = ALL
    mpms: tuple = ("event", "worker", "prefork")
    once_per: str = ""
    raw: bytes = b""
    port: str = ""
    expects: tuple = ()
    needs: str = ""
    guarded: bool = True
    interim: int = 0
    joined: bool = False
    host: str = "guarded.test"
    before: tuple = ()
    unguarded: bool = False
    x_cache: str = ""
    enforces: object = None

    def pattern(self, kind):
        return self.made[kind].encode() if self.made else None


def literal(lines):
    """kind -> the exact line, as a `made` table."""
    return {kind: re.escape(line) for kind, line in lines.items()}
