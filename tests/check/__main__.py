"""./check: makes the machine ready, runs the stages, prints a line for each and the sum."""
import shutil
import sys
import time

import packages
import stages
import workshop
from results import Counts

USAGE = """usage: ./check [--list] [STAGE...]
Runs every test, or the stages named. The whole takes less than 30 minutes on two cores."""


def run_stage(name, function, commands):
    """One stage: what it counted, and the reason where it could not run."""
    lacking = [c for c in commands if not shutil.which(c, path=packages.search_path())]
    if lacking:
        return Counts(skipped=1), f"skipped: no {', '.join(lacking)} on this machine"
    log = workshop.Log(name)
    try:
        counts, reason = function(log), ""
    except workshop.Failed as failure:
        counts, reason = Counts(failed=1), str(failure)
    if counts.failed:
        print(f"--- the end of {log.path}")
        print("\n".join(log.tail()))
        print(f"--- {name} has failed", flush=True)
    return counts, reason


def choose(words):
    """The stages that the words name; all without words."""
    known = {stage[0]: stage for stage in stages.STAGES}
    unknown = [word for word in words if word not in known]
    if unknown:
        sys.exit(f"unknown stage {', '.join(unknown)}; known are {', '.join(known)}\n{USAGE}")
    return [stage for stage in stages.STAGES if not words or stage[0] in words]


def show(name, counts, seconds, reason):
    """The line of one stage."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    print(f"{name:18} {str(counts):38} {minutes:3}:{rest:02}  {reason}".rstrip(), flush=True)


def main(words):
    if "--help" in words or "-h" in words:
        print(USAGE)
        return 0
    if "--list" in words:
        for name, function, _ in stages.STAGES:
            print(f"{name:18} {function.__doc__}")
        return 0
    chosen = choose(words)
    started = time.monotonic()
    nothing_may_miss = packages.prepare(
        packages.read(workshop.ROOT / "tests" / "packages.debian"), workshop.UNPACKED)
    rows = []
    for name, function, commands in chosen:
        print(f"... {name}: {function.__doc__}", flush=True)
        begun = time.monotonic()
        counts, reason = run_stage(name, function, commands)
        rows.append((name, counts, time.monotonic() - begun, reason))
        show(*rows[-1])
    print()
    for row in rows:
        show(*row)
    total = sum((row[1] for row in rows), Counts())
    show("all", total, time.monotonic() - started, "")
    if nothing_may_miss and total.skipped:
        print(f"On Debian 12 as root nothing may be skipped: {total.skipped} count as failed.")
        total = Counts(total.passed, total.failed + total.skipped)
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
