"""Requests per second and processor time against httpd alone, in paired rounds.

All servers run at once, and a client (ab) asks one at a time, a fraction of a second each. A round
asks httpd alone, the contender, the contender, httpd alone: what the machine does besides falls on
both, and a drift within the round falls out. Of the ratios of all rounds the median counts.
"""
import contextlib
import dataclasses
import glob
import os
import re
import shutil
import statistics
import subprocess
import time

from env.process import session_members  # found by way of server.py

import contenders
import server

CONNECTIONS = 8
WARM_UP = 100  # requests
NORMAL_95 = 1.96  # standard deviations on each side that hold 95 of 100


@dataclasses.dataclass(frozen=True)
class Spread:
    """The median of some ratios, and between which of them it lies with 95 of 100."""
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, ratios):
        ranked = sorted(ratios)
        outside = max(0, int((len(ranked) - NORMAL_95 * len(ranked) ** 0.5) / 2))
        return cls(statistics.median(ranked), ranked[outside], ranked[-1 - outside])


def pinned(processor):
    """What stands before a command that is to stay on one processor, if there are several."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(processor)] if taskset and os.cpu_count() > 1 else []


@dataclasses.dataclass(frozen=True)
class Asked:
    """A server and what it is asked for, again and again. With `before`, visits that are made first,
    the cookies of their answers go with each request."""
    site: str
    module: str
    visit: server.Visit
    before: tuple = ()

    @contextlib.contextmanager
    def running(self):
        with server.running(self.site, self.module, mpm="event",
                            before=lambda httpd: pinned(0)) as httpd:
            jar = {}
            for visit in self.before:
                server.ask(httpd.port, visit, 1, jar=jar)
            cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
            yield httpd, dataclasses.replace(self.visit, cookie=cookie or self.visit.cookie)


def ask_many(port, visit, requests):
    """Send requests over keep-alive connections; return the seconds that they took."""
    cookie = ["-H", f"Cookie: {visit.cookie}"] if visit.cookie else []
    before = time.monotonic()
    output = subprocess.run(
        [*pinned(1), "ab", "-q", "-k", f"-c{CONNECTIONS}", f"-n{requests}", "-H",
         f"Host: {visit.host}", *cookie, f"http://127.0.0.1:{port}{visit.path}"],
        check=True, capture_output=True, text=True).stdout
    if not re.search(r"Failed requests:\s+0\n", output) or "Non-2xx" in output:
        raise RuntimeError(f"ab had errors:\n{output}")
    taken = re.search(r"Time taken for tests:\s+([\d.]+)", output)
    return float(taken.group(1)) if taken else time.monotonic() - before


def seconds_used(httpd):
    """Processor time of all threads of a server so far."""
    nanoseconds = 0
    for pid in session_members(httpd.daemon.pid):
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
                    open(path, encoding="ascii") as stat:
                nanoseconds += int(stat.read().split()[0])
    return nanoseconds / 1e9


def run_once(httpd, visit, requests):
    """Seconds by the clock and of processor time. Some requests go before, so that it makes no
    difference who was asked last."""
    ask_many(httpd.port, visit, min(WARM_UP, requests))
    before = seconds_used(httpd)
    taken = ask_many(httpd.port, visit, requests)
    return taken, seconds_used(httpd) - before


def round_of(alone, other, requests):
    """Requests per second and processor time of a contender, each against httpd alone. Each is a
    server and what it is asked for."""
    runs = [run_once(*each, requests) for each in (alone, other, other, alone)]
    (clock_0, used_0), (clock_1, used_1), (clock_2, used_2), (clock_3, used_3) = runs
    return (clock_0 + clock_3) / (clock_1 + clock_2), (used_1 + used_2) / (used_0 + used_3)


def compare(alone, others, rounds, requests):
    """{key: (spread of requests per second, spread of processor time)} of {key: Asked}, against
    httpd alone."""
    with contextlib.ExitStack() as stack:
        base = stack.enter_context(alone.running())
        running = {key: stack.enter_context(asked.running()) for key, asked in others.items()}
        for each in (base, *running.values()):
            ask_many(each[0].port, each[1], requests)  # warms up
        found = {key: [] for key in running}
        for _ in range(rounds):
            for key, other in running.items():
                found[key].append(round_of(base, other, requests))
    return {key: tuple(Spread.of(ratios) for ratios in zip(*pairs))
            for key, pairs in found.items()}


def measure(chosen, count, rounds, requests):
    """The same for contenders of bench/enforce, whose responses carry so many cookies."""
    def asked(contender):
        return Asked(contenders.site_of(contender), contender.module,
                     server.Visit(contenders.host_of(count)))
    return compare(asked(contenders.BY_KEY["none"]),
                   {contender.key: asked(contender) for contender in chosen}, rounds, requests)
