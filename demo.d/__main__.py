"""./demo: a careless application behind a guarded httpd, shown cookie by cookie.

usage: ./demo [--once]
Without --once it stays until Ctrl-C, so that a browser can look too.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import ground
import sessions
import show

LOG_WITHIN_S = 10


class Ended(BaseException):
    """A signal asked the demo to end."""


def end_on_signals():
    """Let the signals that end a program run the cleaning up."""
    def ended(number, _frame):
        raise Ended(number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)


def wait_for_lines(path, count, containing=""):
    """The lines of a log once there are so many: httpd writes them after the response."""
    deadline = time.monotonic() + LOG_WITHIN_S
    while True:
        text = path.read_text(errors="replace") if path.exists() else ""
        lines = [line for line in text.splitlines() if containing in line]
        if len(lines) >= count or time.monotonic() > deadline:
            return lines
        time.sleep(0.02)


def show_cookies(directory, browser, recorder):
    """Every stop of the tour; returns what was seen."""
    import tour
    show.heading("What the application sends, and what the browser gets")
    everything = []
    for stop in tour.STOPS:
        seen = tour.look(stop, browser, recorder)
        everything.append(seen)
        show.cookie(stop.number, seen)
        if stop.cookie == "session":
            show.labelled("inside", tour.readable_data(seen.sent).split())
        if stop.number == tour.ADDRESS_NUMBER - 1:
            show_address(directory, browser, everything[0].sent.split(";")[0])
    return everything


def show_address(directory, browser, session):
    """The session id in an address: no cookie line shows it."""
    import tour
    answer = browser.ask("GET", "/basket", Cookie=tour.HOST + session)
    browser.ask("GET", answer.location, Cookie=tour.HOST + session)
    show.stop(tour.ADDRESS_NUMBER, "A session id in a URL and in a log",
              f"GET /basket  {answer.status}")
    show.labelled("browser", [f"Location: {answer.location}"])
    for label, name in (("app log", "careless.log"), ("httpd log", "access.log")):
        show.labelled(label, wait_for_lines(directory / name, 1, containing="sid=")[:1])


def show_returns(directory, browser):
    """What comes back and what the application sees of it; returns what is wrong with that."""
    import tour
    show.heading("What the browser sends, and what the application sees")
    session = browser.ask("POST", "/login").cookies[0].split(";")[0].removeprefix(tour.HOST)
    wrong = []
    for number, back in enumerate(tour.RETURNS, 1):
        sent, sees = (text.format(session=session) for text in (back.sends, back.sees))
        status = browser.ask("GET", "/account", Cookie=sent).status
        seen = wait_for_lines(directory / "careless.log", number, containing="account ")
        show.stop(back.number, back.title, f"GET /account  {status}")
        show.labelled("browser", [show.shorten(pair) for pair in sent.split("; ")], "; ")
        show.labelled("app log", [show.shorten(line) for line in seen[number - 1:]])
        if seen[number - 1:] != [f"account {sees}"]:
            wrong.append(f"{back.title}: the application sees something else")
    return wrong


def show_audit(directory, everything):
    """The records and the short form; returns what is wrong with them."""
    import tour
    show.heading("What the audit says")
    lines = wait_for_lines(directory / "audit.log", len(everything) + 1, '"event":"cookie"')
    refused = wait_for_lines(directory / "audit.log", 1, '"event":"cookies-refused"')
    print("One JSON object per cookie, and one for those that were refused. The first of each:\n")
    for label, found in (("cookie", lines), ("refused", refused)):
        show.record(label, json.loads(found[0]) if found else "nothing")
        print()
    print("And the short form %^cg in the access log:\n")
    requests = len(everything) + 3 + len(tour.RETURNS)     # /basket, /checkout and the login
    for line in wait_for_lines(directory / "access.log", requests):
        if not line.endswith(": -"):
            print(f"   {line}"[:show.WIDTH])
    wrong = []
    if len(lines) != len(everything) + 1 or not refused:
        wrong.append(f"{len(lines)} audit records of {len(everything) + 1} cookies,"
                     f" {len(refused)} of refused ones")
    text = "\n".join(lines + refused)
    for seen in everything:
        value = seen.sent.split(";")[0].partition("=")[2]
        if len(value) > 1 and value in text:
            wrong.append(f"the value of {seen.stop.cookie} stands in the audit")
    return wrong


def show_unsolved():
    """What this version leaves as it is; said, not hidden."""
    show.heading("What this version does not solve")
    show.paragraph("3: Readable session data. Flask signs its session cookie and encrypts nothing. "
                   "The module does not touch values, so the browser, its plug-ins and whoever "
                   "finds a copy read what is inside.")
    show.paragraph("4: A session id in an address. The application puts it there, so it stands in "
                   "its redirect, in its log, in Referer headers, and in the server's access log "
                   "where that holds queries. Leave %q and %r out of LogFormat at least.")
    show.paragraph("The audit itself holds neither: no values, and paths without their query.")
    show.paragraph(f"{sessions.FIRST_NUMBER}: A store that outlives the server. A graceful restart keeps "
                   "sessions; after a stop and a start everybody logs in once more.")


def show_places(directory, port, member):
    """Where to look."""
    show.heading("Where to look")
    for name, place in (("browser", f"https://localhost:{port}/  (self-signed: accept it)"),
                        ("curl", f"curl -ki https://localhost:{port}/remember"),
                        ("login", f"https://localhost:{port}/members  ({sessions.USER}, "
                                  f"{member.password})"),
                        ("audit", directory / "audit.log"),
                        ("access", directory / "access.log"),
                        ("errors", directory / "error.log"),
                        ("rules", Path(__file__).with_name("httpd.conf")),
                        ("sessions", Path(__file__).with_name("sessions.conf")),
                        ("mistakes", Path(__file__).with_name("careless.py"))):
        print(f"   {name:9} {place}")


def run(directory, once):
    """The whole demo. Returns the number of things that are not as they should be."""
    module = ground.build(directory)
    import careless
    import guarded
    import tour
    guarded.make_certificate(directory)
    member = sessions.make_member(directory)
    recorder = careless.Recorder(careless.make_application(directory / "careless.log"))
    listener = guarded.listen()
    port, keeper = guarded.start_httpd(directory, module, listener.getsockname()[1])
    try:
        guarded.serve(recorder, listener)
        browser = tour.Browser(port)
        everything = show_cookies(directory, browser, recorder)
        wrong = show_returns(directory, browser)
        wrong += show_audit(directory, everything)
        wrong += sessions.show_session(directory, browser, member, lambda name, *wanted:
                                      wait_for_lines(directory / name, *wanted))
        show_unsolved()
        show_places(directory, port, member)
        wrong += [f"{seen.stop.title}: {w}" for seen in everything for w in seen.wrong]
        print()
        for text in wrong:
            print(show.paint(f"WRONG: {text}", "red"))
        if not wrong:
            print(f"All {len(everything)} cookies are as they should be,"
                  " and nothing that was tossed came in.\n"
                  "The session opened for its token alone.")
        if not once:
            print("Ctrl-C ends it.", flush=True)
            threading.Event().wait()
        return len(wrong)
    finally:
        keeper.end()


def place_for_all():
    """Where temporary files go. The server's user must come through to its script, and root may
    have a place that only root may enter (pam_tmpdir)."""
    usual = Path(tempfile.gettempdir())
    is_open = all(place.stat().st_mode & 0o001 for place in (usual, *usual.parents))
    return usual if is_open or os.geteuid() != 0 else Path("/var/tmp")


def main(words):
    """Exit code 0 if all was as it should be."""
    if set(words) - {"--once"}:
        print(__doc__)
        return 0 if words in (["--help"], ["-h"]) else 2
    end_on_signals()
    try:
        ground.make_ready()
        with tempfile.TemporaryDirectory(prefix="cookieguard-demo-", dir=place_for_all(),
                                         ignore_cleanup_errors=True) as directory:
            return 1 if run(Path(directory), bool(words)) else 0
    except ground.CannotRun as reason:
        print(reason, file=sys.stderr)
        return 1
    except Ended as ended:
        print("\nEnded.")
        return 0 if ended.args[0] == signal.SIGINT else 128 + ended.args[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
