"""Set-Cookie lines of the path tests and what must become of them.

Three kinds stand for the promises on every path: a bare line (must be enforced), a complete
one (must leave byte for byte) and a Strict one (must stay Strict). The policy is the
built-in rule: Secure HttpOnly SameSite=Lax, Secure on HTTPS alone.
"""
import re

from env import secret

KINDS = ("bare", "complete", "strict")

_ATTRIBUTES = {
    "bare": "",
    "complete": "; Path=/; Secure; HttpOnly; SameSite=Lax",
    "strict": "; Path=/; SameSite=Strict",
}


def line_of(kind):
    """A fresh line of a kind, with a value that no log may show."""
    return f"{kind}_cookie={secret.value()}{_ATTRIBUTES[kind]}".encode()


def attributes(line):
    """The attributes of a line as a browser splits them: [(lower-case name, value)]."""
    found = []
    for part in line.split(b";")[1:]:
        name, _, value = part.partition(b"=")
        found.append((name.strip(b" \t").lower(), value.strip(b" \t")))
    return found


def additions(line, https):
    """What the built-in rule appends to a line that has each attribute at most once."""
    names = {name for name, _ in attributes(line)}
    added = b""
    if https and b"secure" not in names:
        added += b"; Secure"
    if b"httponly" not in names:
        added += b"; HttpOnly"
    if b"samesite" not in names:
        added += b"; SameSite=Lax"
    return added


def enforced(line, https):
    return line + additions(line, https)


def split_enforced(pattern, line, https):
    """Take the additions off an enforced line; return the line that the origin made, or
    None if `line` is not such a line. `pattern` (bytes, a regular expression) is the form
    of the origin's line."""
    for cut in [len(line)] + [m.start() for m in re.finditer(b";", line)]:
        base = line[:cut]
        if re.fullmatch(pattern, base) and enforced(base, https) == line:
            return base
    return None
