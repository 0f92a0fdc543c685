"""Instructions per request, counted by valgrind's callgrind.

httpd runs in one process (-X). callgrind writes a dump at the end of each connection, so that a
dump holds the instructions of one connection and its requests. Of two connections with different
numbers of requests the difference quotient is the cost of a request with keep-alive; start-up,
connection and clean-up fall out of it.
"""
import collections
import re

import server

END_OF_CONNECTION = "ap_process_connection"


def command(httpd):
    """What stands before httpd's own command line."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={httpd.dumps}/out",
            f"--dump-after={END_OF_CONNECTION}"]


class Dump:
    """One dump: instructions in all and by function, by itself and with all that it calls."""

    def __init__(self, path):
        self.total = 0
        self.own = collections.Counter()
        self.inclusive = collections.Counter()
        self.calls = collections.Counter()
        self.object_of = {}
        self._names = {"fn": {}, "ob": {}}
        with open(path, encoding="utf-8", errors="replace") as lines:
            self._read(lines)

    def _name(self, kind, text):
        """Names are written once, `(7) name`, and later only as `(7)`."""
        number, name = re.fullmatch(r"\((\d+)\)(?: (.*))?", text).groups()
        return self._names[kind].setdefault(number, name)

    def _read(self, lines):
        function = callee = None
        objects = {"ob": "", "cob": ""}
        is_call = False
        for line in lines:
            key, equals, text = line.rstrip("\n").partition("=")
            if equals and key in ("ob", "cob"):
                objects[key] = self._name("ob", text)
                if key == "ob":
                    objects["cob"] = objects["ob"]
            elif equals and key == "fn":
                function = self._name("fn", text)
                self.object_of[function] = objects["cob"] = objects["ob"]
            elif equals and key == "cfn":
                callee = self._name("fn", text)
            elif equals and key == "calls":
                self.calls[callee] += int(text.split()[0])
                is_call = True
            elif line[:1].isdigit() or line[:1] in "+-*":
                cost = int(line.split()[1])
                self.inclusive[function] += cost
                if not is_call:
                    self.own[function] += cost
                    self.total += cost
                is_call = False


class Quotient:
    """What one request costs: the difference of two dumps over that of their requests."""

    def __init__(self, short, long, requests):
        self.total = (long.total - short.total) / requests
        self.object_of = long.object_of
        for field in ("own", "inclusive", "calls"):
            a, b = getattr(short, field), getattr(long, field)
            setattr(self, field, {name: (b[name] - a[name]) / requests for name in b})


def measure(site, has_guard, visits, requests, check=None):
    """The quotient for each visit, a (host, path) of the site. `check` is given each visit and
    the Set-Cookie lines that it brought."""
    short, long = 10, 10 + requests
    with server.running(site, has_guard, before=command, flag="-X") as httpd:
        for visit in visits:
            for number in (short, short, long):  # the first fills caches
                cookies = server.ask(httpd.port, visit[0], number, visit[1])
            if check:
                check(visit, cookies)
        server.ask(httpd.port, visit[0], 1, visit[1])  # now the dumps of all others are whole
        # The first connection only looked whether httpd is there.
        dumps = [Dump(httpd.dumps / f"out.{number}") for number in range(2, 2 + 3 * len(visits))]
    return [Quotient(dumps[3 * i + 1], dumps[3 * i + 2], requests) for i in range(len(visits))]
