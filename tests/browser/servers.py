"""The street: a real httpd with the shop and its neighbours, and what the guard is told to do."""

import logging
import threading
from urllib.parse import quote

from werkzeug.serving import make_server

from env.httpd import Httpd, make_certificate
from env.process import DEADLINE_S, session_members, wait_for_pid
from shop import Shop, by_host, make_shop

SHOP, EVIL, OTHER = "shop.test", "evil.shop.test", "other.test"

# What the shop's administrator writes.
FLAGS = ("CookieGuard On", "CookieGuardAuditLog logs/audit_log all")
PREFIX = (*FLAGS, "CookieGuardCookie SID Prefix=__Host-")

MODULES = ("ssl", "http2", "proxy", "proxy_http", "proxy_fcgi", "cgid", "cache", "cache_disk")

# Everybody's sites stand on the same two ports; the guard is the shop's affair alone.
SITES = """
Listen 127.0.0.1:${port_plain}
Listen 127.0.0.1:${port_tls}
# A certificate made for the test is no news, and a session cache would serve nobody.
LogLevel ssl:error
# A browser speaks HTTP/2 over TLS, and sends each cookie as a field of its own.
Protocols h2 http/1.1
LimitRequestFields 400
ProxyPreserveHost On
SSLCertificateFile cert.pem
SSLCertificateKeyFile key.pem
<VirtualHost 127.0.0.1:${port_tls}>
    ServerName shop.test
    SSLEngine on
    Include conf/guard.conf
    ProxyPass / http://127.0.0.1:${port_shop}/
</VirtualHost>
<VirtualHost 127.0.0.1:${port_plain}>
    ServerName shop.test
    Include conf/guard.conf
    ProxyPass / http://127.0.0.1:${port_shop}/
</VirtualHost>
<VirtualHost 127.0.0.1:${port_tls}>
    ServerName neighbours.test
    ServerAlias evil.shop.test other.test
    SSLEngine on
    ProxyPass / http://127.0.0.1:${port_shop}/
</VirtualHost>
<VirtualHost 127.0.0.1:${port_plain}>
    ServerName neighbours.test
    ServerAlias evil.shop.test other.test
    ProxyPass / http://127.0.0.1:${port_shop}/
</VirtualHost>
"""


class Application:
    """A WSGI application, served in threads of the tests."""

    def __init__(self, app):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,),
                                        daemon=True)
        self._thread.start()

    def stop(self):
        """End it and give the port back."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Street:
    """The shop at https://shop.test, evil.shop.test below it, and other.test elsewhere."""

    def __init__(self, guarded):
        self.shop = Shop()
        self._application = Application(by_host(make_shop(self.shop)))
        name = "browser-guarded" if guarded else "browser-bare"
        self.httpd = Httpd(name, None, modules=MODULES, ports_named=("plain", "tls"),
                           defines={"port_shop": self._application.port}, guard=guarded,
                           text=SITES)
        make_certificate(self.httpd.root)
        self._rules = ""
        self._write_rules()
        self.httpd.start()

    def _write_rules(self):
        (self.httpd.root / "conf" / "guard.conf").write_text(self._rules + "\n", encoding="utf-8")

    def guard(self, *rules):
        """Give the shop these rules and no others, as an administrator does: a graceful restart."""
        rules = "\n".join(rules)
        if rules != self._rules:
            self._rules = rules
            self._write_rules()
            code, told = self.httpd.run("-t")
            assert code == 0, told
            self._graceful()
        return self

    def _graceful(self):
        """Restart, and wait until nobody is left who answers by the rules of before."""
        parent = self.httpd.daemon.pid
        before = set(session_members(parent)) - {parent}
        self.httpd.graceful()
        for pid in before:
            assert wait_for_pid(pid, DEADLINE_S), "a child of before the restart goes on"

    def tidied(self):
        """The same street in a new test: no customer, no card, a clean error log so far."""
        self.httpd.logs.check()
        for kept in (self.shop.users, self.shop.cards, self.shop.cookies):
            kept.clear()
        return self

    def session(self, user):
        """A session of somebody in the shop; its id may stand in no log."""
        session = self.shop.log_in(user)
        self.httpd.logs.values.add(session.encode())
        return session

    def url(self, host, path="/", scheme="https"):
        """The address of a page on one of the hosts."""
        return f"{scheme}://{host}:{self.httpd.port('tls' if scheme == 'https' else 'plain')}{path}"

    def setting(self, host, *lines, scheme="https"):
        """The address of a neighbour's page that sets these cookies."""
        query = "&".join("line=" + quote(line, encoding="latin-1", safe="") for line in lines)
        return self.url(host, "/?" + query, scheme)

    def stop(self):
        """End the server; its error log must be clean."""
        self.httpd.stop()

    def remove(self):
        """Leave nothing behind."""
        self.httpd.stop(check=False)
        self.httpd.remove()
        self._application.stop()


def log_in(visitor, street, user="anna"):
    """Log in as a customer does; returns the session's id."""
    visitor.visit(street.url(SHOP, "/login"))
    page = visitor.post(street.url(SHOP, "/login"), user=user)
    assert page.text == f"This is the account of {user}."
    session = next(session for session, known in street.shop.users.items() if known == user)
    street.httpd.logs.values.add(session.encode())
    return session


def who_is_served(visitor, street, scheme="https"):
    """What the shop takes the visitor for."""
    return visitor.visit(street.url(SHOP, "/account", scheme)).text.split()[-1].rstrip(".")
