"""What `apachectl configtest` says: each bad line of the table fails with its sentence, each
good one passes, and nothing is created or opened."""
import os
import re

import pytest

from env.httpd import Httpd

SECTIONS = {
    "server": "{line}",
    "virtual host": "<VirtualHost *:${{port_plain}}>\n{line}\n</VirtualHost>",
    "Directory": "<Directory \"/\">\n{line}\n</Directory>",
    "Location": "<Location \"/\">\n{line}\n</Location>",
    "Files": "<Files \"*\">\n{line}\n</Files>",
    "If": "<If \"true\">\n{line}\n</If>",
    "Proxy-less Location in a virtual host":
        "<VirtualHost *:${{port_plain}}>\n<Location \"/\">\n{line}\n</Location>\n</VirtualHost>",
}
INNER = ("Directory", "Location", "Files", "If", "Proxy-less Location in a virtual host")

# line -> the sentence, as a regular expression
BAD = [
    # a mode, a switch, a source
    ("CookieGuard", "takes one argument"),
    ("CookieGuard Enforce", "CookieGuard does not know 'Enforce'; known are Off, Report, On"),
    ("CookieGuard On Report", "takes one argument"),
    ("CookieGuard On # from Monday", "takes one argument"),
    ("CookieGuardBaseline Maybe", "must be On or Off"),
    ("CookieGuardOverride Loosen",
     "CookieGuardOverride does not know 'Loosen'; known are Tighten, None, All"),
    ("CookieGuardHTTPS yes", "CookieGuardHTTPS does not know 'yes'; known are auto, on, off, "
     '"expr=..."'),
    ('CookieGuardHTTPS "expr=%{no such"', "CookieGuardHTTPS: the expression .* cannot be parsed"),
    ('CookieGuardHTTPS "expr="', "CookieGuardHTTPS"),
    # a log
    ("CookieGuardAuditLog /no/such/place/audit.log", "/no/such/place/? does not exist"),
    ("CookieGuardAuditLog no-such-place/audit.log", "no-such-place/? does not exist"),
    ("CookieGuardAuditLog logs", "is a directory"),
    ('CookieGuardAuditLog "|"', "after '\\|' comes a program"),
    ('CookieGuardAuditLog ""', "takes 1-2 arguments"),
    ("CookieGuardAuditLog logs/a.log some",
     "does not know 'some'; known are new, changes, findings, all"),
    ("CookieGuardAuditLog off all", "off takes no second word"),
    ("CookieGuardAuditLog logs/a.log all # comment", "takes one or two|takes 1-2|takes one"),
    # a name
    ("CookieGuardCookie", "the name of the cookie is empty"),
    ('CookieGuardCookie "" Secure', "the name of the cookie is empty"),
    ("CookieGuardCookie ~ Secure", "the name of the cookie is empty"),
    ("CookieGuardCookie SID", "needs at least one term"),
    ('CookieGuardCookie "SID Secure', "blanks and no term follows.*quote"),
    ('CookieGuardCookie "S=D" Secure', "a cookie's name has no '='"),
    ('CookieGuardCookie "S;D" Secure', "a cookie's name has no '=', no ';'"),
    ("CookieGuardCookie ~^(wp_ Secure", "'\\^\\(wp_' is not a regular expression"),
    ("CookieGuardCookie ~*x Secure", "is not a regular expression"),
    # a term that is unknown
    ("CookieGuardCookie SID Secured", "unknown term 'Secured'; known are Secure HttpOnly"),
    ("CookieGuardCookie SID +Secure", "unknown term '\\+Secure'"),
    ("CookieGuardCookie SID Priority=High", "unknown term 'Priority=High'"),
    ("CookieGuardCookie SID Secure # our session", "no comments at the end of a line"),
    ("CookieGuardCookie SID Secure #", "no comments at the end of a line"),
    ("CookieGuardCookie SID #our session", "no comments at the end of a line"),
    ("CookieGuardCookie SID Expires=1d", "Expires is not a term: say Max-Age"),
    ("CookieGuardCookie SID Expires<=1d", "Expires is not a term: say Max-Age"),
    ("CookieGuardCookie SID -Expires", "Expires is not a term: say Max-Age"),
    ("CookieGuardCookie SID Expires", "Expires is not a term: say Max-Age"),
    ('CookieGuardCookie SID "" Secure', "an empty term"),
    ("CookieGuardCookie SID Prefix=__host-", "'__host-' is not a prefix"),
    ("CookieGuardCookie SID Seal", "unknown term"),
    ("CookieGuardCookie SID Vault", "unknown term"),
    # a form that the attribute does not have
    ("CookieGuardCookie SID Secure=on", "'Secure=on' is not a form of Secure; write Secure, "),
    ("CookieGuardCookie SID Secure:=on", "is not a form of Secure"),
    ("CookieGuardCookie SID HttpOnly>=1", "is not a form of HttpOnly"),
    ("CookieGuardCookie SID -Secure=x", "is not a form of Secure"),
    ("CookieGuardCookie SID SameSite", "is not a form of SameSite; write SameSite=Lax"),
    ("CookieGuardCookie SID SameSite<=Lax", "is not a form of SameSite"),
    ("CookieGuardCookie SID Max-Age>=1d", "is not a form of Max-Age"),
    ("CookieGuardCookie SID Path", "is not a form of Path"),
    ("CookieGuardCookie SID Path<=/", "is not a form of Path"),
    ("CookieGuardCookie SID Domain>=example.com", "is not a form of Domain"),
    # a value
    ("CookieGuardCookie SID SameSite=Laks", "SameSite is Strict, Lax or None, not 'Laks'"),
    ("CookieGuardCookie SID SameSite=", "SameSite is Strict, Lax or None, not ''"),
    ("CookieGuardCookie SID SameSite>=None", "a floor below which nothing lies"),
    ("CookieGuardCookie SID Max-Age<=", "is not a time"),
    ("CookieGuardCookie SID Max-Age<=soon", "'soon' is not a time: .* s, m, h or d"),
    ("CookieGuardCookie SID Max-Age<=1w", "'1w' is not a time"),
    ("CookieGuardCookie SID Max-Age<=1.5h", "is not a time"),
    ("CookieGuardCookie SID Max-Age<=-1", "is not a time"),
    ("CookieGuardCookie SID Max-Age<=d", "is not a time"),
    ("CookieGuardCookie SID Max-Age<=0", "would delete the cookie"),
    ("CookieGuardCookie SID Max-Age:=401d", "over 400 days"),
    ("CookieGuardCookie SID Max-Age:=99999999999999999999", "not a time|over 400 days"),
    ("CookieGuardCookie SID Path=app", "a Path begins with '/'"),
    ("CookieGuardCookie SID Path:=", "a Path begins with '/'"),
    ('CookieGuardCookie SID "Path:=/a b"', "a Path has no blank"),
    ('CookieGuardCookie SID "Path:=/a;b"', "a Path has no blank, no ';'"),
    ("CookieGuardCookie SID Path:=/" + "a" * 1100, "over 1024 octets"),
    ("CookieGuardCookie SID Domain=", "is not a host name"),
    ("CookieGuardCookie SID Domain:=exa_mple.com", "is not a host name"),
    ("CookieGuardCookie SID Domain:=a..b", "is not a host name"),
    ("CookieGuardCookie SID Domain:=b\u00fccher.example", "is not a host name"),
    # an expression
    ('CookieGuardCookie SID Secure "expr=%{REQUEST_URI} =="', "the expression .* cannot be parsed"),
    ('CookieGuardCookie SID Secure "expr="', "expr= needs an expression"),
    ('CookieGuardCookie SID "expr=true"', "at least one term besides expr="),
    ('CookieGuardCookie SID "expr=true" Secure', "expr= is the last word"),
    # terms that contradict each other
    ("CookieGuardCookie SID Secure -Secure", "names Secure twice.*contradicts"),
    ("CookieGuardCookie SID HttpOnly HttpOnly=keep", "names HttpOnly twice.*contradicts"),
    ("CookieGuardCookie SID SameSite=Lax SameSite>=Lax", "names SameSite twice"),
    ("CookieGuardCookie SID Max-Age<=1d -Max-Age", "names Max-Age twice"),
    ("CookieGuardCookie SID Secure Secure", "names Secure twice"),
    ("CookieGuardCookie SID SameSite:=None -Secure", "contradicts -Secure"),
    ("CookieGuardCookie SID Partitioned", "Partitioned needs Secure"),
    ("CookieGuardCookie SID Partitioned Secure=keep", "Partitioned needs Secure"),
    ("CookieGuardCookie SID Partitioned -Secure", "Partitioned needs Secure"),
    # Drop
    ("CookieGuardCookie SID Drop Secure", "Drop contradicts the other terms"),
    ("CookieGuardCookie SID Secure Drop", "Drop contradicts the other terms"),
    ('CookieGuardCookie SID Drop "expr=true"', "Drop takes no expr="),
    ("CookieGuardCookie ~^SID$ Drop", "not a regular expression"),
    ("CookieGuardCookie * Drop", "begins with '__'"),
    ("CookieGuardCookie ??D Drop", "begins with '__'"),
    ("CookieGuardCookie _* Drop", "begins with '__'"),
    ("CookieGuardCookie __Host-* Drop", "begins with '__'"),
    # Prefix
    ("CookieGuardCookie SID Prefix", "unknown term 'Prefix'"),
    ("CookieGuardCookie SID -Prefix", "unknown term '-Prefix'"),
    ("CookieGuardCookie SID Prefix=", "'' is not a prefix; write Prefix=__Host-"),
    ("CookieGuardCookie SID Prefix=keep", "'keep' is not a prefix"),
    ("CookieGuardCookie SID Prefix=__host-", "'__host-' is not a prefix.* in this case"),
    ("CookieGuardCookie SID Prefix=__Host-SID", "'__Host-SID' is not a prefix"),
    ("CookieGuardCookie SID Prefix=__Host- # on trial", "no comments at the end of a line"),
    ("CookieGuardCookie SID Prefix=__Host- Prefix=off", "names Prefix twice"),
    ('CookieGuardCookie SID Prefix=__Host- "expr=true"', "Prefix takes no expr="),
    ("CookieGuardCookie ~^SID$ Prefix=__Host-", "Prefix takes .* not a regular expression"),
    ("CookieGuardCookie * Prefix=__Host-", "begins with '__'.* begin the glob with a letter"),
    ("CookieGuardCookie ??D Prefix=__Host-", "begins with '__'"),
    ("CookieGuardCookie __Host-* Prefix=off", "begins with '__'"),
    ("CookieGuardCookie __Host-SID Prefix=__Host-", "the application's own name"),
    ("CookieGuardCookie __host-SID Prefix=__Secure-", "the application's own name"),
    ("CookieGuardCookie S,D Prefix=__Host-", "a name of letters, digits and the signs"),
    ('CookieGuardCookie "S D" Prefix=__Host-', "a name of letters, digits and the signs"),
    ("CookieGuardCookie Http-SID Prefix=__Host-", "reads as the prefix __Host-Http-"),
    ("CookieGuardCookie SID Prefix=__Host- Domain=example.com",
     "Prefix=__Host- contradicts .* only with no Domain; write -Domain"),
    ("CookieGuardCookie SID Path:=/app Prefix=__Host-", "contradicts .* only with Path=/; write"),
    ("CookieGuardCookie SID Prefix=__Host- -Path", "contradicts .* only with Path=/"),
    ("CookieGuardCookie SID Prefix=__Secure- -Secure", "contradicts .* only with Secure"),
    ("CookieGuardCookie SID Prefix=__Http- -HttpOnly", "contradicts .* only with HttpOnly"),
    ("CookieGuardCookie SID Prefix=__Host- Drop", "Drop contradicts the other terms"),
    # the end of a migration
    ("CookieGuardMigration", "takes one argument"),
    ("CookieGuardMigration 30d", "does not know '30d'; write off, or the last day"),
    ("CookieGuardMigration until=", "does not know 'until='"),
    ("CookieGuardMigration until=30d", "does not know 'until=30d'.* such as until=2027-01-31"),
    ("CookieGuardMigration until=2027-02-29", "does not know 'until=2027-02-29'"),
    ("CookieGuardMigration until=2027-13-01", "does not know"),
    ("CookieGuardMigration until=2027-1-1", "does not know"),
    ("CookieGuardMigration until=2027-01-31T12:00", "does not know"),
    ("CookieGuardMigration 2027-01-31", "does not know"),
    ("CookieGuardMigration until=2027-01-31 off", "takes one argument"),
]

