"""A Debian Apache of the test's own: the files of the package apache2 in a temporary directory,
with a2enmod, a2enconf and apache2ctl working on them and on nothing else.

The package is unpacked, never installed: it would start a service.
"""
import grp
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from careless_shop import Shop
from documents import TOP
from env import debian, ports, tools
from env.process import DEADLINE_S, Daemon, wait_for_pid, wait_until

# What stands in sites-enabled: the shop, which httpd takes from the application over plain HTTP.
SHOP = """Listen {port}
<VirtualHost *:{port}>
    ServerName shop.example
    SSLEngine on
    SSLCertificateFile "{root}/cert.pem"
    SSLCertificateKeyFile "{root}/key.pem"
    ErrorLog ${{APACHE_LOG_DIR}}/error.log
    CustomLog ${{APACHE_LOG_DIR}}/access.log combined
    ProxyPass / http://127.0.0.1:{application}/
</VirtualHost>
"""

# curl finds the shop under its name, and trusts its certificate.
CURLRC = """connect-to = "shop.example:443:127.0.0.1:{port}"
cacert = "{root}/cert.pem"
"""


def what_is_missing():
    """The first thing that the sandbox needs and this machine does not have, or None."""
    for program in ("curl", "jq", "perl", "openssl"):
        if not tools.find_program(program):
            return program
    found = debian.unpacked("apache2", "etc/apache2/apache2.conf")
    return None if found else "Debian's package apache2"


class Sandbox:
    """One such Apache, started; commands run in it by `shell`."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="cg-adopt-"))
        self.root.chmod(0o755)
        self.port = ports.free_port()
        self.shop = Shop()
        self.conf = self.root / "etc" / "apache2"
        self.logs = self.root / "log"
        self._copy_package()
        self._write_site()
        self._make_certificate()
        self.environment = self._environment()
        self._enable()
        self.daemon = Daemon("apache2ctl", [str(self.root / "bin" / "apache2ctl"),
                                            "-D", "FOREGROUND"],
                             self.root / "console", env=self.environment)
        self.daemon.wait_ready(lambda: self.starts() == 1)

    def _copy_package(self):
        """The package's files, as they are; mods-available with the module as installed."""
        package = debian.unpacked("apache2", "etc/apache2/apache2.conf").parents[2]
        shutil.copytree(package / "etc" / "apache2", self.conf, symlinks=True)
        shutil.copytree(package / "usr" / "sbin", self.root / "bin", symlinks=True)
        ssl = self.conf / "mods-available" / "ssl.conf"
        ssl.write_text(ssl.read_text().replace("/usr/share/apache2", f"{package}/usr/share/apache2"))
        pair = TOP / "conf" / "debian"
        available = self.conf / "mods-available"
        shutil.copy(pair / "cookieguard.conf", available)
        load = (pair / "cookieguard.load.in").read_text()
        installed = self.root / "modules"
        installed.mkdir()
        (installed / "mod_cookieguard.so").symlink_to(tools.guard_module())
        (available / "cookieguard.load").write_text(
            load.replace("@module_dir@", str(installed)))

    def _write_site(self):
        for name in ("log", "run", "lock", "state"):
            (self.root / name).mkdir()
        if os.geteuid() == 0:
            for name in ("run", "lock"):
                shutil.chown(self.root / name, "www-data", "www-data")
        (self.conf / "ports.conf").write_text("")
        (self.conf / "sites-available" / "shop.conf").write_text(
            SHOP.format(port=self.port, root=self.root, application=self.shop.port))
        (self.root / ".curlrc").write_text(CURLRC.format(port=self.port, root=self.root))
        (self.conf / "apache2.conf").open("a").write("ServerName localhost\n")
        envvars = (self.conf / "envvars").read_text()
        if os.geteuid() != 0:
            user = pwd.getpwuid(os.geteuid())
            group = grp.getgrgid(user.pw_gid)
            envvars = (envvars.replace("RUN_USER=www-data", f"RUN_USER={user.pw_name}")
                       .replace("RUN_GROUP=www-data", f"RUN_GROUP={group.gr_name}"))
        for place, here in (("/var/run/apache2$SUFFIX", "run"), ("/var/lock/apache2$SUFFIX", "lock"),
                            ("/var/log/apache2$SUFFIX", "log")):
            assert place in envvars, envvars
            envvars = envvars.replace(place, str(self.root / here))
        (self.conf / "envvars").write_text(envvars)

    def _make_certificate(self):
        """For the shop's name, signed by itself."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=shop.example",
             "-addext", "subjectAltName=DNS:shop.example",
             "-addext", "basicConstraints=critical,CA:FALSE",
             "-keyout", f"{self.root}/key.pem", "-out", f"{self.root}/cert.pem"],
            check=True, capture_output=True)

    def _environment(self):
        keep = {name: os.environ[name] for name in ("LANG",) if name in os.environ}
        preload = " ".join(f"{key}='{value}'"
                           for key, value in tools.sanitizer_environment().items())
        return {**keep, "HOME": str(self.root), "PATH": f"{self.root}/bin:{tools.SBIN_PATH}",
                "APACHE_CONFDIR": str(self.conf), "APACHE_STATE_DIRECTORY": str(self.root / "state"),
                "APACHE_STARTED_BY_SYSTEMD": "true", "APACHE_ULIMIT_MAX_FILES": "true",
                "APACHE_HTTPD": f"{self._httpd_with(preload)}"}

    def _httpd_with(self, preload):
        """httpd by itself, or a script that starts it with the sanitizers' runtime."""
        if not preload:
            return tools.httpd_binary()
        script = self.root / "bin" / "sanitized-apache2"
        script.write_text(f'#!/bin/sh\nexport {preload}\nexec {tools.httpd_binary()} "$@"\n')
        script.chmod(0o755)
        return script

    def _enable(self):
        """What the installation of the package enables, as far as the shop needs it."""
        for command in ("a2enmod -q mpm_event authz_core authz_host alias dir mime ssl proxy_http",
                        "a2ensite -q shop"):
            status, said = self.shell(command)
            assert status == 0, said

    def starts(self):
        """How often the server has become ready: httpd always logs lines of level notice."""
        log = self.logs / "error.log"
        return log.read_text(errors="replace").count("resuming normal operations") \
            if log.exists() else 0

    def in_sandbox(self, text):
        """The text with the sandbox's places for the machine's."""
        return (text.replace("/etc/apache2", str(self.conf))
                .replace("/var/log/apache2", str(self.logs)))

    def as_printed(self, text):
        """The text as the documents print it."""
        return (text.replace(str(self.conf), "/etc/apache2")
                .replace(str(self.logs), "/var/log/apache2")
                .replace(f":{self.port}", ":443"))

    def shell(self, command):
        """Run one command; return its exit status and what it printed, both streams.

        `apache2ctl graceful` returns before the new configuration is in effect: wait for it.
        """
        starts = self.starts()
        done = subprocess.run(["bash", "-c", self.in_sandbox(command)], env=self.environment,
                              cwd=self.root, text=True, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        if command == "apache2ctl graceful" and done.returncode == 0:
            wait_until(lambda: self.starts() > starts, "graceful", self.daemon.process)
        return done.returncode, self.as_printed(done.stdout)

    def close(self):
        """Stop httpd itself, whatever its configuration is like by now; a signal to apache2ctl
        would leave it behind."""
        os.kill(int((self.root / "run" / "apache2.pid").read_text()), signal.SIGTERM)
        wait_for_pid(self.daemon.pid, DEADLINE_S)
        self.daemon.stop()
        self.shop.stop()
        shutil.rmtree(self.root)
