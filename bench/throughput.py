"""Requests per second and processor time, as ratios: all contenders run at once, and a client (ab)
asks them in turn, a fraction of a second each, round after round. What the machine does besides
falls on all of them."""
import contextlib
import os
import re
import statistics
import subprocess

from env.process import session_members  # found by way of server.py

import contenders
import server

CONNECTIONS = 8


def ask_many(port, count, requests):
    """Send requests over keep-alive connections; return how many a second were answered."""
    output = subprocess.run(
        ["ab", "-q", "-k", f"-c{CONNECTIONS}", f"-n{requests}", "-H",
         f"Host: {contenders.host_of(count)}", f"http://127.0.0.1:{port}/page.html"],
        check=True, capture_output=True, text=True).stdout
    if not re.search(r"Failed requests:\s+0\n", output) or "Non-2xx" in output:
        raise RuntimeError(f"ab had errors:\n{output}")
    return float(re.search(r"Requests per second:\s+([\d.]+)", output).group(1))


def seconds_used(httpd):
    """Processor time of all processes of a server so far."""
    ticks = 0
    for pid in session_members(httpd.daemon.pid):
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(chosen, count, rounds, requests):
    """Two tables by key: the median of requests per second, and processor seconds per request."""
    with contextlib.ExitStack() as stack:
        httpds = {contender.key: stack.enter_context(
            server.running(contenders.site_of(contender), contender.has_guard, mpm="event"))
            for contender in chosen}
        keys = list(httpds)
        for key in keys:
            ask_many(httpds[key].port, count, requests)  # warms up
        rates = {key: [] for key in keys}
        before = {key: seconds_used(httpds[key]) for key in keys}
        for number in range(rounds):
            for key in keys[number % len(keys):] + keys[:number % len(keys)]:
                rates[key].append(ask_many(httpds[key].port, count, requests))
        used = {key: (seconds_used(httpds[key]) - before[key]) / (rounds * requests)
                for key in keys}
        return {key: statistics.median(rates[key]) for key in keys}, used
