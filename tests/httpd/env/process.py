"""Processes that a test starts, and the proof that none of them is left behind.

Every daemon runs in a session of its own (setsid), so that its children can be found by
the session number in /proc, whoever their parent is by then. Waiting is done on pidfds.
"""
import ctypes
import os
import select
import signal
import subprocess
import time

DEADLINE_S = 30


class ProcessLeft(AssertionError):
    """A daemon was stopped, and something of it still runs."""


def session_members(session):
    """Return {pid: command line} of every living process of a session."""
    members = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
            if int(fields[3]) != session or fields[0] in (b"Z", b"X"):
                continue
            with open(f"/proc/{entry}/cmdline", "rb") as cmdline:
                members[int(entry)] = cmdline.read().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return members


def wait_for_pid(pid, seconds):
    """Wait until a process is gone; tell whether it is."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], seconds)[0])
    finally:
        os.close(fd)


def wait_until(told, what, process=None, seconds=DEADLINE_S):
    """Ask `told()` until it is true. Between two questions, wait on the process: if it
    dies there is nothing more to wait for."""
    deadline = time.monotonic() + seconds
    fd = os.pidfd_open(process.pid) if process and process.poll() is None else None
    try:
        while not told():
            if process is not None and process.poll() is not None:
                raise AssertionError(f"{what}: the process ended with {process.returncode}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {seconds} s")
            select.select([fd] if fd is not None else [], [], [], 0.01)
    finally:
        if fd is not None:
            os.close(fd)


PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _end_with_parent():
    """In the child, before exec: should the tests be killed, the daemon gets a SIGTERM too."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Daemon:
    """One daemon: started in its own session, stopped, reaped and counted."""

    def __init__(self, name, argv, log, env=None, cwd=None):
        self.name = name
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd,
                start_new_session=True, preexec_fn=_end_with_parent)

    @property
    def pid(self):
        return self.process.pid

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def wait_ready(self, told):
        try:
            wait_until(told, f"{self.name} ready", self.process)
        except AssertionError as problem:
            self.kill()
            raise AssertionError(f"{problem}\n{self.output()}") from None

    def kill(self):
        """Gone when this returns, with all that they held."""
        members = session_members(self.pid)
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        for pid in members:
            wait_for_pid(pid, DEADLINE_S)

    def stop(self, how=signal.SIGTERM):
        """Stop it, and fail if a process of its session outlives it."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            if not wait_for_pid(self.pid, DEADLINE_S):
                self.kill()
                raise ProcessLeft(f"{self.name} did not end after signal {how}")
        self.process.wait()
        for pid in session_members(self.pid):
            wait_for_pid(pid, 10)
        left = session_members(self.pid)
        if left:
            self.kill()
            raise ProcessLeft(f"{self.name} left {left}")
