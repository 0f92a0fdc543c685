"""The cases of the path tables, and how one is run and judged."""
import re

import pytest

from env import http1, lines, secret
from env.paths import TRANSPORTS


def classes(paths):
    """The first path of each class of path."""
    firsts = {}
    for path in paths:
        if path.once_per:
            firsts.setdefault(path.once_per, path)
    return list(firsts.values())


def event_cases(paths):
    return [pytest.param(path, transport, id=f"{path.name}-{transport}")
            for path in paths if "event" in path.mpms for transport in path.transports]


def other_mpm_cases(paths):
    """Worker and prefork: one path of each class, and all that only prefork can run."""
    cases = []
    for mpm in ("worker", "prefork"):
        chosen = [p for p in classes(paths) if mpm in p.mpms]
        chosen += [p for p in paths if p.mpms == (mpm,) and p not in chosen]
        cases += [pytest.param(mpm, p, id=f"{mpm}-{p.name}") for p in chosen]
    return cases


def single_cases(paths):
    """One case per path on event, over TLS where the path allows it."""
    return [pytest.param(p, "1.1s" if "1.1s" in p.transports else p.transports[-1], id=p.name)
            for p in paths if "event" in p.mpms]


class Sent:
    """What was sent on a path for one kind of line, and what came back."""

    def __init__(self, server, backends, path, kind, transport, name=None):
        """name: what the cookie is called instead, where the case chooses the line."""
        self.path, self.kind, self.name = path, kind, name
        protocol, tls = TRANSPORTS[transport]
        self.https = tls and path.port != "early_tls"
        self.is_http2 = protocol == "h2"
        self.value = secret.value()
        self.line = self._line()
        key = ""
        if path.play:
            key = backends.scripted.play(path.play(self.line))
        target = path.target.format(kind=kind, key=key, backend=backends.scripted.port)
        server.expect(*path.expects)
        if path.raw:
            port = path.port if path.port == "early_tls" else ("early_tls" if tls else "early")
            answer = http1.send_raw(server.port(port), path.raw, tls=self.https)
            self.response = http1.parse(answer)
        else:
            headers = {"X-Line": self.line, "X-Value": self.value}
            how = {"over": protocol, "tls": tls, "port": path.port or None, "method": path.method,
                   "host": path.host.encode(), "body": path.body}
            first = backends.unguarded() if path.unguarded else server
            for more in path.before:
                first.request(target, headers={**headers, **more}, **how)
            self.response = server.request(target, headers={**headers, **path.headers}, **how)
        heads = self.response.interim if path.interim else [self.response]
        self.got = [line for head in heads if head.status == (path.interim or head.status)
                    for line in head.set_cookies]
        for line in self.got:
            value = line.split(b";")[0].partition(b"=")[2].strip(b'" ')
            if len(value) >= 8:
                server.logs.values.add(value)

    def _line(self):
        if self.path.sends:
            line = self.path.sends[self.kind].format(value=self.value).encode()
        else:
            line = lines.line_of(self.kind)
        return self.name + b"=" + line.partition(b"=")[2] if self.name else line

    def _misses(self):
        """What shows that the response is not the one that the path is about, or None."""
        statuses = self.path.status if isinstance(self.path.status, tuple) else (
            self.path.status,)
        if self.response.status not in statuses:
            return f"status {self.response.status} and not {self.path.status}"
        x_cache = b"".join(self.response.all(b"x-cache")).decode()
        if not x_cache.startswith(self.path.x_cache):
            return f"X-Cache: {x_cache}"
        return None

    def judge(self, enforced):
        """Return what is wrong with the response, or None."""
        judge = self._judge_made if self.path.made else self._judge_sent
        return self._misses() or judge(enforced)

    def judge_withheld(self):
        """The same where the cookie must not leave at all, in whatever head: as a whole or as a part
        of a field in which several were joined. What the origin calls bare_... has the name of which
        it is asked: else nothing would be shown."""
        heads = [self.response, *self.response.interim]
        left = [line for head in heads for line in head.set_cookies
                if re.search(rb"(?i)(?<!\w)" + re.escape(self.name), line)
                or self.path.made and b"bare_" in line]
        return self._misses() or (f"it left: {left}" if left else None)

    def _judge_sent(self, enforced):
        arrives = self.path.arrives(self.line) if self.path.arrives else [self.line]
        enforce = self.path.enforces or lines.enforced
        wanted = [enforce(line, self.https) for line in arrives] if enforced else arrives
        if self.path.joined and self.is_http2 and not enforced:
            wanted = [b", ".join(arrives)]
        return None if self.got == wanted else f"got {self.got}, wanted {wanted}"

    def _judge_made(self, enforced):
        """The origin made the lines: their form is known, their values are not."""
        if self.path.port.startswith("early"):
            patterns = [pattern.encode() for pattern in self.path.made.values()]
        else:
            count = len(self.path.arrives(b"")) if self.path.arrives else 1
            patterns = [self.path.made[self.kind].encode()] * count
        if len(self.got) != len(patterns):
            return f"got {self.got}, wanted {len(patterns)} lines"
        for line, pattern in zip(self.got, patterns):
            judged = line if enforced else lines.enforced(line, self.https)
            if lines.split_enforced(pattern, judged, self.https) is None:
                return f"got {line}, wanted {pattern}"
            if not enforced and not lines.re.fullmatch(pattern, line):
                return f"got {line}, wanted {pattern} unchanged"
        return None


# Fields that differ by themselves between two servers or two requests. Whether a script's
# body gets a length or chunks depends on how fast the script is.
VARYING = (b"date", b"set-cookie", b"etag", b"expires", b"content-length", b"transfer-encoding",
           b"keep-alive", b"age")


def head_of(response, server):
    """The response's head without what differs by itself."""
    ports_of = "|".join(map(str, server.ports.values())).encode()
    masked = []
    for name, value in response.headers:
        if name.lower() not in VARYING:
            if name.lower() == b"allow":  # a set, in the order of a hash table
                value = b",".join(sorted(value.split(b",")))
            value = re.sub(ports_of, b"PORT", value)
            value = re.sub(b"boundary=.*", b"boundary", value)
            masked.append((name, re.sub(b"cgsecret[0-9a-f]{16}", b"VALUE", value)))
    return masked


def check_report(guarded, bare, backends, path, transport):
    """In Report mode the lines leave as they came, and the head is that of a server without
    the module."""
    check(guarded, backends, path, transport, enforced=False)
    for kind in path.only[:1]:
        with_it = Sent(guarded, backends, path, kind, transport).response
        without = Sent(bare, backends, path, kind, transport).response
        if with_it.status == without.status:
            assert head_of(with_it, guarded) == head_of(without, bare)
            assert ([(head.status, head_of(head, guarded)) for head in with_it.interim] ==
                    [(head.status, head_of(head, bare)) for head in without.interim])


def need(server, path):
    if path.needs and path.needs not in server.have:
        pytest.skip(f"{path.needs} is not on this machine")


def check_withheld(server, backends, path, transport, name):
    """A cookie of this name does not leave on a path."""
    need(server, path)
    assert not Sent(server, backends, path, path.only[0], transport, name).judge_withheld()


def check(server, backends, path, transport, enforced):
    """Run all kinds of a path; fail with all that is wrong."""
    need(server, path)
    problems = {}
    for kind in path.only:
        problem = Sent(server, backends, path, kind, transport).judge(enforced and path.guarded)
        if problem:
            problems[kind] = problem
    assert not problems, problems
