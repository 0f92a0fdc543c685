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
    text: str = ""             # stands in each virtual host
    has_guard: bool = False    # mod_cookieguard is loaded
    base: str = "none"         # the contender that it is compared with
    flags: str = ""            # "once" or "any": how often each flag must stand in each line


CONTENDERS = (
    Contender("none", "none (httpd alone)"),
    Contender("careless", "mod_headers, careless append", CARELESS, flags="any"),
    Contender("careful", "mod_headers, careful recipe", CAREFUL, flags="once"),
    Contender("guard", "mod_cookieguard", GUARD_QUIET, True, flags="once"),
    Contender("off", "loaded, CookieGuard Off", "CookieGuard Off\n", True),
    Contender("report", "CookieGuard Report, audit off",
              "CookieGuard Report\nCookieGuardHTTPS on\nCookieGuardAuditLog off\n", True),
    Contender("audit", "with the default audit (new, file)",
              GUARD + "CookieGuardAuditLog logs/audit\n", True, flags="once"),
    Contender("log-none", "none, with an access log", ACCESS_LOG.format("")),
    Contender("log", "with %^cg in an access log", GUARD_QUIET + ACCESS_LOG.format(" %^cg"), True,
              base="log-none", flags="once"),
    Contender("rules-miss", "with 50 exact rules, none matching",
              GUARD_QUIET + exact_rules(50), True, flags="once"),
    Contender("rules-hit", "with 50 exact rules, one matching",
              GUARD_QUIET + exact_rules(50, last="SID"), True, flags="once"),
)
BY_KEY = {contender.key: contender for contender in CONTENDERS}

# What the issue asks of mod_cookieguard, in instructions over httpd alone.
BARS = {0: 1000, 1: 2500, 5: 7500}
RULES_BAR = 150  # more per cookie with 50 rules by exact name


def host_of(count):
    """The name of the virtual host that sends this many cookies."""
    return f"k{count}.shop.example"


def cookie_lines(count):
    return "".join(f'Header add Set-Cookie "{line}"\n' for line in COOKIES[:count])


def virtual_host(host, text):
    return f"<VirtualHost *>\nServerName {host}\n{text}</VirtualHost>\n"


def site_of(contender):
    """All virtual hosts of a contender, one for each number of cookies."""
    return "".join(virtual_host(host_of(count), cookie_lines(count) + contender.text + "\n")
                   for count in COUNTS)


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
