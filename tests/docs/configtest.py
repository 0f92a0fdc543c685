"""`apache2 -t` on a configuration of the documents, with the module that was built."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from documents import TOP

# What the examples may use besides the module itself, in an order in which httpd can load them.
MODULES = ["mpm_event", "authn_core", "authz_core", "authz_host", "alias", "dir", "mime", "env",
           "setenvif", "headers", "rewrite", "proxy", "proxy_http", "socache_shmcb", "ssl", "cgid"]


def httpd():
    found = os.environ.get("HTTPD") or shutil.which("apache2") or shutil.which("httpd")
    return found or "/usr/sbin/apache2"


def apxs(question):
    tool = shutil.which("apxs") or shutil.which("apxs2")
    return subprocess.run([tool, "-q", question], text=True, capture_output=True,
                          check=True).stdout.strip()


def module_path():
    """The module under test: COOKIEGUARD_MODULE, or what make left here."""
    given = os.environ.get("COOKIEGUARD_MODULE")
    return Path(given) if given else TOP / ".libs" / "mod_cookieguard.so"


def base(root, modules=MODULES, extra=""):
    """The lines around an example: enough for httpd to read it."""
    directory = Path(apxs("LIBEXECDIR"))
    loads = [f"LoadModule {name}_module {directory}/mod_{name}.so" for name in modules
             if (directory / f"mod_{name}.so").exists()]
    for name in ("logs", "htdocs"):
        (root / name).mkdir(exist_ok=True)
    return "\n".join([
        f'ServerRoot "{root}"', "ServerName docs.example", "Listen 127.0.0.1:1",
        f'Define APACHE_LOG_DIR "{root}/logs"', f'PidFile "{root}/httpd.pid"',
        f'DefaultRuntimeDir "{root}"', f'DocumentRoot "{root}/htdocs"', 'ErrorLog "logs/error.log"',
        *loads, extra, ""])


def load_line():
    return f"LoadModule cookieguard_module {module_path()}\n"


def run(root, text, *arguments):
    """Run httpd over a configuration; return its exit status and all that it said."""
    path = root / "httpd.conf"
    # An example may say itself how the module is loaded, from where it is installed.
    text = re.sub(r"(LoadModule\s+cookieguard_module)\s+\S+", rf"\1 {module_path()}", text)
    if "LoadModule cookieguard_module" not in text:
        text = load_line() + text
    path.write_text(base(root) + text)
    done = subprocess.run([httpd(), "-d", str(root), "-f", str(path), *(arguments or ("-t",))],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout
