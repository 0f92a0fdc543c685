"""Where httpd and its tools are on this machine."""
import functools
import os
import pathlib
import re
import shutil
import subprocess

REPO = pathlib.Path(__file__).resolve().parents[3]
TESTS = REPO / "tests" / "httpd"
SBIN_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def find_program(*names):
    for name in names:
        found = shutil.which(name, path=SBIN_PATH)
        if found:
            return found
    return None


@functools.lru_cache
def apxs():
    found = os.environ.get("APXS") or find_program("apxs", "apxs2")
    if not found:
        raise RuntimeError("no apxs on this machine (Debian: apache2-dev)")
    return found


@functools.lru_cache
def _apxs_variable(name):
    return subprocess.run([apxs(), "-q", name], check=True, capture_output=True,
                          text=True).stdout.strip()


@functools.lru_cache
def httpd_binary():
    candidate = os.path.join(_apxs_variable("sbindir"), _apxs_variable("progname"))
    found = candidate if os.access(candidate, os.X_OK) else find_program("apache2", "httpd")
    if not found:
        raise RuntimeError("no httpd on this machine (Debian: apache2-bin)")
    return found


def module_directory():
    return pathlib.Path(_apxs_variable("libexecdir"))


@functools.lru_cache
def static_modules():
    listing = subprocess.run([httpd_binary(), "-l"], check=True, capture_output=True,
                             text=True).stdout
    return frozenset(re.findall(r"mod_(\w+)\.c", listing)) | frozenset(
        ["http", "so"] if "http_core.c" in listing else [])


def guard_module():
    """The module under test, as the build made it."""
    path = os.environ.get("COOKIEGUARD_MODULE")
    if not path:
        raise RuntimeError("set COOKIEGUARD_MODULE to the mod_cookieguard.so to test")
    return pathlib.Path(path).resolve(strict=True)


@functools.lru_cache
def compiled_module(source, into):
    """Build one of tests/httpd/modules with apxs; return the shared object."""
    into = pathlib.Path(into)
    copy = into / source.name
    shutil.copy2(source, copy)
    built = subprocess.run([apxs(), "-c", "-Wc,-Wall -Wextra -Werror -std=gnu11", copy.name],
                           cwd=into, capture_output=True, text=True, check=False)
    if built.returncode:
        raise RuntimeError(f"{source.name} does not compile:\n{built.stdout}{built.stderr}")
    return into / ".libs" / (source.stem + ".so")


def compiled_preload(source, into):
    """Build one of tests/httpd/preload; return the shared object."""
    target = pathlib.Path(into) / (source.stem + ".so")
    subprocess.run([*os.environ.get("CC", "cc").split(), "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                    "-O1", "-fPIC", "-shared", str(source), "-o", str(target)], check=True)
    return target


@functools.lru_cache
def sanitizer_environment():
    """What a server needs that loads a module built with sanitizers: their runtime first,
    no leak search (httpd frees by pools), reports into a directory that is read at the end."""
    if not os.environ.get("COOKIEGUARD_SANITIZED"):
        return {}
    linked = subprocess.run(["ldd", str(guard_module())], check=True, capture_output=True,
                            text=True).stdout
    runtimes = re.findall(r"=> (\S*lib(?:clang_rt\.)?(?:asan|ubsan)\S*)", linked)
    reports = os.environ.get("COOKIEGUARD_SAN_LOGS", "")
    where = f":log_path={reports}/httpd" if reports else ""
    return {"LD_PRELOAD": " ".join(runtimes),
            "ASAN_OPTIONS": "detect_leaks=0:detect_odr_violation=0:abort_on_error=1" + where,
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1" + where}