# A secrecy term, or a directive of the virtual host, in a section.
BAD_INSIDE = [
    ("CookieGuardCookie SID Drop", "Drop belongs to the server or a virtual host"),
    ("CookieGuardCookie SID Prefix=__Host-", "Prefix belongs to the server or a virtual host"),
    ("CookieGuardCookie SID Prefix=off", "Prefix belongs to the server or a virtual host"),
    ("CookieGuardMigration until=2099-01-31", "not allowed"),
    ("CookieGuardAuditLog logs/a.log", "not allowed"),
    ("CookieGuardHTTPS on", "not allowed"),
]

GOOD = [
    "CookieGuard Off", "CookieGuard Report", "CookieGuard On", "CookieGuard on",
    "CookieGuardBaseline Off", "CookieGuardBaseline On",
    "CookieGuardOverride Tighten", "CookieGuardOverride All", "CookieGuardOverride None",
    "CookieGuardCookie SID Secure", "CookieGuardCookie SID secure httponly samesite=lax",
    "CookieGuardCookie SID Secure HttpOnly Partitioned SameSite:=None",
    "CookieGuardCookie XSRF-TOKEN HttpOnly=keep SameSite=Strict",
    "CookieGuardCookie ~^wp_ Max-Age<=1d -Domain",
    'CookieGuardCookie "~^a\\.b\\d+$" -HttpOnly',
    "CookieGuardCookie wp_?_* Max-Age:=30m Path:=/app Domain:=.example.com",
    "CookieGuardCookie SID -Secure -HttpOnly -Partitioned -SameSite -Path -Domain -Max-Age",
    "CookieGuardCookie SID Secure=keep HttpOnly=keep Partitioned=keep SameSite=keep Path=keep "
    "Domain=keep Max-Age=keep",
    'CookieGuardCookie SID SameSite>=Strict "expr=%{REQUEST_URI} =~ m#^/app/#"',
    "CookieGuardCookie SID Max-Age=400d", "CookieGuardCookie SID Max-Age<=34560000",
    'CookieGuardCookie "name with blanks" Secure',
    "CookieGuardCookie SID Partitioned=keep", "CookieGuardCookie SID -Partitioned",
]
GOOD_IN_SERVER = [
    "CookieGuard On", "CookieGuardCookie ?ID Drop",
    "CookieGuardCookie debug_* Drop", "CookieGuardCookie __Host-debug Drop",
    "CookieGuardHTTPS auto", "CookieGuardHTTPS on", "CookieGuardHTTPS off",
    "CookieGuardHTTPS \"expr=%{req:X-Forwarded-Proto} == 'https'\"",
    "CookieGuardAuditLog logs/a.log", "CookieGuardAuditLog logs/a.log changes",
    "CookieGuardAuditLog off", 'CookieGuardAuditLog "|/bin/cat" findings',
    "CookieGuardCookie SID Prefix=__Host-", "CookieGuardCookie SID prefix=OFF",
    "CookieGuardCookie cart Prefix=__Host- Path:=/ -Domain Max-Age<=1d",
    "CookieGuardCookie wp_* Prefix=__Secure- Domain=example.com Path:=/wp",
    "CookieGuardCookie s?d2 Prefix=__Host-Http-", "CookieGuardCookie Http-SID Prefix=__Http-",
    "CookieGuardMigration until=2099-12-31", "CookieGuardMigration until=2096-02-29",
    "CookieGuardMigration off",
]


