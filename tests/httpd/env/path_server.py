"""The server that has every response path: conf/paths.conf on a given MPM and mode."""
import base64
import hashlib
import os
import shutil
import sqlite3
import tempfile
import pathlib

from env import appservers, ports, tools
from env.caching import make_cache_root
from env.httpd import Httpd, make_certificate
from env.scripted import ScriptedBackend

MODULES = ["ssl", "socache_shmcb", "actions", "negotiation", "include", "asis", "filter",
           "deflate", "request", "auth_basic", "authn_file", "authz_user", "auth_form", "session",
           "session_cookie", "session_dbd", "dbd", "usertrack", "lua", "unique_id", "status",
           "autoindex", "dav", "dav_fs", "substitute", "ratelimit", "buffer", "proxy",
           "proxy_http", "proxy_fcgi", "proxy_scgi", "proxy_wstunnel", "proxy_uwsgi", "proxy_ajp",
           "proxy_balancer", "lbmethod_byrequests", "slotmem_shm", "reqtimeout", "cache",
           "cache_disk", "cache_socache", "macro"]
PORTS = ("plain", "tls", "early", "early_tls", "origin", "origin_tls", "forward")


class Backends:
    """Everything that stands behind the guarded server; started once per session."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cg-backends-"))
        self.root.chmod(0o755)
        make_certificate(self.root)
        self.scripted = ScriptedBackend(str(self.root / "socket"))
        (self.root / "socket").chmod(0o777)
        self.defines = {"port_backend": self.scripted.port, "port_nobody": ports.free_port(),
                        "backend_socket": self.root / "socket", "cert": self.root / "cert.pem",
                        "key": self.root / "key.pem",
                        "cache_root": make_cache_root(self.root / "cache")}
        self.unguarded = None  # function: the server without the module
        self.have = set()
        self.servers = []
        for name, start in (("fpm", appservers.start_fpm), ("uwsgi", appservers.start_uwsgi),
                            ("ajp", appservers.start_tomcat)):
            server = start()
            if server:
                self.servers.append(server)
                self.defines.update(server.defines)
                self.have.add(name)
        self.cgtest = tools.compiled_module(tools.TESTS / "modules" / "mod_cgtest.c", self.root)

    def stop(self):
        for server in self.servers:
            server.stop()
        self.scripted.stop()
        shutil.rmtree(self.root)


def path_server(mpm, mode, backends, name=None, prepare=None, without=()):
    """mode: On, Report, or None for a server without the module. name: of the server, if there is more
    than one of a kind; prepare(server): what is to be done before it starts; without: modules."""
    prefork = mpm == "prefork"
    modules = [module for module in MODULES if module not in without]
    modules += ["cgi"] if prefork else ["cgid", "http2", "proxy_http2"]
    extra = {"cgtest_module": backends.cgtest}
    php = appservers.php_module() if prefork else None
    if php:
        extra["php_module"] = php
    if (tools.module_directory() / "mod_wsgi.so").exists():
        modules.append("wsgi")
    server = Httpd(f"{name or 'paths'}-{mpm}-{(mode or 'none').lower()}", "paths.conf", mpm=mpm,
                   modules=modules, extra_modules=extra, ports_named=PORTS,
                   defines={**backends.defines, "guard_mode": mode or "Off"},
                   guard=mode is not None)
    _make_state(server.root / "state")
    server.have = backends.have | {"lua"}
    server.have |= {"php"} if php else set()
    server.have |= {"wsgi"} if "wsgi" in modules else set()
    server.expect(r"AH00112",        # DocumentRoot
                  r"\[wsgi:", r"\[php:notice\]")
    if prepare:
        prepare(server)
    return server.start()


def _make_state(state):
    """The session table of mod_session_dbd, the user of mod_auth_form."""
    with sqlite3.connect(state / "session.db") as database:
        database.execute("create table session (key char(64) primary key, value text,"
                         " expiry bigint)")
    digest = base64.b64encode(hashlib.sha1(b"right").digest()).decode()
    (state / "users").write_text(f"tester:{{SHA}}{digest}\n")
    (state / "none").write_text("")
    if os.geteuid() == 0:
        shutil.chown(state / "session.db", "www-data", "www-data")
