"""One backend, and two real httpd before it: one without the module and one with it."""

import socketserver
import threading
from urllib.parse import parse_qs, urlsplit

from env.httpd import Httpd, make_certificate

MODULES = ("ssl", "proxy", "proxy_http")

# Both servers have this, to the byte; the guarded one has GUARD besides.
SITE = """
Listen 127.0.0.1:${port_plain}
Listen 127.0.0.1:${port_tls}
# A certificate made for the test is no news, and a session cache would serve nobody.
LogLevel ssl:error
ProxyPreserveHost On
ProxyPass / http://127.0.0.1:${port_backend}/
<VirtualHost 127.0.0.1:${port_plain}>
    ServerName app.example.test
</VirtualHost>
<VirtualHost 127.0.0.1:${port_tls}>
    ServerName app.example.test
    SSLEngine on
    SSLCertificateFile cert.pem
    SSLCertificateKeyFile key.pem
</VirtualHost>
"""

GUARD = """
CookieGuard On
CookieGuardAuditLog logs/audit_log all
"""

# httpd itself answers a line with a control character by a 500 and says so in its error log.
HTTPD_REFUSES = "AH02430: Response header 'Set-Cookie'"


class _Answer(socketserver.StreamRequestHandler):
    """Answers /any/path?n=K with line K of the table, and with &first=1 by what goes before it."""

    # The bytes of a line must go out as they are: http.server would encode and check them.
    def handle(self):
        while True:
            request = self.rfile.readline()
            if not request.strip():
                return
            while self.rfile.readline().strip():
                pass
            asked = parse_qs(urlsplit(request.split()[1].decode("ascii")).query)
            case = self.server.cases[int(asked["n"][0])]
            line = case.first if "first" in asked else case.line
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
                             b"Set-Cookie: " + line + b"\r\n\r\nok\n")


class Backend(socketserver.ThreadingTCPServer):
    """The application: it sends the lines of a table."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, cases):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.cases = cases
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self):
        """The port that the kernel chose."""
        return self.server_address[1]

    def stop(self):
        """End it and give the port back."""
        self.shutdown()
        self._thread.join()
        self.server_close()


def start_httpd(backend, guarded):
    """Start httpd before the backend, with or without the module."""
    server = Httpd("clients-guarded" if guarded else "clients-bare", None, modules=MODULES,
                   ports_named=("plain", "tls"), defines={"port_backend": backend.port},
                   guard=guarded, text=SITE + (GUARD if guarded else ""))
    server.expect(HTTPD_REFUSES)
    make_certificate(server.root)
    return server.start()