@pytest.fixture(scope="module")
def tested():
    """One server's directory; each case writes its own line and asks `httpd -t`."""
    server = Httpd("configtest", None, ports_named=("plain",))
    yield server
    server.remove()


def configtest(server, text, name="line.conf"):
    place = server.root / "conf" / name
    place.write_text(text + "\n", encoding="utf-8")
    lines = [line for line in server.config.read_text(encoding="utf-8").splitlines()
             if not line.startswith("Include conf/line")]
    lines.append(f"Include conf/{name}")
    server.config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return server.run("-t")


@pytest.mark.parametrize("line, sentence", BAD, ids=[line[:60] for line, _ in BAD])
def test_a_bad_line_fails_with_its_sentence(tested, line, sentence):
    code, said = configtest(tested, line)
    assert code != 0, said
    assert re.search(sentence, said), said
    assert "line.conf" in said and "line 1" in said, said
    assert line.split()[0] in said


@pytest.mark.parametrize("section", INNER)
@pytest.mark.parametrize("line, sentence", BAD_INSIDE)
def test_what_belongs_to_the_server_is_refused_in_a_section(tested, section, line, sentence):
    code, said = configtest(tested, SECTIONS[section].format(line=line))
    assert code != 0 and re.search(sentence, said), said


@pytest.mark.parametrize("section", SECTIONS)
def test_good_lines_pass_everywhere(tested, section):
    text = SECTIONS[section].format(line="\n".join(GOOD))
    assert configtest(tested, text) == (0, "Syntax OK\n")


