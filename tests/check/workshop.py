"""Where the stages work: the copy of the sources, the builds below build/, the logs."""
import os
import pathlib
import re
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
SOURCE = BUILD / "source"
UNPACKED = BUILD / "unpacked"
LOGS = BUILD / "logs"
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else "python3"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
JOBS = f"-j{CORES}"
LONGEST = 20 * 60  # seconds that one command may take; all stages together take less than 30 min

CONFIGURE = {
    "gcc": ["CC=gcc", "--enable-werror"],
    "clang": ["CC=clang", "--enable-werror"],
    "sanitizers": ["CC=gcc", "CFLAGS=-g -O1", "--enable-werror", "--enable-sanitizers"],
    "threads": ["CC=gcc", "CFLAGS=-g -O1 -fsanitize=thread", "LDFLAGS=-fsanitize=thread",
                "--enable-werror"],
    "fuzzing": ["CC=clang", "CFLAGS=-g -O1", "--enable-werror", "--enable-fuzzing"],
}


class Failed(Exception):
    """A stage cannot go on; its text says why."""


class Log:
    """The commands of one stage: all that they print goes into one file below build/logs."""

    def __init__(self, stage):
        LOGS.mkdir(parents=True, exist_ok=True)
        self.path = LOGS / f"{stage}.log"
        self.path.write_bytes(b"")

    def run(self, command, cwd=ROOT, **env):
        """Run a command to its end and return its exit code and what it printed."""
        words = [str(word) for word in command]
        with self.path.open("ab+") as file:
            file.write(f"$ {' '.join(words)}\n".encode())
            file.flush()
            start = file.tell()
            with subprocess.Popen(words, cwd=cwd, env={**os.environ, "LC_ALL": "C.UTF-8", **env},
                                  stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, start_new_session=True) as process:
                try:
                    code = process.wait(LONGEST)
                except subprocess.TimeoutExpired:
                    code = "too long"
                finally:
                    end_group(process.pid)
            file.seek(start)
            return code, file.read().decode(errors="replace")

    def must(self, command, cwd=ROOT, **env):
        """Run a command without which the stage cannot go on; return what it printed."""
        code, output = self.run(command, cwd, **env)
        if code:
            raise Failed(f"{pathlib.Path(str(command[0])).name} ended with {code}")
        return output

    def tail(self, lines=60):
        """The end of the log, for whoever reads the output of a failure."""
        return self.path.read_text(errors="replace").splitlines()[-lines:]


def end_group(group):
    """End what a command has left behind: nothing outlives its stage."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def project_files():
    """Every file of the project, relative to the root: git's list, or in an unpacked tarball all
    that no build has made."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard"],
                                check=True, capture_output=True, text=True).stdout
        return sorted({name for name in listed.split("\0") if os.path.lexists(ROOT / name)} - {""})
    made = re.compile(r"(^|/)(\.libs|\.deps|Makefile|config\.status|libtool)(/|$)|\.(o|lo|la|so)$")
    return sorted(name for p in ROOT.rglob("*") if p.is_file() and BUILD not in p.parents
                  and not made.search(name := p.relative_to(ROOT).as_posix()))


def copy_of_sources(log, made={}):
    """A copy of the sources with a configure in it, made once per run. So that the tree itself
    may be configured or not, and stays as it is."""
    if "copy" in made:
        return SOURCE
    names = project_files()
    for name in names:
        old, new = ROOT / name, SOURCE / name
        if not same_file(old, new):
            new.parent.mkdir(parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            shutil.copy2(old, new, follow_symlinks=False)
    listing = SOURCE / ".files"
    before = listing.read_text().split("\n") if listing.is_file() else []
    for name in set(before) - set(names) - {""}:
        (SOURCE / name).unlink(missing_ok=True)
    listing.write_text("\n".join(names))
    stale = [SOURCE / name for name in ("configure.ac", "Makefile.am")]
    configure = SOURCE / "configure"
    if not configure.exists() or any(p.stat().st_mtime >= configure.stat().st_mtime for p in stale):
        log.must(["autoreconf", "-fi"], cwd=SOURCE)
        os.utime(configure)
    made["copy"] = True
    return SOURCE


def same_file(old, new):
    """Whether a copy is still that of its original."""
    if not os.path.lexists(new) or old.is_symlink() != new.is_symlink():
        return False
    a, b = old.lstat(), new.lstat()
    return (a.st_size, a.st_mtime_ns, a.st_mode) == (b.st_size, b.st_mtime_ns, b.st_mode)


def built(log, name, made={}):
    """The build of this name, configured and made once per run; returns its directory."""
    if name in made:
        if made[name] is None:
            raise Failed(f"the build '{name}' has failed already")
        return made[name]
    made[name] = None
    configure = copy_of_sources(log) / "configure"
    directory = BUILD / name
    directory.mkdir(parents=True, exist_ok=True)
    status = directory / "config.status"
    words = " ".join(CONFIGURE[name])
    told = directory / ".configured"
    fresh = (status.exists() and status.stat().st_mtime > configure.stat().st_mtime
             and told.is_file() and told.read_text() == words)
    if not fresh:
        log.must([configure, *CONFIGURE[name]], cwd=directory)
        told.write_text(words)
    log.must(["make", JOBS], cwd=directory)
    made[name] = directory
    return directory


def module_of(directory):
    """The module in a build."""
    path = directory / ".libs" / "mod_cookieguard.so"
    if not path.is_file():
        raise Failed(f"{path} was not made")
    return path
