"""The tour: one request per mistake, what was sent, what came, and what should have come."""

import base64
import email.utils
import http.client
import re
import ssl
import time
import zlib
from pathlib import Path
from typing import Callable, NamedTuple, Optional

SCRIPT = Path(__file__).with_name("nph-counter")


class Stop(NamedTuple):
    """One cookie to look at."""

    number: int
    title: str
    method: str
    path: str
    status: int
    cookie: str
    after: dict             # attribute in lower case -> its value, or a test of it
    remark: str = ""
    prefix: str = ""        # what stands before the name on its way to the browser
    caches: str = ""        # what Cache-Control must say, where the application said something


class Seen(NamedTuple):
    """What happened at one stop."""

    stop: Stop
    status: int
    sent: str
    got: Optional[str]
    wrong: list
    caches: tuple = ()      # Cache-Control as it was sent and as it came, where it was sent


class Return(NamedTuple):
    """Cookies on their way back, and what the application is to see of them."""

    number: int
    title: str
    sends: str              # {session} is the browser's own cookie of the session
    sees: str               # {session} is the application's
    remark: str = ""


def within(days: int) -> Callable[[str], bool]:
    """A date at most so many days ahead."""
    def is_within(text):
        return 0 < email.utils.parsedate_to_datetime(text).timestamp() - time.time() <= days * 86400
    return is_within


# Its place among the four examples of the field; no cookie line shows it.
ADDRESS_NUMBER = 4

HOST = "__Host-"
LAX = {"path": "/", "secure": "", "httponly": "", "samesite": "Lax"}

STOPS = (
    Stop(1, "A cookie without Secure", "GET", "/", 200, "SID", LAX,
         "CookieGuardCookie SID Prefix=__Host- lets no sub-domain and no plain HTTP replace it.",
         HOST),
    Stop(2, "A cookie without HttpOnly, for a year", "GET", "/remember", 200, "remember",
         {**LAX, "max-age": "2592000", "expires": within(30)},
         "CookieGuardCookie remember Max-Age<=30d has cut it to 30 days."),
    Stop(3, "Session data in a signed cookie", "GET", "/profile", 200, "session", LAX,
         "The attributes are right now. The value is as readable as before:"),
    Stop(5, "A cookie that scripts must read", "GET", "/form", 200, "csrftoken",
         {"path": "/", "secure": "", "samesite": "Lax"},
         "A known name: HttpOnly would break the form, so it is not added."),
    Stop(6, "SameSite=None without Secure", "GET", "/widget", 200, "widget",
         {**LAX, "samesite": "None"},
         "Browsers refused it. With Secure they take it, and None stays None."),
    Stop(7, "A login that redirects with a cookie", "POST", "/login", 302, "SID", LAX,
         prefix=HOST),
    Stop(8, "An error page with a cookie", "GET", "/crash", 500, "trace", LAX),
    Stop(9, "A cookie that is right already", "GET", "/settings", 200, "prefs",
         {**LAX, "samesite": "Strict"},
         "It leaves byte for byte as it came; Strict stays Strict."),
    Stop(10, "A deletion", "GET", "/logout", 200, "SID",
         {**LAX, "max-age": "0", "expires": lambda text: text.endswith("1970 00:00:00 GMT")},
         "It has the name and the flags of its cookie, so it hits it.", HOST),
    Stop(11, "A page for all caches, with a cookie for one", "GET", "/offers", 200, "visitor", LAX,
         "A shared cache would have handed this cookie to everybody.",
         caches="private, max-age=600"),
    Stop(12, "A script that writes its own head", "GET", "/cgi-bin/nph-counter", 200, "counter",
         LAX, "No filter of the request sees it; the one on the connection does."),
)

RETURNS = (
    Return(13, "The application sees its own name", "__Host-{session}", "{session}"),
    Return(14, "A sub-domain has tossed a cookie of its own", "SID=evil; __Host-{session}",
           "{session}"),
    Return(15, "Spellings that some parser takes for SID", "sid=evil; S%49D=evil; SID[]=evil",
           "no cookie"),
)


class Answer(NamedTuple):
    """What came back."""

    status: int
    cookies: list           # the Set-Cookie lines
    location: Optional[str]
    caches: str             # Cache-Control


class Browser:
    """The browser's side: HTTPS to the guarded httpd, headers as they come."""

    def __init__(self, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE     # the certificate was made a second ago
        # By address: not every machine has the name.
        self._open = lambda: http.client.HTTPSConnection("127.0.0.1", port, timeout=20,
                                                         context=context)
        self._host = f"localhost:{port}"

    def ask(self, method, path, body=None, **headers):
        """One request on a connection of its own."""
        connection = self._open()
        try:
            connection.request(method, path, body, {"Host": self._host, **headers})
            answer = connection.getresponse()
            answer.read()
            return Answer(answer.status, answer.msg.get_all("Set-Cookie") or [],
                          answer.msg.get("Location"), answer.msg.get("Cache-Control", ""))
        finally:
            connection.close()


def attributes(line):
    """The attributes of a line by their names in lower case, and those that stand twice."""
    found, doubled = {}, []
    for part in line.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() in found:
            doubled.append(name)
        found[name.lower()] = value
    return found, doubled


def what_is_wrong(stop, sent, got):
    """Everything in which the line is not as it should be; an empty list if it is."""
    if got is None:
        return ["the cookie did not arrive"]
    found, doubled = attributes(got)
    wrong = [f"{name} stands twice" for name in doubled]
    if got.split(";")[0] != stop.prefix + sent.split(";")[0]:
        wrong.append("the name or the value is another")
    wrong += [f"{name} is missing" for name in stop.after if name not in found]
    for name, value in found.items():
        asked = stop.after.get(name)
        if asked is None:
            wrong.append(f"{name} should not be there")
        elif not (asked(value) if callable(asked) else asked == value):
            wrong.append(f"{name} is {value}")
    if attributes(sent) == (found, []) and stop.prefix + sent != got:
        wrong.append("it was right, and its bytes changed")
    return wrong


def readable_data(line):
    """What anybody reads in Flask's signed session cookie."""
    payload = line.split(";")[0].partition("=")[2]
    packed = payload.startswith(".")
    data = payload.lstrip(".").split(".")[0]
    data = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    return (zlib.decompress(data) if packed else data).decode()


def fields_sent(stop, recorder):
    """What the application has sent; a script's own head is read from the script."""
    if stop.path.endswith(SCRIPT.name):
        text = SCRIPT.read_text(encoding="utf-8")
        return [("Set-Cookie", re.search("^cookie='(.*)'$", text, re.MULTILINE).group(1))]
    return recorder.take()


def look(stop, browser, recorder):
    """Make one stop."""
    recorder.take()
    answer = browser.ask(stop.method, stop.path)
    fields = fields_sent(stop, recorder)
    sent = [value for name, value in fields if name.lower() == "set-cookie"]
    caches = tuple(told for name, told in fields if name == "Cache-Control")
    caches += (answer.caches,) * bool(caches)
    if len(sent) != 1 or len(answer.cookies) > 1:
        told = f"{len(sent)} sent, {len(answer.cookies)} came"
        return Seen(stop, answer.status, "; ".join(sent), None, [told], caches)
    got = answer.cookies[0] if answer.cookies else None
    wrong = what_is_wrong(stop, sent[0], got)
    if answer.status != stop.status:
        wrong.append(f"status {answer.status} instead of {stop.status}")
    if stop.caches not in ("", answer.caches):
        wrong.append(f"Cache-Control is {answer.caches or 'not there'}")
    return Seen(stop, answer.status, sent[0], got, wrong, caches)