@pytest.mark.parametrize("section", ["server", "virtual host"])
def test_good_lines_of_the_server_pass(tested, section):
    text = SECTIONS[section].format(line="\n".join(GOOD_IN_SERVER))
    assert configtest(tested, text) == (0, "Syntax OK\n")


@pytest.mark.parametrize("section", INNER)
@pytest.mark.parametrize("line, sentence", [
    bad for bad in BAD if not re.search("Drop|Prefix|Migration", bad[0])][::7])
def test_bad_lines_fail_in_sections_too(tested, section, line, sentence):
    code, said = configtest(tested, SECTIONS[section].format(line=line))
    assert code != 0, said
    assert re.search(sentence, said) or "not allowed" in said, said


def test_httpd_variables_are_replaced_first(tested):
    text = "Define cookie_name SID\nCookieGuardCookie ${cookie_name} Secure\nUndefine cookie_name"
    assert configtest(tested, text) == (0, "Syntax OK\n")


def test_nothing_is_created_or_opened(tested):
    witness = tested.root / "logs" / "witness"
    text = ("CookieGuardAuditLog logs/never.log all\nCookieGuard On\n"
            "<VirtualHost *:${port_plain}>\n"
            f'CookieGuardAuditLog "|/bin/touch {witness}"\n</VirtualHost>')
    before = {str(p) for p in tested.root.rglob("*")}
    shared_before = set(_shared_memory())
    assert configtest(tested, text) == (0, "Syntax OK\n")
    assert {str(p) for p in tested.root.rglob("*")} == before
    assert set(_shared_memory()) == shared_before


