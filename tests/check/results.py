"""Counts of tests, and how each kind of runner tells them."""
import base64
import dataclasses
import pathlib
import re
import xml.etree.ElementTree


@dataclasses.dataclass
class Counts:
    """How many tests of a stage passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Counts(self.passed + other.passed, self.failed + other.failed,
                      self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def settle(self, exit_code):
        """A runner that failed without naming a test has failed all the same; and one that
        counted nothing has tested nothing."""
        if (exit_code and not self.failed) or not (self.passed + self.failed + self.skipped):
            return self + Counts(failed=1)
        return self


def of_automake(output):
    """The totals that `make check` prints last."""
    def total(*words):
        return sum(int(number[-1]) for word in words
                   if (number := re.findall(rf"^# {word}: +(\d+)$", output, re.MULTILINE)))
    return Counts(total("PASS", "XFAIL"), total("FAIL", "XPASS", "ERROR"), total("SKIP"))


def of_pytest(report):
    """What a pytest report in JUnit's form counts."""
    counts = Counts()
    if not report.is_file():
        return counts
    for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
        number = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        failed = number["failures"] + number["errors"]
        counts += Counts(number["tests"] - failed - number["skipped"], failed, number["skipped"])
    return counts


def of_closing_line(output):
    """The last line `N passed, N failed`, with or without `, N skipped`."""
    lines = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", output, re.MULTILINE)
    return Counts(*(int(number or 0) for number in lines[-1])) if lines else Counts()


def why_fuzzing_failed(output):
    """What a libFuzzer target says about the input that it failed with, and that input."""
    why = [line for line in output.splitlines()
           if re.search(r"is broken: |^wrong: |ERROR: |runtime error: |^SUMMARY: ", line)]
    for name in re.findall(r"Test unit written to (.+)", output):
        unit = pathlib.Path(name)
        text = base64.b64encode(unit.read_bytes()).decode() if unit.is_file() else "is gone"
        why.append(f"{name} in base64: {text}")
    return why or ["no reason is given"]
