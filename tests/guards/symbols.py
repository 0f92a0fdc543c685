"""Guard: the module exports one symbol, and the core needs none of httpd's or OpenSSL's."""
import os
import pathlib
import re
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("builddir", "."))
NM = os.environ.get("NM", "nm").split()
EXPORTED = {"cookieguard_module"}
FOREIGN = re.compile(r"^(ap_|EVP_|OPENSSL_|SSL_|CRYPTO_|RAND_)")
# Symbols that the sanitizers' run-time adds to whatever it is built into.
INSTRUMENT = re.compile(r"^_*(asan|ubsan|sancov|sanitizer)|^__(start|stop)___")
SKIP = 77


def symbols(path, *options):
    """The names that nm lists for a file."""
    lines = subprocess.run(
        [*NM, "-P", *options, str(path)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return {line.split()[0] for line in lines if len(line.split()) >= 2}


def main():
    module = BUILD / ".libs" / "mod_cookieguard.so"
    core = BUILD / "src" / ".libs" / "libcookieguard.a"
    if not module.is_file() or not core.is_file():
        print(f"{module} or {core} is not built: run make first")
        return 1
    wrong = []
    exported = {s for s in symbols(module, "-D", "--defined-only") if not INSTRUMENT.match(s)}
    if exported != EXPORTED:
        wrong.append(f"the module exports {sorted(exported)}, not {sorted(EXPORTED)}")
    foreign = sorted(s for s in symbols(core, "-u") if FOREIGN.match(s))
    if foreign:
        wrong.append(f"the core needs {foreign}, which only the glue may have")
    print("\n".join(wrong) or "one symbol exported; the core needs neither httpd nor OpenSSL")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FileNotFoundError:
        print(f"{NM[0]} is missing: install binutils")
    except subprocess.CalledProcessError as error:
        print(f"this nm cannot tell: {error.stderr.strip()}")
    sys.exit(SKIP)
