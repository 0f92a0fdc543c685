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
NAME = re.compile(r"\((\d+)\)(?: (.*))?")
POSITION = re.compile(r"[0-9+*-]")


def command(httpd):
    """What stands before httpd's own command line."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={httpd.dumps}/out",
            f"--dump-after={END_OF_CONNECTION}"]


class Dump:
    """One dump: instructions in all; by function, alone and with all that it calls; by line."""

    def __init__(self, path):
        self.total = 0
        self.own = collections.Counter()
        self.inclusive = collections.Counter()
        self.calls = collections.Counter()
        self.lines = collections.Counter()  # by (file, line number)
        self.object_of = {}
        self._names = {}
        with open(path, encoding="utf-8", errors="replace") as lines:
            self._read(lines)

    def _name(self, kind, text):
        """Names are written once, `(7) name`, and later only as `(7)`."""
        number, name = NAME.fullmatch(text).groups()
        return self._names.setdefault((kind, number), name)

    def _read(self, lines):
        function = callee = this_object = file = None
        number = 0
        is_call = False
        for line in lines:
            key, equals, text = line.rstrip("\n").partition("=")
            if not equals:
                if not POSITION.match(line):
                    continue
                where, cost = line.split()
                number = line_number(where, number)
                self.inclusive[function] += int(cost)
                if not is_call:
                    self.own[function] += int(cost)
                    self.lines[file, number] += int(cost)
                    self.total += int(cost)
                is_call = False
            elif key == "ob":
                this_object = self._name("ob", text)
            elif key in ("fl", "fi", "fe"):
                file = self._name("fl", text)
            elif key == "fn":
                function = self._name("fn", text)
                self.object_of[function] = this_object
            elif key == "cfn":
                callee = self._name("fn", text)
            elif key in ("cob", "cfi", "cfl"):
                self._name("ob" if key == "cob" else "fl", text)
            elif key == "calls":
                self.calls[callee] += int(text.split()[0])
                is_call = True


def line_number(text, before):
    """Line numbers are written in full, relative to the one before, or as `*`: the same."""
    if text == "*":
        return before
    return before + int(text) if text[0] in "+-" else int(text)


class Quotient:
    """What one request costs: the difference of two dumps over that of their requests."""

    def __init__(self, short, long, requests):
        self.total = (long.total - short.total) / requests
        self.object_of = long.object_of
        for field in ("own", "inclusive", "calls", "lines"):
            a, b = getattr(short, field), getattr(long, field)
            setattr(self, field, {name: (b[name] - a[name]) / requests for name in b})


SHORT = 10  # requests of a short connection


def measure(site, module, visits, requests, check=None, before=(), jar=None, short=SHORT):
    """The quotient for each visit of the site. `check` is given each visit and its last answer.
    The visits `before` are made first, once each. A jar is that of all visits."""
    long = short + requests
    with server.running(site, module, before=command, flag="-X") as httpd:
        def wait():
            server.wait_for_sleep(httpd.daemon.pid)

        for visit in before:
            server.ask(httpd.port, visit, 1, wait, jar)
        for visit in visits:
            for number in (short, short, long):  # the first fills caches
                answer = server.ask(httpd.port, visit, number, wait, jar)
            if check:
                check(visit, answer)
        server.ask(httpd.port, visit, 1)  # now the dumps of all others are whole
        # The first connection only looked whether httpd is there.
        first = 2 + len(before)
        dumps = [Dump(httpd.dumps / f"out.{first + i}") for i in range(3 * len(visits))]
    return [Quotient(dumps[3 * i + 1], dumps[3 * i + 2], requests) for i in range(len(visits))]
