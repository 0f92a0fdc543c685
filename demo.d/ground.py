"""What the demo stands on: the packages that it needs, and the module built from these sources."""

import importlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The machine is asked and made ready in one way for all commands of the project.
sys.path[:0] = [str(ROOT / "tests" / "check"), str(ROOT / "tests" / "httpd")]

import packages  # noqa: E402
from env import tools  # noqa: E402

NEEDED = ("gcc", "make", "autoconf", "automake", "libtool", "apache2-dev", "apache2-bin",
          "libapr1-dev", "libssl-dev", "openssl", "python3-flask", "python3-waitress")
SOURCES = ("mod_cookieguard.c", "configure.ac", "Makefile.am", "README.md", "CHANGES.md", "LICENSE",
           "src", "conf")


class CannotRun(Exception):
    """The demo must stop; the text says why and what to do."""


def _is_here(package):
    """Debian calls the server apache2, others httpd: apxs knows where it is."""
    if package.debian == "apache2-bin":
        try:
            return bool(tools.httpd_binary())
        except (RuntimeError, subprocess.CalledProcessError):
            return False
    return package.is_here()


def make_ready():
    """Install what is missing where that is allowed; else say what it is and stop."""
    wanted = [p for p in packages.read(ROOT / "tests" / "packages.debian") if p.debian in NEEDED]
    missing = [p for p in wanted if not _is_here(p)]
    if missing and packages.is_debian_12_root():
        print("This machine lacks", ", ".join(p.debian for p in missing) + ".", flush=True)
        packages.apt_get("update")
        packages.install([p.debian for p in missing])
        importlib.invalidate_caches()
        missing = [p for p in missing if not _is_here(p)]
    if missing:
        lines = [f"  {p.debian:18} {p.fedora:18} {p.homebrew:14} {p.why}" for p in missing]
        raise CannotRun("This is missing (Debian, Fedora, Homebrew; root on Debian 12 gets it from "
                        "./demo):\n" + "\n".join(lines))


def build(scratch):
    """Build the module and return its path. The tree itself stays as it is, configured or not."""
    place = ROOT / "build" / "demo"
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / ".writable").touch()
    except OSError:
        place = Path(scratch) / "build"
        place.mkdir()
    log = place / "build.log"
    print(f"Building in {place} ...", flush=True)
    for name in SOURCES:
        _copy(ROOT / name, place / name)
    with log.open("wb") as out:
        for command in _build_commands(place):
            if _run(command, place, out):
                raise CannotRun(f"{command[0]} failed:\n{_tail(log)}")
    return place / ".libs" / "mod_cookieguard.so"


def _copy(old, new):
    """Copy what has changed since the last time, and nothing that a build in the tree has made."""
    if old.is_dir():
        new.mkdir(exist_ok=True)
        for child in old.iterdir():
            if not child.name.startswith(".") and child.suffix not in (".o", ".lo", ".la"):
                _copy(child, new / child.name)
    elif not new.exists() or old.stat().st_mtime_ns != new.stat().st_mtime_ns:
        shutil.copy2(old, new)


def _build_commands(place):
    """autoreconf and configure only where what they read is newer than what they made."""
    newest = max((place / name).stat().st_mtime for name in ("configure.ac", "Makefile.am"))
    made = place / "config.status"
    if not made.exists() or made.stat().st_mtime < newest:
        yield ["autoreconf", "-fi"]
        yield ["./configure", "--quiet"]
    yield ["make", f"-j{os.cpu_count()}"]


def _run(command, place, out):
    """Run a command to its end; if this one is ended first, so are the command's own children."""
    with subprocess.Popen(command, cwd=place, stdin=subprocess.DEVNULL, stdout=out,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            return process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def _tail(log, lines=25):
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
