"""One httpd, made of configuration files of tests/httpd/conf in a directory of its own.

A server is started once per (MPM, configuration) and shared by all the cases for it.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from env import http1, http2_client, ports, tools
from env.logs import Logs
from env.process import Daemon, wait_until
from env.shared_memory import remove_stores

BASIC_MODULES = ["authn_core", "authz_core", "authz_host", "mime", "dir", "alias", "headers",
                 "rewrite", "setenvif", "env"]


def make_certificate(directory):
    """A self-signed certificate for the names of the tests."""
    key, cert = directory / "key.pem", directory / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=guarded.test", "-addext",
         "subjectAltName=DNS:guarded.test,DNS:*.guarded.test,DNS:localhost,IP:127.0.0.1",
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)


class Httpd:
    """A server that may run.

    config: name of a file in tests/httpd/conf, or a pathlib.Path
    ports: names; each becomes ${port_NAME}
    flags: words for -D
    guard: load the module under test
    """

    def __init__(self, name, config, *, mpm="event", modules=(), extra_modules=None, ports_named=(),
                 defines=None, flags=(), guard=True, text=""):
        self.name = name
        self.mpm = mpm
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"cg-{name}-"))
        self.ports = {}
        self.flags = list(flags)
        self.guard = guard
        self.daemon = None
        self.preload = []    # libraries that httpd loads first
        self.variables = {}  # and what it finds in its environment
        self._make_directories()
        self.logs = Logs(self.root / "logs")
        for port in ports_named:
            self.ports[port] = ports.free_port()
        self.defines = dict(defines or {})
        self.config = self.root / "conf" / "httpd.conf"
        self.modules = list(dict.fromkeys([f"mpm_{mpm}", *BASIC_MODULES, *modules]))
        self.extra_modules = dict(extra_modules or {})
        self._write_config(config, text)

    def _make_directories(self):
        self.root.chmod(0o755)
        for part in ("conf", "logs", "run", "state"):
            (self.root / part).mkdir()
        shutil.copytree(tools.TESTS / "site", self.root / "site")
        for copied in (tools.TESTS / "conf").glob("*.conf"):
            shutil.copy2(copied, self.root / "conf")
        if os.geteuid() == 0:
            for part in ("state", "site/dav"):
                (self.root / part).mkdir(exist_ok=True)
                shutil.chown(self.root / part, "www-data", "www-data")
        else:
            (self.root / "site" / "dav").mkdir(exist_ok=True)

    def _write_config(self, config, text):
        lines = [f'ServerRoot "{self.root}"']
        for module in self.modules:
            if module.removeprefix("mod_") not in tools.static_modules():
                lines.append(
                    f'LoadModule {module}_module "{tools.module_directory()}/mod_{module}.so"')
        for name, path in self.extra_modules.items():
            lines.append(f'LoadModule {name} "{path}"')
        if self.guard:
            lines.append(f'LoadModule cookieguard_module "{tools.guard_module()}"')
        defines = {"root": self.root, "site": self.root / "site",
                   **{f"port_{k}": v for k, v in self.ports.items()}, **self.defines}
        lines += [f'Define {key} "{value}"' for key, value in defines.items()]
        if os.geteuid() == 0:
            lines += ["User www-data", "Group www-data"]
        lines.append("Include conf/base.conf")
        if config:
            lines.append(f"Include conf/{config}")
        lines.append(text)
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def command(self, *words):
        flags = [part for flag in self.flags for part in ("-D", flag)]
        return [tools.httpd_binary(), "-f", str(self.config), *flags, *words]

    def environment(self):
        keep = {k: v for k, v in os.environ.items() if not k.startswith("APACHE_")}
        keep["PATH"] = tools.SBIN_PATH
        if self.guard:
            keep.update(tools.sanitizer_environment())
        if self.preload:
            keep["LD_PRELOAD"] = " ".join(filter(None, [keep.get("LD_PRELOAD"),
                                                        *map(str, self.preload)]))
        return {**keep, **self.variables}

    def run(self, *words):
        """Run httpd for a question (-t, -D DUMP_...): (exit code, all it printed)."""
        done = subprocess.run(self.command(*words), env=self.environment(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=120)
        return done.returncode, done.stdout

    def start(self):
        before = self._starts()
        self.daemon = Daemon(self.name, self.command("-D", "FOREGROUND"),
                             self.root / "logs" / "stderr_log", env=self.environment())
        try:
            self._wait_for_starts(before + 1)
        except AssertionError as problem:
            self.daemon.kill()
            raise AssertionError(f"{problem}\n{self.daemon.output()}{self.error_log()}") from None
        return self

    def error_log(self):
        try:
            return (self.root / "logs" / "error_log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def _starts(self):
        return self.error_log().count("resuming normal operations")

    def _wait_for_starts(self, count):
        wait_until(lambda: self._starts() >= count, f"{self.name} ready", self.daemon.process)

    def graceful(self, how=signal.SIGUSR1):
        before = self._starts()
        self.daemon.process.send_signal(how)
        self._wait_for_starts(before + 1)

    def restart(self):
        self.graceful(signal.SIGHUP)

    def _let_connections_end(self):
        try:
            wait_until(lambda: not ports.connections_to(self.ports.values()), "connections",
                       seconds=0.3)
        except AssertionError:
            pass  # a client keeps one open: then nothing is about to clean it up

    def stop(self, check=True, how=signal.SIGTERM):
        """Told to stop at once, a child of the event MPM closes the sockets of connections that its
        threads are just about to clean up, and may die of it. So those that come to their end get a
        moment for it; where requests still run, stop with SIGWINCH."""
        if self.daemon:
            self._let_connections_end()
            self.expect("AH03092")  # a connection lingered when httpd was told to stop
            self.daemon.stop(how)
            self.daemon = None
        if check:
            self.logs.check()

    def remove(self):
        remove_stores(self.root)
        shutil.rmtree(self.root)

    def expect(self, *patterns):
        """Name error log lines that what follows causes."""
        import re
        self.logs.allowed += [re.compile(p) for p in patterns]

    def port(self, name="plain"):
        return self.ports[name]

    def request(self, target="/", *, over="http/1.1", tls=False, port=None, **how):
        """One request. over: http/1.0, http/1.1 or h2."""
        number = self.ports[port or ("tls" if tls else "plain")]
        if over == "h2":
            return http2_client.request(number, target, tls=tls, **how)
        return http1.request(number, target, tls=tls, version=over.split("/")[1], **how)

    def log_text(self, name):
        path = self.root / "logs" / name
        return path.read_bytes() if path.exists() else b""

    def audit(self, name="audit_log"):
        """All records of an audit log so far; the schema is asked after each test."""
        return [json.loads(line) for line in self.log_text(name).splitlines()]

    def wait_for_audit(self, told, name="audit_log"):
        """Wait until `told(records)` is true; return the records."""
        wait_until(lambda: told(self.audit(name)), f"{self.name}: audit", self.daemon.process, 20)
        return self.audit(name)
