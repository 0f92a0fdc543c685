"""A ./demo that stays until it is told to end."""

import contextlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def started(scratch):
    """Start the demo, all its temporary files below scratch, and wait until it only waits: (process,
    what it has printed). Whoever does not end it before has it killed."""
    with subprocess.Popen([str(ROOT / "demo")], cwd="/", text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "TMPDIR": str(scratch)}) as process:
        try:
            printed = ""
            for line in process.stdout:
                printed += line
                if line.startswith("Ctrl-C"):
                    break
            assert process.poll() is None, printed
            yield process, printed
        finally:
            if process.poll() is None:
                process.kill()
