"""The application servers behind the guarded httpd: PHP-FPM, uWSGI, Tomcat, waitress, Node.

Each is the real program of Debian, started once per session, on free ports of loopback.
`start()` returns None where the program is not on this machine.
"""
import importlib.util
import os
import pathlib
import shutil
import sys
import tempfile

from env import debian, ports, tools
from env.process import Daemon
from env.tools import TESTS

TOMCAT_JARS = ["tomcat10-annotations-api", "tomcat10-api", "tomcat10-catalina",
               "tomcat10-coyote", "tomcat10-el-api", "tomcat10-jaspic-api", "tomcat10-jni",
               "tomcat10-jsp-api", "tomcat10-juli", "tomcat10-servlet-api", "tomcat10-util",
               "tomcat10-util-scan"]


class AppServer:
    """A daemon and the names that the configuration of httpd knows it by."""

    def __init__(self, name):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"cg-{name}-"))
        self.root.chmod(0o755)
        self.name = name
        self.daemon = None
        self.defines = {}

    def run(self, argv, told, **how):
        self.daemon = Daemon(self.name, argv, self.root / "log", **how)
        self.daemon.wait_ready(told)
        return self

    def stop(self):
        self.daemon.stop()
        shutil.rmtree(self.root)


def start_fpm():
    binary = debian.unpacked("php8.2-fpm", "usr/sbin/php-fpm8.2")
    if not binary:
        return None
    server = AppServer("fpm")
    port = ports.free_port()
    user = "user = www-data\ngroup = www-data\n" if os.geteuid() == 0 else ""
    (server.root / "fpm.conf").write_text(
        f"[global]\nerror_log = {server.root}/log\ndaemonize = no\n"
        f"[www]\nlisten = 127.0.0.1:{port}\n{user}pm = static\npm.max_children = 2\n")
    server.defines = {"port_fpm": port}
    command = [str(binary), "-n", "-F", "-y", str(server.root / "fpm.conf")]
    if os.geteuid() == 0:
        command.append("-R")
    return server.run(command, lambda: ports.accepts(port))


def start_uwsgi():
    binary = tools.find_program("uwsgi-core", "uwsgi")
    if not binary or not pathlib.Path("/usr/lib/uwsgi/plugins").is_dir():
        return None
    server = AppServer("uwsgi")
    app = shutil.copytree(TESTS / "site" / "wsgi", server.root / "wsgi")
    by_uwsgi, by_scgi = ports.free_port(), ports.free_port()
    server.defines = {"port_uwsgi": by_uwsgi, "port_scgi": by_scgi}
    command = [binary, "--plugin", "python3", "--socket", f"127.0.0.1:{by_uwsgi}",
               "--scgi-socket", f"127.0.0.1:{by_scgi}", "--wsgi-file", str(app / "app.py"),
               "--master", "--processes", "2", "--die-on-term", "--need-app", "--lazy-apps"]
    return server.run(command, lambda: "WSGI app 0" in server.daemon.output())


def start_tomcat():
    java = tools.find_program("java")
    jars = [f"/usr/share/java/{jar}.jar" for jar in TOMCAT_JARS]
    if not java or not all(map(os.path.exists, jars)):
        return None
    server = AppServer("tomcat")
    port = ports.free_port()
    server.defines = {"port_ajp": port}
    return server.run(
        [java, "-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", ":".join(jars),
         str(TESTS / "backends" / "GuestTomcat.java"), str(server.root), str(port)],
        lambda: "ready" in server.daemon.output())


def start_waitress():
    """The Flask application behind a server of its own, without a module of httpd between."""
    if not all(map(importlib.util.find_spec, ("flask", "waitress"))):
        return None
    server = AppServer("waitress")
    app = shutil.copytree(TESTS / "site" / "wsgi", server.root / "wsgi")
    port = ports.free_port()
    server.defines = {"port_waitress": port}
    return server.run([sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "app:application"],
                      lambda: ports.accepts(port), cwd=app)


def start_node():
    node = tools.find_program("node", "nodejs")
    if not node:
        return None
    server = AppServer("node")
    port = ports.free_port()
    server.defines = {"port_node": port}
    return server.run([node, str(TESTS / "backends" / "cookies.cjs"), str(port)],
                      lambda: "ready" in server.daemon.output())


def php_module():
    """mod_php of Debian: it runs on prefork alone."""
    return debian.unpacked("libapache2-mod-php8.2", "usr/lib/apache2/modules/libphp8.2.so")