def _shared_memory():
    return [name for name in os.listdir("/dev/shm") if "cookieguard" in name.lower()]


def test_the_module_alone_changes_nothing(tested):
    """LoadModule without a line of configuration passes and says nothing."""
    assert configtest(tested, "") == (0, "Syntax OK\n")


def test_drop_where_the_host_is_off_is_said(tested):
    """Not an error, but without effect: configtest names it."""
    code, said = configtest(tested, "CookieGuard Report\nCookieGuardCookie debug Drop")
    assert code == 0 and "Drop acts only where" in said, said


# What is no error, but is said; what two rules together make impossible.
SAID = [
    ("CookieGuard Report\nCookieGuardCookie SID Prefix=__Host-", 0,
     "CG0002: .*Prefix acts only where the virtual host itself says CookieGuard On"),
    ("CookieGuard On\nCookieGuardCookie SID Prefix=__Host-\nCookieGuardHTTPS off", 0, "CG0006"),
    ("CookieGuard On\nCookieGuardCookie SID Prefix=__Host-\n"
     "CookieGuardMigration until=2020-12-31", 0, "CG0005: .* The line can go"),
    ("CookieGuard On\nCookieGuardCookie SID Prefix=__Host-\nCookieGuardCookie * Path:=/app", 0,
     "CG0007: .* SID cannot leave as __Host-SID .* a Path .* Add Path:=/ -Domain"),
    ("CookieGuard On\nCookieGuardCookie * -Path\nCookieGuardCookie SID Prefix=__Host-", 0,
     "CG0007: .* a Path"),
    ("CookieGuard On\nCookieGuardCookie SID Domain=example.com\n"
     "CookieGuardCookie SID Prefix=__Host-", 0, "CG0007: .* a Domain"),
    ("CookieGuard On\nCookieGuardCookie SID Prefix=__Host-\n"
     "CookieGuardCookie sid Prefix=__Host-", 1,
     "CG0004: .*line.conf:3: Prefix for sid, and at .*line.conf:2 for SID"),
    ("CookieGuard On\nCookieGuardCookie a_b Prefix=__Host-\n<VirtualHost *:${port_plain}>\n"
     "CookieGuardCookie a.b Prefix=__Secure-\n</VirtualHost>", 1, "CG0004: .*a.b.*a_b"),
    ("CookieGuard On\nCookieGuardCookie S* Prefix=__Host-\n"
     "CookieGuardCookie s* Prefix=__Secure-", 1,
     r"CG0004: .*line.conf:3: Prefix for s\*, and at .*line.conf:2 for S\*"),
]


@pytest.mark.parametrize("text, code, sentence", SAID)
def test_what_a_prefix_cannot_keep_is_said(tested, text, code, sentence):
    exit_code, said = configtest(tested, text)
    assert bool(exit_code) == bool(code) and re.search(sentence, said), said


@pytest.mark.parametrize("text", [
    "CookieGuard On\nCookieGuardCookie SID Prefix=__Host- Path:=/ -Domain\n"
    "CookieGuardCookie * Path:=/app Domain=example.com",
    "CookieGuard On\nCookieGuardCookie SID Prefix=__Host-\nCookieGuardCookie SID Prefix=off",
    "CookieGuard On\nCookieGuardMigration until=2020-12-31",
])
def test_nothing_is_said_of_what_goes_together(tested, text):
    assert configtest(tested, text) == (0, "Syntax OK\n")
