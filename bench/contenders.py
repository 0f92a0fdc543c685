"""The contenders: the same static file with the same cookies, and who puts them right.

A contender is configuration text that stands in each virtual host behind the lines that make the
cookies. mod_headers makes them for all, so that what differs is the enforcement alone.
"""
import dataclasses

# The five lines: a bare session cookie; one with Secure; one with Max-Age and SameSite=Lax; one
# complete with Strict; one with Domain and Expires.
COOKIES = (
    "SID=8f14e45fceea167a5a36dedd4bea2543",
    "cart=7b3a91c2; Secure",
    "theme=dark; Max-Age=2592000; SameSite=Lax",
    "login=45c48cce2e2d7fbdea1afc51c7c6ad26; Path=/; Secure; HttpOnly; SameSite=Strict",
    "lang=de; Domain=shop.example; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
)
COUNTS = (0, 1, 5)  # how many of the lines a response carries

FLAGS = (("Secure", "Secure"), ("HttpOnly", "HttpOnly"), ("SameSite", "SameSite=Lax"))

# A line is the pair and then attributes of which none is the wanted one; possessive, so that the
# expression is linear in the line: the quickest correct condition that we could write.
LACKS = r"(?i)^([^;]*+(?:;(?![ \t]*%s[ \t]*(?:[;=]|$))[^;]*+)*+)$"

CARELESS = "\n".join(f'Header {table}edit Set-Cookie "^(.*)$" "$1; Secure; HttpOnly; SameSite=Lax"'
                     for table in ("", "always "))
CAREFUL = "\n".join(f'Header {table}edit Set-Cookie "{LACKS % name}" "$1; {text}"'
                    for table in ("", "always ") for name, text in FLAGS)

GUARD = "CookieGuard On\nCookieGuardHTTPS on\n"
GUARD_QUIET = GUARD + "CookieGuardAuditLog off\n"
ACCESS_LOG = 'CustomLog logs/access "%h %>s %b{}"\n'


def exact_rules(count, last=None):
    """Rules by exact name that ask for nothing new; `last` is the name of one of them."""
    names = [f"name-{number:03}" for number in range(count)]
    if last:
        names[-1] = last
    return "".join(f"CookieGuardCookie {name} Secure HttpOnly\n" for name in names)


@dataclasses.dataclass(frozen=True)
class Contender:
    key: str
    title: str
    text: str = ""         # stands in each virtual host
    module: str = ""       # what is loaded: "guard", "floor" (floor.c), or neither
    base: str = "none"     # the contender that it is compared with
    flags: str = ""        # "once" or "any": how often each flag must stand in each line
    preamble: str = ""     # stands before the virtual hosts


CONTENDERS = (
    Contender("none", "none (httpd alone)"),
    Contender("careless", "mod_headers, careless append", CARELESS, flags="any"),
    Contender("careful", "mod_headers, careful recipe", CAREFUL, flags="once"),
    Contender("guard", "mod_cookieguard", GUARD_QUIET, "guard", flags="once"),
    Contender("floor-look", "floor: only looking", module="floor", preamble="CookieFloor Off\n"),
    Contender("floor", "floor: three attributes, no policy", module="floor", flags="once"),
    Contender("floor-private", "floor: and Cache-Control: private", module="floor", flags="once",
              preamble="CookieFloorPrivate On\n"),
    Contender("off", "loaded, CookieGuard Off", "CookieGuard Off\n", "guard"),
    Contender("report", "CookieGuard Report, audit off",
              "CookieGuard Report\nCookieGuardHTTPS on\nCookieGuardAuditLog off\n", "guard"),
    Contender("no-cache-guard", "CookieGuardCacheControl off",
              GUARD_QUIET + "CookieGuardCacheControl off\n", "guard", flags="once"),
    Contender("audit", "with the default audit (new, file)",
              GUARD + "CookieGuardAuditLog logs/audit\n", "guard", flags="once"),
    Contender("log-none", "none, with an access log", ACCESS_LOG.format("")),
    Contender("log", "with %^cg in an access log", GUARD_QUIET + ACCESS_LOG.format(" %^cg"),
              "guard", base="log-none", flags="once"),
    Contender("rules-miss", "with 50 exact rules, none matching",
              GUARD_QUIET + exact_rules(50), "guard", flags="once"),
    Contender("rules-hit", "with 50 exact rules, one matching",
              GUARD_QUIET + exact_rules(50, last="SID"), "guard", flags="once"),
)
BY_KEY = {contender.key: contender for contender in CONTENDERS}

# What mod_cookieguard may cost, in instructions over httpd alone, and what may come on top.
BARS = {0: 700, 1: 2000, 5: 6500}
RULES_BAR = 150  # more per cookie with 50 rules by exact name
TOLD_BAR = 900   # more per cookie for the audit, or for %^cg


def host_of(count):
    """The name of the virtual host that sends this many cookies."""
    return f"k{count}.shop.example"


def cookie_lines(count):
    return "".join(f'Header add Set-Cookie "{line}"\n' for line in COOKIES[:count])


def virtual_host(host, text):
    return f"<VirtualHost *>\nServerName {host}\n{text}</VirtualHost>\n"


