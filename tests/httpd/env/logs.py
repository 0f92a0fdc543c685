"""The logs of a server, read as they grow.

An error log must hold nothing but what always stands there and what a test said it
would cause. No log of any kind may hold a cookie's value.
"""
import json
import re

from env.secret import MARK
from env.tools import REPO

ALWAYS_FINE = [re.compile(text) for text in (
    r"AH00489:",                   # configured -- resuming normal operations
    r"AH00163:", r"AH00292:",      # the same of prefork and worker
    r"AH00094:",                   # command line
    r"AH00491:", r"AH00169:", r"AH00295:",  # caught SIGTERM, shutting down
    r"AH00492:", r"AH00493:", r"AH00297:", r"AH00171:",  # graceful
    r"AH00490:",                   # caught SIGWINCH
    r"AH01232:|AH10033:|AH03090:|AH10034:(?!)",
    r"\[cookieguard:(info|notice)\]",
)]


class Leak(AssertionError):
    """A cookie's value stands in a log."""


class LogFile:
    def __init__(self, path):
        self.path = path
        self.offset = 0

    def new_lines(self):
        """Complete lines written since the last call."""
        try:
            with open(self.path, "rb") as log:
                log.seek(self.offset)
                data = log.read()
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self.offset += end
        return data[:end].split(b"\n")[:-1]


class Logs:
    """All files of a server's log directory."""

    def __init__(self, directory):
        self.directory = directory
        self.files = {}
        self.allowed = []
        self.values = set()
        self.error_lines = []

    def _new(self):
        for path in sorted(self.directory.iterdir()):
            if path.is_file():
                yield path, self.files.setdefault(path, LogFile(path)).new_lines()

    def check(self):
        """Look at what is new in every log."""
        unexpected = []
        for path, lines in self._new():
            self._no_value(path, lines)
            for line in lines:
                if path.name.startswith("error"):
                    text = line.decode(errors="replace")
                    self.error_lines.append(text)
                    if not any(p.search(text) for p in ALWAYS_FINE + self.allowed):
                        unexpected.append(text)
                if path.name.startswith("audit"):
                    check_audit_line(line)
        if unexpected:
            raise AssertionError("lines in the error log that no test named:\n"
                                 + "\n".join(unexpected[:20]))

    def _no_value(self, path, lines):
        text = b"\n".join(lines)
        for value in (MARK.encode(), *self.values):
            if value in text:
                line = next(line for line in lines if value in line)
                raise Leak(f"{path.name}: {value!r} in {line[:600]!r}")


_validator = None


def schema_validator():
    global _validator
    if _validator is None:
        import jsonschema
        with open(REPO / "docs" / "audit.schema.json", encoding="utf-8") as schema:
            loaded = json.load(schema)
        _validator = jsonschema.validators.validator_for(loaded)(loaded)
    return _validator


def check_audit_line(line):
    """Every line is one JSON object that the schema describes; returns it."""
    if len(line) + 1 > 4096:
        raise AssertionError(f"an audit line of {len(line)} bytes: {line[:200]!r}")
    record = json.loads(line)
    problem = next(iter(schema_validator().iter_errors(record)), None)
    if problem:
        raise AssertionError(f"{problem.message} at {list(problem.path)} in {line!r}")
    return record
