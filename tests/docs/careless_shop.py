"""The application of docs/adopt.md: a careless shop and a forum, and customers who use them."""
import http.server
import secrets
import subprocess
import threading
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

SCRIPT = b"""const csrf = document.cookie.match(/shop_csrf=([^;]*)/)[1];
fetch("/cart", {method: "POST", headers: {"X-CSRF": csrf}});
"""


class Shop:
    """A shop that tells its customers apart by the cookie SID and knows nothing of prefixes."""

    def __init__(self):
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request to the shop."""
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                shop.answer(self, "")

            def do_POST(self):
                shop.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_):
                """httpd's log tells enough."""

        self.users = {}          # session id: user
        self.cookie_names = set()  # all that ever came in
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def answer(self, request, body):
        """Any page of the shop."""
        cookies = {name: morsel.value
                   for name, morsel in SimpleCookie(request.headers.get("Cookie", "")).items()}
        self.cookie_names.update(cookies)
        page = getattr(self, "page" + request.path.replace("/", "_").replace(".", "_"))
        status, text, lines = page(cookies, request.headers, body)
        request.send_response(status)
        for line in lines:
            request.send_header("Set-Cookie", line)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def page_login(self, _, __, body):
        """A POST with the user's name: a new session."""
        user = parse_qs(body)["user"][0]
        session = secrets.token_hex(8)
        self.users[session] = user
        return 200, f"Hello {user}\n".encode(), [f"SID={session}; Path=/"]

    def page_account(self, cookies, *_):
        """Who is it? Each time, the token for the script is set."""
        user = self.users.get(cookies.get("SID"), "nobody")
        return 200, f"Hello {user}\n".encode(), [f"shop_csrf={secrets.token_hex(8)}; Path=/"]

    def page_cart(self, cookies, headers, _):
        """What the script posts: a header that must say what the cookie says."""
        is_ours = "shop_csrf" in cookies and headers["X-CSRF"] == cookies["shop_csrf"]
        return (200, b"in the cart\n", []) if is_ours else (403, b"no token\n", [])

    def page_shop_js(self, *_):
        """The script that reads a cookie."""
        return 200, SCRIPT, []

    def page_forum(self, *_):
        """Another vendor's application on the same host."""
        return 200, b"Hello guest\n", [f"forum_sid={secrets.token_hex(8)}; Path=/forum"]

    def stop(self):
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Customer:
    """A browser: curl and its jar, which heeds Secure, HttpOnly and the prefixes of names."""

    def __init__(self, name, sandbox):
        self.name = name
        self.environment = sandbox.environment
        self.jar = sandbox.root / f"jar-of-{name}"
        self.jar.touch()

    def curl(self, path, *arguments):
        """(status, body) of a page of the shop."""
        with self.jar.open() as jar:  # curl 7.88 would read a file that it is given by name twice
            done = subprocess.run(
                ["curl", "-s", "-b", "-", "-c", str(self.jar), "-w", "%{http_code}",
                 *arguments, f"https://shop.example{path}"],
                env=self.environment, check=True, stdin=jar, capture_output=True, text=True)
        return int(done.stdout[-3:]), done.stdout[:-3]

    def cookies(self):
        """{name: (value, whether scripts are kept from it)} of what the browser holds."""
        found = {}
        for line in self.jar.read_text().splitlines():
            cells = line.split("\t")
            if len(cells) == 7:
                found[cells[5]] = (cells[6], line.startswith("#HttpOnly_"))
        return found

    def log_in(self):
        assert self.curl("/login", "-d", f"user={self.name}") == (200, f"Hello {self.name}\n")

    def is_logged_in(self):
        """Ask for a page that says who one is; it also sets the token anew."""
        return self.curl("/account") == (200, f"Hello {self.name}\n")

    def fill_cart(self):
        """What the page's script does; the status of its answer."""
        value, is_hidden = self.cookies()["shop_csrf"]
        return self.curl("/cart", "-d", "item=1", "-H",
                         f"X-CSRF: {'' if is_hidden else value}")[0]
