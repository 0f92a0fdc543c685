"""A session that nobody else can read: a login through httpd, and who holds what of it."""

import base64
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path
from typing import NamedTuple

import show
import tour
from ground import CannotRun

USER = "annamaria"
COOKIE = "__Host-Http-cg"
TOKEN = re.compile(COOKIE + "=(1[A-Za-z0-9_-]{48})")
LOGS = ("access.log", "audit.log", "careless.log", "error.log", "sessions.log")
FIRST_NUMBER = 16               # behind the cookies of tour.RETURNS
NEW_CHILDREN_WITHIN_S = 20

# docs/record-format.md: a record begins with a header of 76 octets, a nonce of 12, a tag of 16.
MAGIC, HANDLE_AT, HEADER, NONCE, TAG = b"CGR\x01", 12, 76, 12, 16


class Member(NamedTuple):
    """Who logs in, and what she got for it."""

    password: str
    token: str = ""

    @property
    def cookie(self):
        """As her browser sends it."""
        return f"{COOKIE}={self.token}"

    @property
    def octets(self):
        """The token's handle and its secret."""
        plain = base64.urlsafe_b64decode(self.token[1:])
        return plain[:12], plain[12:]

    def secrets(self):
        """What nobody else may read: (what it is, its octets)."""
        return (("the password", self.password.encode()), ("the token", self.token[1:].encode()),
                ("the token's secret", self.octets[1]))


def make_member(directory):
    """Write the password file that httpd reads; the password itself stands nowhere."""
    password = secrets.token_urlsafe(12)
    made = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=password + "\n",
                          capture_output=True, text=True, check=False)
    if made.returncode:
        raise CannotRun(f"openssl made no password:\n{made.stderr}")
    path = directory / "passwd"
    path.write_text(f"{USER}:{made.stdout}", encoding="ascii")
    path.chmod(0o644)
    return Member(password)


def check(is_so, text):
    """What is wrong, if it is."""
    return [] if is_so else [text]


# -- the server's memory --------------------------------------------------------------------------


def shared_memory(pid):
    """What stands in the shared memory of a process that has a name; None where none can be seen."""
    if not sys.platform.startswith("linux"):
        return None
    found = b""
    for path in named_segments(pid):
        found += Path(path).read_bytes()
    return found


def named_segments(pid):
    """The files that a process shares with others as memory."""
    try:
        lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return sorted({line.split(None, 5)[5] for line in lines
                   if " rw-s " in line and "/dev/shm/" in line and "(deleted)" not in line})


def find_record(memory, handle):
    """Where the one record under a handle begins; -1: there is none, or several."""
    found = [match.start() for match in re.finditer(re.escape(MAGIC), memory)
             if memory[match.start() + HANDLE_AT:][:len(handle)] == handle]
    return found[0] if len(found) == 1 else -1


def readable(memory, member):
    """What of a member can be read in the memory."""
    words = (("the user's name", USER.encode()), *member.secrets())
    return [name for name, octets in words if octets in memory]


