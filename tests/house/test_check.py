"""./check counts what its runners say, and passes nothing that tested nothing."""
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "check"))

import packages  # noqa: E402
import results  # noqa: E402
from results import Counts  # noqa: E402

AUTOMAKE = """\
# TOTAL: 9
# PASS:  4
# SKIP:  1
# XFAIL: 1
# FAIL:  1
# XPASS: 1
# ERROR: 1
"""
JUNIT = ('<testsuites><testsuite tests="9" failures="2" errors="1" skipped="1"/>'
         '<testsuite tests="1" failures="0" errors="0" skipped="0"/></testsuites>')


def test_automake_totals():
    assert results.of_automake("noise\n" + AUTOMAKE) == Counts(5, 3, 1)
    # test-suite.log repeats the totals: they count once.
    assert results.of_automake(AUTOMAKE + AUTOMAKE) == Counts(5, 3, 1)
    assert results.of_automake("make: *** Error") == Counts()


def test_pytest_report(tmp_path):
    report = tmp_path / "report.xml"
    assert results.of_pytest(report) == Counts()
    report.write_text(JUNIT)
    assert results.of_pytest(report) == Counts(6, 3, 1)


def test_closing_line():
    text = "1 passed, 1 failed\nmore\n12 passed, 0 failed, 3 skipped\n"
    assert results.of_closing_line(text) == Counts(12, 0, 3)
    assert results.of_closing_line("2 passed, 1 failed\n") == Counts(2, 1, 0)
    assert results.of_closing_line("in all 2 passed, 1 failed\n") == Counts()


def test_what_a_fuzz_target_failed_with(tmp_path):
    unit = tmp_path / "crash-1"
    unit.write_bytes(b"SID\n\xff")
    said = f"""\
#1 pulse
once is broken: wrong: a name stands twice
==1== ERROR: libFuzzer: deadly signal
    #0 0x1 in main
SUMMARY: libFuzzer: deadly signal
artifact_prefix='{tmp_path}/'; Test unit written to {unit}
"""
    assert results.why_fuzzing_failed(said) == [
        "once is broken: wrong: a name stands twice", "==1== ERROR: libFuzzer: deadly signal",
        "SUMMARY: libFuzzer: deadly signal", f"{unit} in base64: U0lECv8="]
    unit.unlink()
    assert results.why_fuzzing_failed(said)[-1] == f"{unit} in base64: is gone"
    assert results.why_fuzzing_failed("#1 pulse\n") == ["no reason is given"]


@pytest.mark.parametrize("counted, exit_code, settled", [
    (Counts(3), 0, Counts(3)),
    (Counts(3), 1, Counts(3, 1)),
    (Counts(3, 1), 1, Counts(3, 1)),
    (Counts(), 0, Counts(0, 1)),
    (Counts(3), "too long", Counts(3, 1)),
])
def test_a_runner_that_fails_or_tests_nothing_has_failed(counted, exit_code, settled):
    assert counted.settle(exit_code) == settled


def test_an_unknown_stage_is_refused():
    done = subprocess.run([ROOT / "check", "nonsense"], capture_output=True, text=True,
                          check=False)
    assert done.returncode != 0 and "unknown stage nonsense; known are gcc" in done.stderr


def test_each_package_has_a_reason():
    listed = packages.read(ROOT / "tests" / "packages.debian")
    names = [package.debian for package in listed]
    assert len(names) == len(set(names)) > 20
    assert all(package.why for package in listed)
    kinds = {package.sign.partition(":")[0] for package in listed}
    assert kinds <= {"", "command", "header", "python", "file", "unpack"}
