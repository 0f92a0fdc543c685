"""./demo: a careless application behind a guarded httpd, shown cookie by cookie.

usage: ./demo [--once]
Without --once it stays until Ctrl-C, so that a browser can look too.
"""

import json
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import ground
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
    status, _, location = browser.ask("GET", "/basket", Cookie=session)
    browser.ask("GET", location, Cookie=session)
    show.stop(tour.ADDRESS_NUMBER, "A session id in a URL and in a log", f"GET /basket  {status}")
    show.labelled("browser", [f"Location: {location}"])
    for label, name in (("app log", "careless.log"), ("httpd log", "access.log")):
        show.labelled(label, wait_for_lines(directory / name, 1, containing="sid=")[:1])


def show_audit(directory, everything):
    """The records and the short form; returns what is wrong with them."""
    show.heading("What the audit says")
    lines = wait_for_lines(directory / "audit.log", len(everything))
    records = [record for record in map(json.loads, lines) if record["event"] == "cookie"]
    print("One JSON object per cookie. The fields of the first:\n")
    if records:
        show.record(records[0])
    print("\nEach of them, in short:\n")
    for record in records:
        print(f"   {record['method']:4} {record['path']:10} {record['status']}  {record['cookie']}")
        show.labelled("", record["changed"] or ["unchanged"])
        show.labelled("", [f"{f['id']} ({f['severity']})" for f in record["findings"]], ", ")
    print("\nAnd the short form %^cg in the access log:\n")
    for line in wait_for_lines(directory / "access.log", len(everything) + 2):
        print(f"   {line}"[:show.WIDTH])
    wrong = []
    if len(records) != len(everything):
        wrong.append(f"{len(everything)} cookies, but {len(records)} audit records")
    text = "\n".join(lines)
    for seen in everything:
        value = seen.sent.split(";")[0].partition("=")[2]
        if value and value in text:
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


def show_places(directory, port):
    """Where to look."""
    show.heading("Where to look")
    for name, place in (("browser", f"https://localhost:{port}/  (self-signed: accept it)"),
                        ("curl", f"curl -ki https://localhost:{port}/remember"),
                        ("audit", directory / "audit.log"),
                        ("access", directory / "access.log"),
                        ("errors", directory / "error.log"),
                        ("rules", Path(__file__).with_name("httpd.conf")),
                        ("mistakes", Path(__file__).with_name("careless.py"))):
        print(f"   {name:9} {place}")


def run(directory, once):
    """The whole demo. Returns the number of things that are not as they should be."""
    module = ground.build(directory)
    import careless
    import guarded
    import tour
    guarded.make_certificate(directory)
    recorder = careless.Recorder(careless.make_application(directory / "careless.log"))
    listener = guarded.listen()
    port, keeper = guarded.start_httpd(directory, module, listener.getsockname()[1])
    try:
        guarded.serve(recorder, listener)
        browser = tour.Browser(port)
        everything = show_cookies(directory, browser, recorder)
        wrong = show_audit(directory, everything)
        show_unsolved()
        show_places(directory, port)
        wrong += [f"{seen.stop.title}: {w}" for seen in everything for w in seen.wrong]
        print()
        for text in wrong:
            print(show.paint(f"WRONG: {text}", "red"))
        if not wrong:
            print(f"All {len(everything)} cookies are as they should be.")
        if not once:
            print("Ctrl-C ends it.", flush=True)
            threading.Event().wait()
        return len(wrong)
    finally:
        keeper.end()


def main(words):
    """Exit code 0 if all was as it should be."""
    if set(words) - {"--once"}:
        print(__doc__)
        return 0 if words in (["--help"], ["-h"]) else 2
    end_on_signals()
    try:
        ground.make_ready()
        with tempfile.TemporaryDirectory(prefix="cookieguard-demo-",
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
