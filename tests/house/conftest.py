"""What the tests of the build share: a source directory with a configure in it."""
import os
import pathlib
import subprocess
import types

import pytest


@pytest.fixture(scope="session")
def source():
    """./check gives a copy of the sources on which autoreconf has run."""
    place = pathlib.Path(os.environ.get("COOKIEGUARD_SOURCE", pathlib.Path(__file__).parents[2]))
    if not (place / "configure").is_file():
        raise RuntimeError("run autoreconf -fi first, or ./check house")
    return place


@pytest.fixture
def run(tmp_path):
    """Run a command in an empty directory of its own; both outputs come as one text."""
    def call(*command, cwd=tmp_path, **env):
        done = subprocess.run([str(word) for word in command], cwd=cwd, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **env}, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return types.SimpleNamespace(code=done.returncode, text=done.stdout)
    return call
