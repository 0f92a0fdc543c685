"""A Flask application that answers with the line of the request's X-Line.

mod_wsgi runs it inside httpd; uWSGI runs it behind mod_proxy_uwsgi and mod_proxy_scgi.
"""
import http.cookies

import flask

application = flask.Flask(__name__)
application.secret_key = "for the tests"
application.config["PROPAGATE_EXCEPTIONS"] = False
application.logger.disabled = True


def answer(status, body="flask\n", **headers):
    response = flask.Response(body, status, mimetype="text/plain")
    response.headers.add("Set-Cookie", flask.request.headers["X-Line"])
    for name, value in headers.items():
        response.headers[name] = value
    return response


@application.route("/answer/<int:status>")
def any_status(status):
    if 300 <= status < 400 and status != 304:
        return answer(status, Location="http://guarded.test/elsewhere")
    return answer(status)


@application.route("/set-cookie/<kind>")
def set_cookie(kind):
    response = flask.Response("flask\n", mimetype="text/plain")
    how = {"bare": {},
           "complete": {"secure": True, "httponly": True, "samesite": "Lax"},
           "strict": {"samesite": "Strict"}}[kind]
    response.set_cookie(kind + "_flask", flask.request.headers["X-Value"], **how)
    return response


@application.route("/session")
def session():
    flask.session["value"] = flask.request.headers["X-Value"]
    return "flask\n"


@application.route("/cookies")
def cookies():
    response = flask.jsonify(field=flask.request.headers.get("Cookie", ""),
                             cookies=flask.request.cookies.to_dict())
    if "X-Line" in flask.request.headers:
        response.headers.add("Set-Cookie", flask.request.headers["X-Line"])
    return response


@application.route("/http.cookies")
def http_cookies():
    field = flask.request.headers.get("Cookie", "")
    try:
        found = http.cookies.SimpleCookie(field)
    except http.cookies.CookieError:
        found = {}
    return flask.jsonify(field=field, cookies={name: found[name].value for name in found})


@application.route("/raise")
def fail():
    @flask.after_this_request
    def with_cookie(response):
        response.headers.add("Set-Cookie", flask.request.headers["X-Line"])
        return response
    raise RuntimeError("on purpose")
