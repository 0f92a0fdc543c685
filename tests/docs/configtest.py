"""`httpd -t` on a configuration of the documents, with the module that was built."""
import re
import subprocess

from env import tools

# What the examples may use besides the module itself, in an order in which httpd can load them.
MODULES = ["mpm_event", "authn_core", "authz_core", "authz_host", "alias", "dir", "mime", "env",
           "setenvif", "headers", "rewrite", "proxy", "proxy_http", "socache_shmcb", "ssl", "cgid",
           "authn_file", "authz_user", "request", "session", "auth_form"]


def base(root):
    """The lines around an example: enough for httpd to read it."""
    modules = tools.module_directory()
    loads = [f'LoadModule {name}_module "{modules}/mod_{name}.so"' for name in MODULES
             if name not in tools.static_modules()]
    for name in ("logs", "htdocs"):
        (root / name).mkdir(exist_ok=True)
    return "\n".join([
        f'ServerRoot "{root}"', "ServerName docs.example", "Listen 127.0.0.1:1",
        f'Define APACHE_LOG_DIR "{root}/logs"', f'PidFile "{root}/httpd.pid"',
        f'DefaultRuntimeDir "{root}"', f'DocumentRoot "{root}/htdocs"',
        'ErrorLog "logs/error.log"', *loads, ""])


def with_module(text):
    """The text with the module under test, also where an example loads it from its own place."""
    line = f'LoadModule cookieguard_module "{tools.guard_module()}"'
    replaced, count = re.subn(r"^LoadModule\s+cookieguard_module\s.*$", lambda _: line, text,
                              flags=re.MULTILINE)
    return replaced if count else f"{line}\n{text}"


def run(root, text, *arguments):
    """Run httpd over a configuration; return its exit status and all that it said."""
    path = root / "httpd.conf"
    path.write_text(base(root) + with_module(text))
    done = subprocess.run(
        [tools.httpd_binary(), "-d", str(root), "-f", str(path), *(arguments or ("-t",))],
        env={"PATH": tools.SBIN_PATH, **tools.sanitizer_environment()}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout
