"""Debian's Chromium, driven through chromium.cjs: profiles, pages and what its jar holds."""

import itertools
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional

from env import tools
from env.process import session_members, wait_for_pid

DRIVER = Path(__file__).with_name("chromium.cjs")
# All names of the tests are this machine, and no other name is anything.
HOSTS = "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
ENDS_WITHIN_S = 30


def executable():
    """Where Chromium is."""
    found = tools.find_program("chromium", "chromium-browser", "google-chrome")
    if not found:
        raise RuntimeError("no chromium on this machine (Debian: chromium)")
    return found


def node_modules():
    """Where playwright-core is, as `npm ci` installed it beside a copy of package-lock.json."""
    place = os.environ.get("COOKIEGUARD_NODE_MODULES")
    if not place:
        raise RuntimeError("set COOKIEGUARD_NODE_MODULES to the node_modules with playwright-core")
    return Path(place).resolve(strict=True)


class Page(NamedTuple):
    """What stands on the screen."""

    url: str
    status: int
    text: str


class Refusal(NamedTuple):
    """A Set-Cookie line that Chromium did not store, and why, in its own words."""

    line: str
    reasons: list


@dataclass(frozen=True)
class Cookie:
    """One cookie of the jar."""

    name: str
    value: str
    domain: str                 # begins with a dot if sub-domains get it too
    path: str
    secure: bool
    http_only: bool
    same_site: Optional[str]    # None: the cookie did not say
    expires: Optional[float]    # None: a session cookie

    @property
    def host_only(self):
        """Whether it goes to the one host that set it."""
        return not self.domain.startswith(".")

    @property
    def flags(self):
        """Everything but name, value and end, to be compared in one go."""
        return {"secure": self.secure, "http_only": self.http_only, "same_site": self.same_site,
                "path": self.path, "host_only": self.host_only}


class Chromium:
    """One process of Chromium; each visitor has a profile of its own in it."""

    def __init__(self):
        self._names = itertools.count()
        self._driver = subprocess.Popen(
            ["node", str(DRIVER), executable(), HOSTS], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "NODE_PATH": str(node_modules())})

    def ask(self, *words):
        """One command of the driver and its answer."""
        self._driver.stdin.write(json.dumps(words) + "\n")
        self._driver.stdin.flush()
        line = self._driver.stdout.readline()
        if not line:
            raise AssertionError(f"the driver has ended with {self._driver.wait()}")
        told = json.loads(line)
        if "error" in told:
            raise AssertionError(f"{words[0]}: {told['error']}")
        return told["answer"]

    def visitor(self):
        """A new profile."""
        return Visitor(self, f"visitor {next(self._names)}")

    def stop(self):
        """End Chromium, and fail if a process of it is left."""
        self._driver.stdin.close()
        self._driver.wait(ENDS_WITHIN_S)
        for pid in session_members(self._driver.pid):
            wait_for_pid(pid, ENDS_WITHIN_S)
        assert not session_members(self._driver.pid)


class Visitor:
    """Somebody with a browser."""

    def __init__(self, chromium, name):
        self._chromium = chromium
        self._name = name
        self._ask("open")

    def _ask(self, command, *words):
        return self._chromium.ask(command, self._name, *words)

    def visit(self, url):
        """Type an address."""
        return Page(**self._ask("visit", url))

    def follow(self, url):
        """Click a link of the current page."""
        return Page(**self._ask("follow", url))

    def post(self, url, **fields):
        """Send a form of the current page."""
        return Page(**self._ask("post", url, fields))

    def run(self, script, value=None):
        """What a script of the current page returns; it knows `value`."""
        return self._ask("run", script, value)

    def jar(self, name=None):
        """All cookies of the profile, or those of one name."""
        return [Cookie(c["name"], c["value"], c["domain"], c["path"], c["secure"], c["httpOnly"],
                       c.get("sameSite"), None if c["session"] else c["expires"])
                for c in self._ask("jar") if name in (None, c["name"])]

    def refusal(self):
        """The next line that Chromium has refused; waits for it."""
        return Refusal(**self._ask("refusal"))

    def refused(self):
        """The lines that Chromium has told of so far, to be sure that there is none."""
        return [Refusal(**told) for told in self._ask("refused")]

    def early(self):
        """The header fields of the next 103, names in lower case; waits for it."""
        return {name.lower(): value for name, value in self._ask("early").items()}

    def forget(self):
        """Empty the jar."""
        self._ask("forget")

    def leave(self):
        """Throw the profile away."""
        self._ask("close")
