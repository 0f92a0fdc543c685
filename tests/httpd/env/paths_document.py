"""Prints docs/paths.md from the table of paths; `python3 -m env.paths_document` in tests/httpd
writes it, test_paths_document.py compares it."""
from env.lines import KINDS
from env.paths import ALL, HTTP1
from env.tools import REPO
from paths import SUBJECTS, all_paths

DOCUMENT = REPO / "docs" / "paths.md"

HEAD = """\
# Response paths

A cookie can leave httpd on many paths: from a file, a script, a backend, an error page, a
module. On each path of this table a server test sends

- a *bare* line, which must be enforced: Secure (over TLS), HttpOnly and SameSite=Lax, each once;
- a *complete* line, which must leave byte for byte as it came;
- a *Strict* line, which must stay Strict and gets Secure and HttpOnly.

Each case runs on the event MPM without the module first, which shows that the cookie really
takes this path, then with `CookieGuard On`, then with `CookieGuard Report`, where every
Set-Cookie line must leave unchanged. On worker and prefork one path of each class runs
(marked "one per MPM").

The columns: *Path* is the name of the case. *Lines* says which of the three lines the case can
choose: "any" means that the request chooses the line. *Over* says which protocols it runs over:
"all" is HTTP/1.0, HTTP/1.1 and HTTP/2 in plain and HTTP/1.1 and HTTP/2 over TLS; "HTTP/1" is
1.0 and 1.1 in plain and 1.1 over TLS.

This file is printed from `tests/httpd/paths/`; a test compares them.

Interim responses and what an nph- script writes go to the connection and pass no filter of their
request. A filter on the connection judges them; each cookie in an interim response is a finding
(CG-INTERIM). Where several cookies come in one such head over HTTP/2, httpd joins them with a
comma, which no client undoes: in mode On each leaves in a field of its own, in Report as httpd
sends them; so it is with the 101 of a WebSocket over HTTP/2 (RFC 8441), which leaves as a 200. Heads
of any length are judged; over HTTP/2 httpd itself resets those of more than 64 KiB. A single
Set-Cookie field of more than 64 KiB is left out if it would have to be changed. "103, then 200" is
the status of an interim response, which has the cookie, and of the final one.

What mod_cache stores is judged before, and what it serves is guarded on every hit. An entry that
was stored before the module or its present configuration is judged when it is served. On a hit of
the quick handler httpd knows only what virtual host and Locations say of the URL: there Secure and
SameSite are enforced on such an entry, and no more, because a directory may have excepted the rest
(CG-STORED-UNJUDGED).

"""

OVER = {"1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "1.1s": "HTTP/1.1 TLS", "2": "HTTP/2",
        "2s": "HTTP/2 TLS"}


def over(path):
    if path.transports == ALL:
        return "all"
    if path.transports == HTTP1:
        return "HTTP/1"
    return ", ".join(OVER[name] for name in path.transports)


def lines(path):
    words = "made by the origin" if path.made else "any"
    if path.only != KINDS:
        words = ", ".join(path.only) + ", " + words
    return words


def status(path):
    if path.interim:
        return f"{path.interim}, then {path.status}"
    return " or ".join(map(str, path.status)) if isinstance(path.status, tuple) else path.status


def servers(path, firsts):
    if path.mpms == ("prefork",):
        return "prefork"
    if path.name in firsts:
        return "event; one per MPM" if "prefork" in path.mpms else "event; one on worker"
    return "event"


def row(path, firsts):
    words = path.words
    if path.why:
        words += f". Note: {path.why}"
    cells = [f"`{path.name}`", words, status(path), lines(path), over(path),
             servers(path, firsts)]
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def document():
    from env.path_cases import classes
    text = HEAD
    for subject, paths in SUBJECTS.items():
        firsts = {path.name for path in classes(paths)}
        text += f"## {subject}\n\n"
        text += "| Path | Where the cookie comes from | Status | Lines | Over | Servers |\n"
        text += "| --- | --- | --- | --- | --- | --- |\n"
        text += "\n".join(row(path, firsts) for path in paths) + "\n\n"
    return text + f"{len(all_paths())} paths.\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
