"""Guard: the module exports one symbol; the core needs none of httpd's, and crypto.o alone OpenSSL's."""
import os
import pathlib
import re
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("builddir", "."))
NM = os.environ.get("NM", "nm").split()
EXPORTED = {"cookieguard_module"}
HTTPD = re.compile(r"^ap_")
# Every family of libcrypto and libssl that one could be tempted by, not the ones in use alone.
OPENSSL = re.compile(
    r"^(AES|ASN1|BIO|BN|CRYPTO|EC|ERR|EVP|HMAC|MD5|OPENSSL|OSSL|PEM|PKCS5|RAND|RSA|SHA1|SHA256"
    r"|SHA512|SSL|X509)_"
)
# The one member of the core that may know OpenSSL.
CRYPTO = "crypto.o"
# Symbols that the sanitizers' run-time adds to whatever it is built into.
INSTRUMENT = re.compile(r"^_*(asan|ubsan|sancov|sanitizer)|^__(start|stop)___")
SKIP = 77


def symbols(path, *options):
    """The names that nm lists for a file."""
    lines = subprocess.run(
        [*NM, "-P", *options, str(path)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return {line.split()[0] for line in lines if len(line.split()) >= 2}


def needs(archive):
    """What each member of an archive needs from elsewhere: member -> symbols."""
    lines = subprocess.run(
        [*NM, "-A", "-P", "-u", str(archive)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    found = {}
    for member, symbol in re.findall(r"\[([^]]+)\]: *(\S+)", "\n".join(lines)):
        found.setdefault(member, set()).add(symbol)
    return found


def check_core(members):
    """The sentences about symbols that members of the core may not need."""
    wrong = []
    for member, wanted in sorted(members.items()):
        httpd = sorted(filter(HTTPD.match, wanted))
        openssl = sorted(filter(OPENSSL.match, wanted))
        if httpd:
            wrong.append(f"{member} needs {httpd}, which only the glue may have")
        if openssl and member != CRYPTO:
            wrong.append(f"{member} needs {openssl}, which only {CRYPTO} may have")
    if not any(map(OPENSSL.match, members.get(CRYPTO, ()))):
        wrong.append(f"{CRYPTO} is not in the core, or needs nothing of OpenSSL: what is looked at?")
    return wrong


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
    wrong += check_core(needs(core))
    print("\n".join(wrong) or f"one symbol exported; the core needs no httpd, and {CRYPTO} OpenSSL")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FileNotFoundError:
        print(f"{NM[0]} is missing: install binutils")
    except subprocess.CalledProcessError as error:
        print(f"this nm cannot tell: {error.stderr.strip()}")
    sys.exit(SKIP)
