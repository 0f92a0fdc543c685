"""The stages of ./check: one function each, which returns what it counted."""
import os
import pathlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import results
from results import Counts
from workshop import (BUILD, CORES, JOBS, PYTHON, ROOT, SOURCE, UNPACKED, Failed, Log, built,
                      copy_of_sources, module_of)

FUZZ_RUNS = 200_000  # inputs for each target: a number and not a time, so that a run can be repeated
FEWER_RUNS = {"fuzz_table": 20_000}  # each of its inputs is a table that is made, filled and checked


def make_check(log, build):
    """`make check` in one build."""
    directory = built(log, build)
    code, output = log.run(["make", "check", "VERBOSE=1", JOBS], cwd=directory)
    return results.of_automake(output).settle(code)


def gcc(log):
    """build and make check with gcc, warnings are errors"""
    return make_check(log, "gcc")


def clang(log):
    """build and make check with clang, warnings are errors"""
    return make_check(log, "clang")


def sanitizers(log):
    """build and make check with AddressSanitizer and UBSan"""
    return make_check(log, "sanitizers")


def threads(log):
    """threads that share a table and sessions, under the thread sanitizer"""
    directory = built(log, "threads")
    counts = Counts()
    for source in sorted((ROOT / "tests" / "unit").glob("test_*_threads.c")):
        program = f"tests/unit/{source.stem}"
        log.must(["make", program], cwd=directory)
        code, _ = log.run([directory / program])
        counts += Counts(failed=1) if code else Counts(passed=1)
    return counts.settle(0)


def fuzz_target(directory, source):
    """One target, with a log of its own: its name, its exit code and what it printed."""
    found = BUILD / "fuzz" / source.stem
    (found / "corpus").mkdir(parents=True, exist_ok=True)
    code, output = Log(source.stem).run([
        directory / "tests" / "fuzz" / source.stem,
        f"-runs={FEWER_RUNS.get(source.stem, FUZZ_RUNS)}", "-seed=1", "-timeout=10",
        f"-dict={ROOT}/tests/fuzz/cookie.dict", f"-artifact_prefix={found}/",
        found / "corpus", ROOT / "tests" / "fuzz" / "corpus" / source.stem])
    return source.stem, code, output


def fuzz(log):
    """libFuzzer on each target, a bounded number of inputs"""
    directory = built(log, "fuzzing")
    sources = sorted((ROOT / "tests" / "fuzz").glob("fuzz_*.c"))
    counts = Counts()
    with ThreadPoolExecutor(CORES) as pool:
        for name, code, output in pool.map(lambda source: fuzz_target(directory, source), sources):
            if code:
                print(f"{name} ended with {code}:", *results.why_fuzzing_failed(output),
                      sep="\n    ", flush=True)
            counts += Counts(failed=1) if code else Counts(passed=1)
    return counts.settle(0)


def pytest(log, stage, place, **env):
    """The pytest tests of one directory."""
    directory = ROOT / place
    report = BUILD / "logs" / f"{stage}.xml"
    report.unlink(missing_ok=True)
    code, _ = log.run([PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "--durations=5",
                       f"--junitxml={report}", directory], PYTHONDONTWRITEBYTECODE="1",
                      COOKIEGUARD_UNPACKED=str(UNPACKED), **env)
    return results.of_pytest(report).settle(code)


def pytest_with_node(log, stage):
    """The pytest tests of one directory, with what npm installs from its package-lock.json."""
    module = module_of(built(log, "gcc"))
    place = BUILD / stage
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy2(ROOT / "tests" / stage / name, place / name)
    log.must(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place)
    return pytest(log, stage, f"tests/{stage}", COOKIEGUARD_MODULE=str(module),
                  COOKIEGUARD_NODE_MODULES=str(place / "node_modules"))


def house(log):
    """configure's refusals and options, install and uninstall"""
    copy_of_sources(log)
    return pytest(log, "house", "tests/house", COOKIEGUARD_SOURCE=str(SOURCE))


def server(log):
    """a real httpd with the module"""
    return pytest(log, "server", "tests/httpd",
                  COOKIEGUARD_MODULE=str(module_of(built(log, "gcc"))))


def server_sanitized(log):
    """a real httpd with the module built with sanitizers"""
    module = module_of(built(log, "sanitizers"))
    # httpd's children write their reports as another user, who may not come below build/.
    with tempfile.TemporaryDirectory(prefix="cookieguard-san-") as reports:
        os.chmod(reports, 0o1777)
        counts = pytest(log, "server-sanitized", "tests/httpd", COOKIEGUARD_MODULE=str(module),
                        COOKIEGUARD_SANITIZED="1", COOKIEGUARD_SAN_LOGS=reports)
        found = sorted(pathlib.Path(reports).iterdir())
        for report in found:
            with log.path.open("ab") as file:
                file.write(b"\n" + report.read_bytes())
    return counts + Counts(failed=len(found))


def clients(log):
    """cookie jars of real clients, with and without the module"""
    return pytest_with_node(log, "clients")


def browser(log):
    """Chromium, with and without the module: flags, tossed cookies, sessions, caches"""
    return pytest_with_node(log, "browser")


def docs(log):
    """every example and table of the documents"""
    return pytest(log, "docs", "tests/docs",
                  COOKIEGUARD_MODULE=str(module_of(built(log, "gcc"))))


def mutants(log):
    """a patch per promise that breaks it: a test must fail"""
    source = copy_of_sources(log)
    code, output = log.run([ROOT / "tests" / "mutants" / "run"], COOKIEGUARD_SOURCE=str(source),
                           COOKIEGUARD_BUILD_DIR=str(BUILD / "mutants"))
    return results.of_closing_line(output).settle(code)


def bench(log):
    """a short run of the benchmarks: each contender must answer as it should; no time decides"""
    scripts = ("enforce", "request", "session", "store")
    for script in scripts:
        log.must([ROOT / "bench" / script, "--quick"],
                 COOKIEGUARD_MODULE=str(module_of(built(log, "gcc"))))
    return Counts(passed=len(scripts))


def demo(log):
    """./demo, with and without --once"""
    return pytest(log, "demo", "tests/demo")


def distcheck(log):
    """make distcheck: the tarball builds, tests, installs and uninstalls"""
    log.must(["make", "distcheck", JOBS], cwd=built(log, "gcc"))
    return Counts(passed=1)


# name, function, the commands it needs
STAGES = (
    ("gcc", gcc, ("gcc", "autoreconf", "apxs")),
    ("clang", clang, ("clang", "autoreconf", "apxs")),
    ("sanitizers", sanitizers, ("gcc", "autoreconf", "apxs")),
    ("threads", threads, ("gcc", "autoreconf", "apxs")),
    ("house", house, ("gcc", "autoreconf", "apxs")),
    ("server", server, ("gcc", "apxs", "curl")),
    ("server-sanitized", server_sanitized, ("gcc", "apxs", "curl")),
    ("clients", clients, ("gcc", "apxs", "node", "npm", "curl")),
    ("browser", browser, ("gcc", "apxs", "node", "npm")),
    ("docs", docs, ("gcc", "apxs")),
    ("mutants", mutants, ("gcc", "git")),
    ("fuzz", fuzz, ("clang", "autoreconf", "apxs")),
    ("bench", bench, ("gcc", "apxs", "valgrind", "ab")),
    ("demo", demo, ("gcc", "apxs")),
    ("distcheck", distcheck, ("gcc", "autoreconf", "apxs", "xz")),
)
