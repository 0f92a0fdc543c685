"""Sends every case through both servers with curl and lets the three jars judge both outcomes."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import jars

JARS = ("curl", "cookiejar", "tough")


@dataclass
class Outcome:
    """What came through one server for one case, and what each jar made of it."""

    line: bytes = None              # None: httpd let no Set-Cookie pass
    first: bytes = None
    status: int = 0
    asked_at: float = 0.0
    came_at: float = 0.0
    held: dict = field(default_factory=dict)   # jar name -> [Cookie]

    @property
    def lines(self):
        """What reached the client, in the order in which it came."""
        return [line for line in (self.first, self.line) if line is not None]


def url_of(case, scheme):
    """The address of a case as a client sees it; our ports are hidden from the jars."""
    return f"{scheme}://{case.host}{case.path}"


def read_heads(data):
    """Split the heads that curl wrote into [(status, Set-Cookie line or None)]."""
    answers = []
    for head in data.split(b"\r\n\r\n")[:-1]:
        status_line, *fields = head.split(b"\r\n")
        cookies = [value.lstrip(b" ") for name, _, value in (f.partition(b":") for f in fields)
                   if name.lower() == b"set-cookie"]
        if len(cookies) > 1:
            raise AssertionError(f"one line was sent, {len(cookies)} came: {cookies}")
        answers.append((int(status_line.split()[1]), cookies[0] if cookies else None))
    return answers


def ask_with_curl(number, case, scheme, port, directory):
    """Fetch one case with a curl of its own: curl keeps one jar per process."""
    jar, heads = directory / f"{number}.jar", directory / f"{number}.heads"
    url = f"{url_of(case, scheme)}?n={number}"
    urls = [url + "&first=1", url] if case.first is not None else [url]
    command = ["curl", "-q", "-s", "-S", "-k", "-g", "--noproxy", "*", "--path-as-is",
               "--connect-to", f"::127.0.0.1:{port}", "-c", jar, "-D", heads]
    for one in urls:
        command += ["-o", "/dev/null", one]
    outcome = Outcome(asked_at=time.time())
    subprocess.run(command, check=True)
    outcome.came_at = time.time()
    answers = read_heads(heads.read_bytes())
    outcome.status, outcome.line = answers[-1]
    outcome.first = answers[0][1] if len(answers) > 1 else None
    outcome.held["curl"] = jars.read_curl_jar(jar)
    return outcome


def exchange(cases, scheme, bare, guarded, directory, node_modules):
    """Return {case id: (outcome without the module, outcome with it)}."""
    port = "tls" if scheme == "https" else "plain"
    for name in ("bare", "guarded"):
        (directory / name).mkdir()

    def ask_both(numbered):
        number, case = numbered
        return (ask_with_curl(number, case, scheme, bare.port(port), directory / "bare"),
                ask_with_curl(number, case, scheme, guarded.port(port), directory / "guarded"))

    with ThreadPoolExecutor(4) as pool:
        pairs = dict(zip((case.id for case in cases), pool.map(ask_both, enumerate(cases))))
    _judge_with_cookiejar(cases, scheme, pairs)
    _judge_with_tough_cookie(cases, scheme, pairs, node_modules)
    return pairs


def _judge_with_cookiejar(cases, scheme, pairs):
    for case in cases:
        url, both = url_of(case, scheme), pairs[case.id]
        held = jars.same_second(lambda: [jars.judge_with_cookiejar(url, *outcome.lines)
                                         for outcome in both])
        for outcome, cookies in zip(both, held):
            outcome.held["cookiejar"] = cookies


def _judge_with_tough_cookie(cases, scheme, pairs, node_modules):
    for side in (0, 1):
        held = jars.judge_with_tough_cookie(
            {case.id: (url_of(case, scheme), pairs[case.id][side].lines) for case in cases},
            node_modules)
        for case in cases:
            pairs[case.id][side].held["tough"] = held[case.id]
