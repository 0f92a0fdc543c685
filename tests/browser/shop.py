"""The applications of the tests: a shop as careless as they come, and what its neighbours do."""

import secrets
from urllib.parse import parse_qs

from flask import Flask, Response, redirect, request


class Shop:
    """What the shop knows. It tells its customers apart by the cookie SID and by nothing else."""

    def __init__(self):
        self.users = {}     # session id -> user
        self.cards = {}     # user -> the card number that was entered in a session of theirs
        self.cookies = []   # each Cookie header as it came, "" where none did

    def log_in(self, user):
        """A session for somebody; its id."""
        session = secrets.token_hex(16)
        self.users[session] = user
        return session

    def user(self):
        """Whose session the current request belongs to."""
        return self.users.get(request.cookies.get("SID"), "nobody")


def make_shop(shop):
    """The shop's pages. No flag stands on its cookie: that is what the module is for."""
    app = Flask("shop")

    @app.before_request
    def note():
        if request.path != "/favicon.ico":      # browsers ask for it when they like
            shop.cookies.append(request.headers.get("Cookie", ""))

    @app.get("/")
    @app.get("/account")
    def account():
        return f"This is the account of {shop.user()}."

    @app.get("/login")
    def ask_who():
        return "Who are you?"

    @app.post("/login")
    def login():
        answer = redirect("/account", 303)
        answer.set_cookie("SID", shop.log_in(request.form["user"]))
        return answer

    @app.post("/account/card")
    def card():
        shop.cards[shop.user()] = request.form["number"]
        return f"The card is kept for {shop.user()}."

    @app.get("/offers")
    def offers():
        answer = Response("The same offers for everyone.")
        answer.headers["Cache-Control"] = "public, max-age=600"
        if shop.user() != "nobody":     # whoever comes again stays logged in
            answer.set_cookie("SID", request.cookies["SID"])
        return answer

    @app.post("/logout")
    def logout():
        shop.users.pop(request.cookies.get("SID"), None)
        answer = redirect("/", 303)
        answer.delete_cookie("SID")
        return answer

    return app


def neighbour(environ, start_response):
    """Anybody else's site: it sets the cookies that its query asks for, byte for byte."""
    lines = parse_qs(environ["QUERY_STRING"], encoding="latin-1").get("line", [])
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"),
                              *(("Set-Cookie", line) for line in lines)])
    return [b"<!DOCTYPE html><p>Nothing to see here."]


def by_host(shop_app):
    """One application that is the shop on shop.test and a neighbour on every other name."""
    def dispatch(environ, start_response):
        host = environ["HTTP_HOST"].partition(":")[0]
        return (shop_app if host == "shop.test" else neighbour)(environ, start_response)
    return dispatch
