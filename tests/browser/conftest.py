"""These tests stand on the ground of the server tests: servers, ports, processes."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "httpd")]

import chromium as browser  # noqa: E402
import servers  # noqa: E402


@pytest.fixture(scope="session")
def chromium():
    """Chromium, started once."""
    running = browser.Chromium()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def somebody(chromium):
    """Somebody with a browser: a profile costs more than a test."""
    person = chromium.visitor()
    yield person
    person.leave()


@pytest.fixture
def visitor(somebody):
    """Somebody with a browser whose jar is empty."""
    somebody.forget()
    return somebody


@pytest.fixture(scope="session")
def streets():
    """One street without the module and one with it; both must leave a clean error log."""
    both = []
    try:
        for guarded in (False, True):
            both.append(servers.Street(guarded))
        yield both
        for street in both:
            street.stop()
    finally:
        for street in both:
            street.remove()


@pytest.fixture
def bare(streets):
    """The shop and its neighbours, without the module."""
    return streets[0].tidied()


@pytest.fixture
def guarded(streets):
    """The shop and its neighbours; what the guard does is said by each test."""
    return streets[1].tidied()
