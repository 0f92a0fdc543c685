"""Fixtures of the server tests: servers that live for the whole session, logs that are
looked at after every test."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

pytest.register_assert_rewrite("env.path_cases", "env.session_client", "env.session_site")

from env.httpd import Httpd  # noqa: E402  pylint: disable=wrong-import-position
from env.path_server import Backends, path_server  # noqa: E402  pylint: disable=wrong-import-position
from env.scripted import ScriptedBackend  # noqa: E402  pylint: disable=wrong-import-position
from env.session_site import MPMS, Site  # noqa: E402  pylint: disable=wrong-import-position


class Servers:
    """Servers by key, started when first asked for, stopped at the end of the session."""

    def __init__(self):
        self.running = {}
        self.failed = {}

    def get(self, key, make):
        """One that does not start does not get any better by being started again."""
        if key in self.failed:
            raise AssertionError(self.failed[key])
        if key not in self.running:
            try:
                self.running[key] = make()
            except Exception as problem:
                self.failed[key] = str(problem)
                raise
        return self.running[key]

    def check_logs(self):
        for server in self.running.values():
            server.logs.check()

    def stop(self):
        problems = []
        for server in self.running.values():
            try:
                server.stop()
                server.remove()
            except AssertionError as problem:
                problems.append(f"{server.name}: {problem}")
        assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def servers():
    running = Servers()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def backends():
    behind = Backends()
    yield behind
    behind.stop()


@pytest.fixture(scope="module")
def origin():
    """A backend that answers as each test says."""
    backend = ScriptedBackend()
    yield backend
    backend.stop()


@pytest.fixture(autouse=True)
def clean_logs(servers):
    """After every test: no unnamed line in an error log, no value in any log."""
    yield
    servers.check_logs()


@pytest.fixture
def paths_server(servers, backends):
    """Function (mpm, mode) -> the server with every path."""
    def find(mpm, mode):
        return servers.get(("paths", mpm, mode), lambda: path_server(mpm, mode, backends))
    backends.unguarded = lambda: find("event", None)
    return find


@pytest.fixture
def start(servers):
    """Function that starts a server of a test's own configuration, once per session and key:
    start(key, config, ...) as Httpd."""
    def begin(key, config, **how):
        return servers.get(key, lambda: Httpd(key, config, **how).start())
    return begin


@pytest.fixture(params=MPMS)
def site(servers, request):
    """A server with sessions, on each MPM."""
    return servers.get(("sessions", request.param), lambda: Site("sessions", request.param).start())


@pytest.fixture
def event_site(servers):
    """The same on the event MPM alone, for what no MPM has a part in."""
    return servers.get(("sessions", "event"), lambda: Site("sessions", "event").start())


@pytest.fixture(scope="session", autouse=True)
def sanitizer_reports():
    """A report of a sanitizer anywhere in the session is a failure."""
    yield
    where = os.environ.get("COOKIEGUARD_SAN_LOGS")
    if where and os.environ.get("COOKIEGUARD_SANITIZED"):
        reports = [p for p in pathlib.Path(where).glob("httpd*") if p.stat().st_size]
        assert not reports, reports[0].read_text(errors="replace")[:5000]