def site_of(contender):
    """All virtual hosts of a contender, one for each number of cookies."""
    return contender.preamble + "".join(
        virtual_host(host_of(count), cookie_lines(count) + contender.text + "\n")
        for count in COUNTS)


# -- the cookies of requests --------------------------------------------------------------------

# What a browser sends back: five cookies, of which the first is SID, under a prefix or not.
OTHERS = ("cart=7b3a91c2; theme=dark; login=45c48cce2e2d7fbdea1afc51c7c6ad26; lang=de")
PLAIN = "SID=8f14e45fceea167a5a36dedd4bea2543; " + OTHERS
PREFIXED = "__Host-" + PLAIN
UNCONCERNED = "id=8f14e45fceea167a5a36dedd4bea2543; " + OTHERS

# Which cookies the application is to see, told by the server itself at this path.
SEEN_PATH = "/seen"
SEEN = (f'<Location "{SEEN_PATH}">\nHeader set X-Seen "expr=%{{req:Cookie}}"\n</Location>\n')

# mod_headers can take a name back; it cannot do so only once, or see whether it did.
RENAME = 'RequestHeader edit Cookie "(^|; )__Host-SID=" "$1SID="\n'
# What a browser that a neighbour wrote to might send beside it goes first, in the one spelling that
# can be foreseen; the folded ones are not covered.
RENAME_CAREFUL = ('RequestHeader edit* Cookie "(?:^|;)[ \\t]*SID=[^;]*" ""\n'
                  'RequestHeader edit Cookie "^; ?" ""\n' + RENAME)
PREFIX_RULE = "CookieGuardCookie SID Prefix=__Host-\n"
STATE_DIR = "CookieGuardStateDir state\n"
SESSION = "CookieGuardSession On\nCookieGuardHTTPS on\n"
WITH_TOKEN = "__Host-Http-cg=1" + "A" * 48 + "; " + OTHERS


@dataclasses.dataclass(frozen=True)
class RequestContender(Contender):
    cookie: str = ""  # what the client sends
    seen: str = ""    # what the application must see
    over: str = ""    # the contender that the bar counts from
    bar: int = 0


REQUEST_CONTENDERS = (
    RequestContender("none", "none (httpd alone), no cookie"),
    RequestContender("none-5", "none (httpd alone), 5 cookies", cookie=PREFIXED, seen=PREFIXED),
    RequestContender("rename", "mod_headers renames", RENAME, base="none-5", cookie=PREFIXED,
                     seen=PLAIN),
    RequestContender("rename-careful", "mod_headers drops, then renames", RENAME_CAREFUL,
                     base="none-5", cookie=PREFIXED, seen=PLAIN),
    RequestContender("guard", "mod_cookieguard, no Prefix, no cookie", GUARD_QUIET, "guard"),
    RequestContender("guard-5", "mod_cookieguard, no Prefix, 5 cookies", GUARD_QUIET, "guard",
                     base="none-5", cookie=PREFIXED, seen=PREFIXED, over="guard", bar=100),
    RequestContender("prefix-none", "Prefix, no cookie", GUARD_QUIET + PREFIX_RULE, "guard"),
    RequestContender("prefix-other", "Prefix, 5 cookies that it does not concern",
                     GUARD_QUIET + PREFIX_RULE, "guard", base="none-5", cookie=UNCONCERNED,
                     seen=UNCONCERNED, over="guard", bar=800),
    RequestContender("prefix-one", "Prefix, 5 cookies, one of them prefixed",
                     GUARD_QUIET + PREFIX_RULE, "guard", base="none-5", cookie=PREFIXED,
                     seen=PLAIN, over="guard", bar=3000),
    RequestContender("session-none", "sessions, no cookie", GUARD_QUIET + SESSION, "guard",
                     preamble=STATE_DIR),
    RequestContender("session-other", "sessions, 5 cookies that they do not concern",
                     GUARD_QUIET + SESSION, "guard", base="none-5", cookie=UNCONCERNED,
                     seen=UNCONCERNED, over="guard", bar=800, preamble=STATE_DIR),
    RequestContender("session-token", "sessions, 5 cookies, one of them a token",
                     GUARD_QUIET + SESSION, "guard", base="none-5", cookie=WITH_TOKEN,
                     seen=OTHERS, over="guard", preamble=STATE_DIR),
)
REQUEST_BY_KEY = {contender.key: contender for contender in REQUEST_CONTENDERS}


def request_site_of(contender):
    return contender.preamble + virtual_host(host_of(0), SEEN + contender.text)


# -- nested sections: does a merge cost more where there are many rules? ------------------------

NESTED_PATH = "/a/b/c/d/e"  # five sections, one within the other
NESTED_RULES = (None, 0, 1, 200)  # in each section; None stands for no sections at all


def nested_sections(rules):
    depth = NESTED_PATH.count("/")
    paths = [NESTED_PATH.rsplit("/", up)[0] if up else NESTED_PATH for up in range(depth)]
    return "".join(f'<Location "{path}">\n{exact_rules(rules)}</Location>\n'
                   for path in reversed(paths))


def nested_site(rules, cookies):
    """One virtual host with five nested sections and this many rules in each."""
    sections = "" if rules is None else nested_sections(rules)
    return virtual_host(host_of(cookies), cookie_lines(cookies) + GUARD_QUIET + sections)