def children_of(pid):
    """The ids of a process's children; none where there is no /proc."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = place.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid:
            found.add(int(place.parent.name))
    return found


# -- the stops ------------------------------------------------------------------------------------


def log_in(browser, member):
    """The form as a browser posts it; returns the member with her token, and what is wrong."""
    form = urllib.parse.urlencode({"httpd_username": USER, "httpd_password": member.password})
    answer = browser.ask("POST", "/enter", body=form,
                         **{"Content-Type": "application/x-www-form-urlencoded"})
    show.stop(FIRST_NUMBER, "A login through httpd itself", f"POST /enter  {answer.status}")
    for line in answer.cookies:
        show.labelled("browser", show.shorten(line).split("; "), "; ")
    show.labelled("", "All that the browser holds: 36 random octets. No rule changes this cookie, "
                      "and no backend can set it.".split())
    found = TOKEN.match(answer.cookies[0]) if len(answer.cookies) == 1 else None
    if answer.status != 302 or not found:
        raise CannotRun(f"nobody could log in: status {answer.status}, {len(answer.cookies)} cookies")
    wrong = check(tour.attributes(answer.cookies[0]) == (tour.LAX, []),
                  "the token's cookie has other attributes")
    return member._replace(token=found[1]), wrong


def show_application(browser, member, log):
    """What the application sees of it; log waits for the lines of its log."""
    before = len(log("careless.log", 1, "account "))
    status = browser.ask("GET", "/members", Cookie=f"theme=dark; {member.cookie}").status
    seen = log("careless.log", before + 1, "account ")[before:]
    show.stop(FIRST_NUMBER + 1, "What the application sees", f"GET /members  {status}")
    show.labelled("browser", ["theme=dark", show.shorten(member.cookie)], "; ")
    show.labelled("app log", seen)
    return check(status == 200 and seen == ["account theme=dark"],
                 "the application does not see what it should")


def show_store(pid, member):
    """What the store holds: all of it is looked through."""
    show.stop(FIRST_NUMBER + 2, "What the store holds", "shared memory")
    memory = shared_memory(pid)
    if memory is None:
        show.labelled("", "It can be looked at on Linux alone.".split())
        return []
    at = find_record(memory, member.octets[0])
    if at < 0:
        return ["the session has no record in the store"]
    for label, start, length in (("header", 0, 24), ("nonce", HEADER, NONCE),
                                 ("tag", HEADER + NONCE, TAG)):
        show.labelled(label, [memory[at + start:at + start + length].hex(" ")])
    found = readable(memory, member)
    show.labelled("searched", f"{len(memory):,} octets:".split()
                  + f"the user's name, {', '.join(name for name, _ in member.secrets())}:".split()
                  + ([f"{', '.join(found)} found"] if found else ["none of them is there."]))
    return [f"{name} can be read in the store" for name in found]


def show_graceful(browser, member, pid, log):
    """The session is there for children that were not when it began."""
    old = children_of(pid)
    os.kill(pid, signal.SIGUSR1)
    starts = log("error.log", 2, "resuming normal operations")
    deadline = time.monotonic() + NEW_CHILDREN_WITHIN_S
    while old & children_of(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    left = old & children_of(pid)
    status = browser.ask("GET", "/members", Cookie=member.cookie).status
    show.stop(FIRST_NUMBER + 3, "A graceful restart", f"GET /members  {status}")
    show.labelled("", "All processes that serve are new, and who was logged in still is.".split())
    return (check(len(starts) == 2 and not left, "httpd did not start anew")
            + check(status == 200, "the session is gone after a graceful restart"))


def log_out(browser, member):
    """The token is deleted in the browser and good for nothing."""
    answer = browser.ask("GET", "/leave", Cookie=member.cookie)
    show.stop(FIRST_NUMBER + 4, "A logout, and a copy of the token", f"GET /leave  {answer.status}")
    for line in answer.cookies:
        show.labelled("browser", line.split("; "), "; ")
    late = browser.ask("GET", "/members", Cookie=member.cookie)
    show.labelled("the copy", [f"GET /members  {late.status}"])
    deletion = answer.cookies[0] if len(answer.cookies) == 1 else ""
    return (check(deletion.startswith(COOKIE + "=;") and "Max-Age=0" in deletion,
                  "the token is not deleted at the logout")
            + check(late.status == 401 and not late.cookies, "the token works after the logout"))


def show_logs(directory, member, log):
    """The logs tell of the session by a tag; returns what they should not hold."""
    show.stop(FIRST_NUMBER + 5, "What the logs hold", "%^cs and audit.log")
    events = log("audit.log", 3, '"event":"session"')
    actions = [action for line in events for action in re.findall('"action":"([^"]*)"', line)]
    tags = {tag[1] for tag in (re.search('"session":"([0-9a-f]{16})"', line) for line in events)
            if tag}
    requests = log("sessions.log", 4, f"session: {tags.pop()}") if len(tags) == 1 else []
    for line in requests:
        show.labelled("httpd log", line.split(" "))
    for line in events:
        show.labelled("audit", re.findall('"(?:action|session|user|path)":"[^"]+"', line), ", ")
    show.labelled("", "The tag stands for the session for a day; nothing can be done with it.".split())
    texts = [(name, (directory / name).read_bytes()) for name in LOGS]
    return (check(len(requests) == 4 and actions == ["created", "ended", "refused"],
                  "the logs do not tell of one session from its beginning to its end")
            + [f"{what} stands in {name}" for name, text in texts
               for what, octets in member.secrets() if octets in text])


def show_session(directory, browser, member, log):
    """All of it; returns what is wrong. `log(name, count, containing)` waits for lines of a log."""
    show.heading("A session that nobody else can read")
    pid = int((directory / "httpd.pid").read_text(encoding="ascii"))
    member, wrong = log_in(browser, member)
    wrong += show_application(browser, member, log)
    wrong += show_store(pid, member)
    wrong += show_graceful(browser, member, pid, log)
    wrong += log_out(browser, member)
    wrong += show_logs(directory, member, log)
    return wrong
