"""The guarded httpd, the application behind it, and that nothing of either is left behind."""

import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from env import ports, tools
from ground import CannotRun
from sessions import named_segments
from tour import SCRIPT

CONFIGURATION = Path(__file__).with_name("httpd.conf")
SESSIONS = Path(__file__).with_name("sessions.conf")
MODULES = ("mpm_event", "unixd", "log_config", "authz_core", "ssl", "proxy", "proxy_http",
           "alias", "cgi", "authn_core", "authn_file", "authz_user", "request", "session",
           "auth_form")
READY_WITHIN_S = 20
SERVER_USERS = ("www-data", "apache", "_www", "daemon", "nobody")


def make_certificate(directory):
    """A self-signed certificate for localhost, good for a week."""
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "7", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", directory / "key.pem", "-out", directory / "cert.pem"],
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"openssl made no certificate:\n{done.stderr}")


def _copy_script(directory):
    """The script where the server's user may run it, wherever the tree stands; its directory."""
    scripts = directory / "scripts"
    scripts.mkdir()
    shutil.copy2(SCRIPT, scripts)
    for place in (directory, scripts, scripts / SCRIPT.name):
        place.chmod(0o755 if place.is_file() else 0o711)
    return scripts


def _module_file(name):
    """Debian and Homebrew have all modules in one package, others have packages of their own."""
    path = Path(tools.module_directory()) / f"mod_{name}.so"
    if not path.exists():
        raise CannotRun(f"{path.name} is missing; Fedora has it in mod_ssl or mod_session")
    return path


def _httpd_command(directory, module, port, application):
    """The command line: what httpd.conf leaves open goes before it with -C."""
    before = [f"Define port {port}", f"Define application {application}",
              f'Define scripts "{_copy_script(directory)}"', f'Define sessions "{SESSIONS}"']
    for name in MODULES:
        if name not in tools.static_modules():
            before.append(f'LoadModule {name}_module "{_module_file(name)}"')
    before.append(f'LoadModule cookieguard_module "{module}"')
    if os.geteuid() == 0:
        known = {entry.pw_name for entry in pwd.getpwall()}
        user = next(name for name in SERVER_USERS if name in known)
        before += [f"User {user}", f"Group #{pwd.getpwnam(user).pw_gid}"]
    command = [tools.httpd_binary(), "-d", str(directory), "-f", str(CONFIGURATION)]
    for line in before:
        command += ["-C", line]
    return command


def start_httpd(directory, module, application):
    """Start httpd on a free port of this machine alone; return the port and its keeper."""
    port = ports.free_port()
    command = _httpd_command(directory, module, port, application)
    test = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    if test.returncode:
        raise CannotRun(f"httpd does not take its configuration:\n{test.stderr}")
    keeper = Keeper([*command, "-D", "FOREGROUND"], directory)
    deadline = time.monotonic() + READY_WITHIN_S
    while not ports.accepts(port):
        if time.monotonic() > deadline:
            keeper.end()
            raise CannotRun("httpd did not start")
        time.sleep(0.02)
    return port, keeper


class Keeper:
    """A small process that starts httpd, waits for this one's end, however it comes about, and
    then ends httpd and removes the directory. A kill -9 of the demo leaves nothing either."""

    def __init__(self, command, directory):
        told, self._alive = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._alive)
            os.setsid()
            _keep(command, directory, told)
        os.close(told)

    def end(self):
        """End httpd, remove the directory, wait until both are done."""
        os.close(self._alive)
        os.waitpid(self._pid, 0)


def _keep(command, directory, told):
    """What the keeper does. It ends without running anything of the process it came from."""
    try:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda *_: None)   # ignored here, but not by httpd after exec
        with open(directory / "httpd.out", "wb") as out:
            httpd = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                     start_new_session=True)
        while select.select([told], [], [], None)[0] and os.read(told, 1):
            pass
        segments = named_segments(httpd.pid)
        httpd.terminate()
        try:
            httpd.wait(READY_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(httpd.pid, signal.SIGKILL)
            httpd.wait()
        for path in segments:       # a store of sessions is there for the next start
            Path(path).unlink(missing_ok=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os._exit(0)


def listen():
    """A loopback socket on a free port, for the application."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def serve(application, listener):
    """Serve the application with a real WSGI server, in a thread that ends with the demo."""
    from waitress.server import create_server
    server = create_server(application, sockets=[listener], threads=4)
    threading.Thread(target=server.run, daemon=True).start()
