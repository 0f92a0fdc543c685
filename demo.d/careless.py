"""An application that does everything wrong with its cookies. Nobody may change it.

Flask, as tutorials write it. What is wrong stands beside each line.
"""

import logging
import secrets

from flask import Flask, Response, redirect, request, session

PAGES = ("/", "/remember", "/profile", "/basket", "/form", "/widget", "/login", "/crash",
         "/settings", "/offers", "/cgi-bin/nph-counter", "/account", "/logout")


def make_application(log_path):
    """The application; it writes its own log, as applications do."""
    app = Flask("careless")
    app.secret_key = secrets.token_hex(16)
    log = logging.getLogger("careless")
    log.addHandler(logging.FileHandler(log_path))
    log.setLevel(logging.INFO)
    log.propagate = False

    @app.get("/")
    def home():
        links = "".join(f'<li><a href="{page}">{page}</a></li>' for page in PAGES)
        answer = Response(f"<h1>A careless application</h1><ul>{links}</ul>")
        # No Secure: one request over plain HTTP gives the id away. (Example 1 of the field.)
        answer.set_cookie("SID", secrets.token_hex(16), httponly=True)
        return answer

    @app.get("/remember")
    def remember():
        answer = Response("We will know you for a year.\n")
        # No HttpOnly: any script on the page reads it, for a year. (Example 2.)
        answer.set_cookie("remember", secrets.token_hex(16), secure=True, max_age=365 * 86400)
        return answer

    @app.get("/profile")
    def profile():
        # Flask signs its session cookie and encrypts nothing: everyone can read it. (Example 3.)
        session["user"] = "anna"
        session["role"] = "admin"
        session["account"] = "DE02 1203 0000 0000 2020 51"
        return "Your profile.\n"

    @app.get("/basket")
    def basket():
        # The session id in an address: it stands in every log on the way. (Example 4.)
        return redirect("/checkout?sid=" + request.cookies.get("SID", secrets.token_hex(16)))

    @app.get("/checkout")
    def checkout():
        log.info("checkout %s", request.full_path)
        return "Pay here.\n"

    @app.get("/form")
    def form():
        answer = Response("A script sends csrftoken back in a header.\n")
        # Scripts must read this one: HttpOnly would break the form.
        answer.set_cookie("csrftoken", secrets.token_hex(16), samesite="Lax")
        return answer

    @app.get("/widget")
    def widget():
        answer = Response("Shown in a frame of another site.\n")
        # None without Secure: browsers refuse the cookie altogether.
        answer.set_cookie("widget", secrets.token_hex(16), samesite="None")
        return answer

    @app.route("/login", methods=["GET", "POST"])
    def login():
        answer = redirect("/")
        # A redirect carries a cookie too.
        answer.set_cookie("SID", secrets.token_hex(16))
        return answer

    @app.get("/crash")
    def crash():
        raise RuntimeError("the database is gone")

    @app.errorhandler(RuntimeError)
    def crashed(_error):
        answer = Response("Something went wrong.\n", status=500)
        # And so does an error page.
        answer.set_cookie("trace", secrets.token_hex(16))
        return answer

    @app.get("/settings")
    def settings():
        answer = Response("The one page that somebody looked at.\n")
        # All is right here, and stronger than the policy asks: it must leave as it is.
        answer.set_cookie("prefs", secrets.token_hex(16), secure=True, httponly=True,
                          samesite="Strict")
        return answer

    @app.get("/offers")
    def offers():
        answer = Response("The same offers for everyone.\n")
        # Caches may keep this page, and hand the cookie of one visitor to all others.
        answer.headers["Cache-Control"] = "public, max-age=600"
        answer.set_cookie("visitor", secrets.token_hex(16))
        return answer

    @app.get("/account")
    def account():
        # Whoever has set the cookie of this name is believed.
        log.info("account %s", request.headers.get("Cookie", "no cookie"))
        return "Your account.\n" if "SID" in request.cookies else "Who are you?\n"

    @app.get("/logout")
    def logout():
        answer = Response("Bye.\n")
        # A deletion that must still hit the cookie it means.
        answer.delete_cookie("SID")
        return answer

    return app


class Recorder:
    """Stands before the application and remembers the fields of what it sends."""

    def __init__(self, application, most=1000):
        self.application = application
        self.fields = []
        self.most = most

    def __call__(self, environ, start_response):
        def noting(status, headers, *rest):
            self.fields += headers
            del self.fields[:-self.most]
            return start_response(status, headers, *rest)
        return self.application(environ, noting)

    def take(self):
        """The fields that were sent since the last call: [(name, value)]."""
        fields, self.fields = self.fields, []
        return fields
