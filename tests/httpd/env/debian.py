"""Debian packages that would start a service or switch something on: unpacked below build/,
never installed."""
import os
import pathlib
import subprocess

from env.tools import REPO, find_program

UNPACKED = pathlib.Path(os.environ.get("COOKIEGUARD_UNPACKED", REPO / "build" / "unpacked"))


def unpacked(package, marker):
    """Return the path of `marker` inside the unpacked package, or None if it cannot be had."""
    path = UNPACKED / marker
    if not path.exists() and find_program("apt-get") and find_program("dpkg"):
        UNPACKED.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:  # apt downloads as a user of its own
            UNPACKED.chmod(0o777)
        subprocess.run(["apt-get", "download", "-q", package], cwd=UNPACKED, check=False,
                       capture_output=True)
        for archive in UNPACKED.glob(f"{package}_*.deb"):
            subprocess.run(["dpkg", "-x", str(archive), str(UNPACKED)], check=True)
    return path if path.exists() else None
