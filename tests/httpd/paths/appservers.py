"""Applications in the servers that people use: PHP, Flask under three protocols, Tomcat."""
from env.paths import Path

VALUE = "cgsecret[0-9a-f]{16}"
PHP_MADE = {"bare": f"bare_php={VALUE}; path=/",
            "complete": f"complete_php={VALUE}; path=/; secure; HttpOnly; SameSite=Lax",
            "strict": f"strict_php={VALUE}; path=/; SameSite=Strict"}
PHP_SESSION = {"bare": "PHPSESSID=[0-9a-zA-Z,-]+; path=/"}
FLASK_MADE = {"bare": f"bare_flask={VALUE}; Path=/",
              "complete": f"complete_flask={VALUE}; Secure; HttpOnly; Path=/; SameSite=Lax",
              "strict": f"strict_flask={VALUE}; Path=/; SameSite=Strict"}
FLASK_SESSION = {"bare": "session=[^;]+; HttpOnly; Path=/"}
JSESSION = {"bare": "JSESSIONID=[0-9A-F]+; Path=/; (Secure; )?HttpOnly"}
STATUSES = [200, 302, 304, 404, 500]


def php(prefix, name, mpms, once_per, needs):
    base = f"/{prefix}"
    more = {"mpms": mpms, "needs": needs}
    return [
        Path(f"{prefix}-200", f"{name}, `header()`", f"{base}/answer.php", once_per=once_per,
             **more),
        Path(f"{prefix}-302", f"{name}, 302", f"{base}/answer.php?status=302", 302, **more),
        Path(f"{prefix}-404", f"{name}, 404", f"{base}/answer.php?status=404", 404, **more),
        Path(f"{prefix}-500", f"{name}, 500", f"{base}/answer.php?status=500", 500, **more),
        Path(f"{prefix}-fatal", f"{name}, a script that dies (500)", f"{base}/fatal.php", 500,
             **more),
        Path(f"{prefix}-head", f"{name}, HEAD", f"{base}/answer.php", method="HEAD", **more),
        Path(f"{prefix}-setcookie", f"{name}, `setcookie()`", f"{base}/setcookie.php?kind={{kind}}",
             made=PHP_MADE, why="PHP makes the line", **more),
        Path(f"{prefix}-session", f"{name}, `session_start()`", f"{base}/session.php",
             made=PHP_SESSION, only=("bare",), why="PHP's session module makes the line", **more),
    ]


def flask(prefix, name, needs):
    expects = (r"Exception on /raise",) if prefix == "wsgi" else ()
    return [
        *[Path(f"{prefix}-{status}", f"{name}, {status}", f"/{prefix}/answer/{status}", status,
               once_per=name, needs=needs) for status in STATUSES],
        Path(f"{prefix}-head", f"{name}, HEAD", f"/{prefix}/answer/200", method="HEAD",
             needs=needs),
        Path(f"{prefix}-raise", f"{name}, an exception (500)", f"/{prefix}/raise", 500,
             needs=needs, expects=expects),
        Path(f"{prefix}-set-cookie", f"{name}, Flask's `set_cookie()`",
             f"/{prefix}/set-cookie/{{kind}}", made=FLASK_MADE, why="Flask makes the line",
             needs=needs),
        Path(f"{prefix}-session", f"{name}, Flask's session", f"/{prefix}/session",
             made=FLASK_SESSION, only=("bare",), why="Flask makes the line", needs=needs),
    ]


def tomcat():
    return [
        *[Path(f"ajp-{status}", f"mod_proxy_ajp to Tomcat, {status}", f"/tomcat/answer/{status}",
               status, once_per="mod_proxy_ajp", needs="ajp") for status in STATUSES],
        Path("ajp-head", "mod_proxy_ajp to Tomcat, HEAD", "/tomcat/answer/200", method="HEAD",
             needs="ajp"),
        Path("ajp-session", "mod_proxy_ajp to Tomcat, JSESSIONID", "/tomcat/session",
             made=JSESSION, only=("bare",), why="Tomcat makes the line", needs="ajp"),
    ]


ANY = ("event", "worker", "prefork")
PATHS = [
    *php("fpm", "mod_proxy_fcgi to PHP-FPM", ANY, "mod_proxy_fcgi", "fpm"),
    *php("php", "mod_php", ("prefork",), "mod_php", "php"),
    *flask("wsgi", "mod_wsgi", "wsgi"),
    *flask("uwsgi", "mod_proxy_uwsgi to uWSGI", "uwsgi"),
    *flask("scgi", "mod_proxy_scgi to uWSGI", "uwsgi"),
    *tomcat(),
]
