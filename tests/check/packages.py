"""What the tests need on this machine: the table tests/packages.debian, read and acted upon."""
import dataclasses
import glob
import importlib.util
import os
import pathlib
import shutil
import subprocess

POLICY = pathlib.Path("/usr/sbin/policy-rc.d")
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
HEADER_PLACES = ("/usr/include", "/usr/include/*", "/usr/local/include", "/opt/homebrew/include",
                 "/opt/homebrew/opt/*/include")


@dataclasses.dataclass
class Package:
    """One line of the table."""

    debian: str
    sign: str = ""
    fedora: str = ""
    homebrew: str = ""
    why: str = ""

    def is_unpacked_only(self):
        return self.sign == "unpack"

    def is_here(self):
        """Whether what the package brings is there, wherever it came from."""
        kind, _, name = self.sign.partition(":")
        if kind == "command":
            return shutil.which(name, path=search_path()) is not None
        if kind == "python":
            return importlib.util.find_spec(name) is not None
        if kind == "file":
            return os.path.exists(name)
        if kind == "header":
            return any(glob.glob(os.path.join(place, name)) for place in HEADER_PLACES)
        return is_installed(self.debian)


def search_path():
    """PATH with the places where servers are."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def is_installed(name):
    """Whether dpkg has the package; where there is no dpkg, nobody can say what lacks."""
    if not shutil.which("dpkg-query"):
        return True
    answer = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", name],
                            capture_output=True, text=True, check=False)
    return answer.stdout == "installed"


def read(table):
    """The lines of tests/packages.debian; a short one is `package | why`."""
    packages = []
    for line in table.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) == 2:
                cells = [cells[0], "", "", "", cells[1]]
            packages.append(Package(*cells))
    return packages


def is_debian_12_root():
    """Whether this is the machine on which nothing may be missing."""
    release = pathlib.Path("/etc/os-release")
    words = release.read_text(encoding="utf-8").split() if release.is_file() else []
    return os.geteuid() == 0 and "ID=debian" in words and 'VERSION_ID="12"' in words


def apt_get(*arguments, **options):
    """apt-get without questions; its output is shown only when it fails."""
    done = subprocess.run(["apt-get", *arguments], env={**os.environ, **QUIET}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)
    if done.returncode:
        print(done.stdout)
        raise SystemExit(f"apt-get {' '.join(arguments)} failed")


def install(names):
    """Install packages, with every service's start denied meanwhile."""
    print("Installing what is missing:", *names, flush=True)
    denied = not POLICY.exists()
    if denied:
        POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        POLICY.chmod(0o755)
    try:
        apt_get("install", "-y", "--no-install-recommends", *names)
    finally:
        if denied:
            POLICY.unlink()


def unpack(name, into):
    """Unpack below `into` a package that would start a service if it were installed."""
    print("Unpacking, not installing:", name, flush=True)
    download = into / "download"
    download.mkdir(parents=True, exist_ok=True)
    # As root apt-get hands the download to another user, who may not write here.
    apt_get("-o", "APT::Sandbox::User=root", "download", name, cwd=download)
    for file in download.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(file), str(into)], check=True)
        file.unlink()
    (into / f".{name}").touch()


def make_ready(packages, unpacked):
    """Install and unpack what is not there yet."""
    to_install = [p.debian for p in packages if not p.is_unpacked_only() and not p.is_here()]
    to_unpack = [p.debian for p in packages
                 if p.is_unpacked_only() and not (unpacked / f".{p.debian}").exists()]
    if to_install or to_unpack:
        apt_get("update")
    if to_install:
        install(to_install)
    for name in to_unpack:
        unpack(name, unpacked)


def prepare(packages, unpacked):
    """Make the machine ready, or say what it lacks. Returns True if nothing may be missing."""
    if is_debian_12_root():
        make_ready(packages, unpacked)
        return True
    missing = [p for p in packages if not p.is_here()]
    if missing:
        print("Missing here, and not installed by this run (that happens on Debian 12 as root):")
        print(f"  {'Debian':20} {'Fedora':20} {'Homebrew':20} for")
        for package in missing:
            print(f"  {package.debian:20} {package.fedora or '-':20} "
                  f"{package.homebrew or '-':20} {package.why}")
    return False
