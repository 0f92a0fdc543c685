"""Sessions over graceful restarts, and over the death of children: none is lost, and no request fails
that would not have failed without the module."""
import contextlib
import itertools
import math
import os
import signal
import threading

import pytest

from env.process import session_members, wait_for_pid, wait_until
from env.session_client import Line, request_text
from env.session_site import HOST, MPMS, Site

GRACEFULS = 20
CLIENTS = 3
BETWEEN = 60  # requests, at least, from one graceful to the next


class Client:
    """Counts up in a session of its own, and looks whether it stands where it left it."""

    def __init__(self, site, stop, keeps):
        self.site, self.stop, self.keeps = site, stop, keeps
        self.token = site.ask(set="n=0").token
        self.saved = {0}  # what the session may hold: two values after a response that did not come
        self.requests = self.errors = 0
        self.lost = []
        self.odd = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        line = None
        try:
            while not self.stop.is_set():
                line = self._ask(line or Line(self.site.server.port()))
        except Exception as problem:  # pylint: disable=broad-except
            self.odd = problem
        if line:
            line.close()

    def _ask(self, line):
        """One request; returns the connection if it can be used again."""
        number = max(self.saved) + 1
        self.requests += 1
        try:
            line.send(request_text("/page", HOST, self.site.headers(self.token, set=f"n={number}"),
                                   close=not self.keeps))
            response = line.receive()
        except OSError:
            self.errors += 1
            self.saved.add(number)  # it may have been
            line.close()
            return None
        self._judge(response, number)
        if self.keeps and response.all(b"connection") != [b"close"]:
            return line
        line.close()
        return None

    def _judge(self, response, number):
        self.errors += response.status != 200
        held = response.body.partition(b"\n")[0]
        if self.token and held not in [b"session=n=%d" % n for n in self.saved]:
            self.lost.append((held, self.saved))
        self.saved = {number}


def hammer(site, keeps, what=None, times=GRACEFULS):
    """Clients at work while that happens so many times; what: a graceful restart."""
    stop = threading.Event()
    clients = [Client(site, stop, keeps) for _ in range(CLIENTS)]
    try:
        for _ in range(times):
            wanted = requests_of(clients) + BETWEEN
            wait_until(lambda: requests_of(clients) >= wanted or any(c.odd for c in clients),
                       "requests", site.server.daemon.process)
            (what or site.server.graceful)()
    finally:
        stop.set()
        for client in clients:
            client.thread.join()
    assert not [client.odd for client in clients if client.odd]
    return clients


def requests_of(clients):
    return sum(client.requests for client in clients)


def errors_of(clients):
    return sum(client.errors for client in clients)


@pytest.fixture(scope="module")
def sites():
    """Function (mpm, guard) that starts a server with one page."""
    started = {}

    def find(mpm, guard=True):
        if (mpm, guard) not in started:
            started[mpm, guard] = Site("graceful" if guard else "bare", mpm, guard=guard,
                                       modules=["session"], config="sessions-graceful.conf").start()
        return started[mpm, guard]

    yield find
    for site in started.values():
        try:
            site.stop()
        finally:
            site.server.stop(check=False)
            site.remove()


@pytest.mark.parametrize("mpm", MPMS)
def test_graceful_under_load_loses_no_session(sites, mpm):
    """With one connection per request nothing fails at all."""
    site = sites(mpm)
    bystander = site.new_session(kept="1")
    clients = hammer(site, keeps=False)
    assert all(client.token for client in clients)
    assert [client.lost for client in clients if client.lost] == []
    assert errors_of(clients) == 0
    assert site.ask(bystander).session == {"kept": "1"}


@pytest.mark.parametrize("mpm", MPMS)
def test_graceful_under_load_with_connections_that_are_kept(sites, mpm):
    """httpd may close a connection that it keeps while the next request is on its way: as often as it
    does without the module, give or take what chance gives and takes."""
    with_it = hammer(sites(mpm), keeps=True)
    assert [client.lost for client in with_it if client.lost] == []
    without = hammer(sites(mpm, guard=False), keeps=True)
    few, many = errors_of(without), errors_of(with_it)
    assert many <= CLIENTS * GRACEFULS  # a connection is closed once for each of them
    assert many <= few + 3 * math.sqrt(few + many) + 3


@pytest.mark.parametrize("mpm", MPMS)
def test_restart_keeps_every_session(sites, mpm):
    """SIGHUP ends all children; the store is not theirs."""
    site = sites(mpm)
    site.server.expect("AH00494|AH00173|AH00298")  # SIGHUP received
    tokens = [site.new_session(n=str(number)) for number in range(20)]
    for _ in range(3):
        site.server.restart()
    for number, token in enumerate(tokens):
        assert site.ask(token).session == {"n": str(number)}


def test_a_request_over_a_graceful_saves(sites):
    """It was begun by a child of the generation before."""
    site = sites("event")
    token = site.new_session()
    with site.gate() as gate:
        slow = site.begin(token, set="b=2", gate=gate)
        gate.wait()
        site.server.graceful()
        assert site.ask(token, set="c=3").session == {"a": "1"}
        gate.open()
        assert slow.finish().is_silent
    assert site.ask(token).session == {"a": "1", "c": "3", "b": "2"}


@pytest.mark.parametrize("mpm", MPMS)
def test_a_child_that_is_killed_takes_no_session_with_it(sites, mpm):
    """Wherever it was: also in the middle of a change, with the lock of it in its hands. prefork runs its
    cleanups in the very place where SIGTERM finds it."""
    site = sites(mpm)
    site.server.expect("AH00052")  # child exits by that signal
    parent = site.server.daemon.pid
    signals = itertools.cycle([signal.SIGKILL, signal.SIGTERM])
    bystander = site.new_session(kept="1")

    def kill_some():
        how = next(signals) if mpm == "prefork" else signal.SIGKILL
        killed = [pid for pid in session_members(parent) if pid != parent][::2]
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):  # it left by itself
                os.kill(pid, how)
        for pid in killed:
            wait_for_pid(pid, 30)

    clients = hammer(site, True, kill_some, 6)
    assert [client.lost for client in clients if client.lost] == []
    assert site.ask(bystander).session == {"kept": "1"}
