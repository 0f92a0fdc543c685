"""Guard: every #include of the sources is one that the table of docs/architecture.md allows."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("srcdir", "."))
TABLE = ROOT / "docs" / "architecture.md"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
HTTPD_HEADER = re.compile(r"^(httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|mpm_common|scoreboard)\.h$")
APR_HEADER = re.compile(r"^ap[ru]_?\w*\.h$")


def read_table():
    """The rows of the table: room -> what it may include."""
    rooms = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and re.match(r"^`(src/\w+|\w+\.c)`$", cells[0]):
            rooms[cells[0].strip("`")] = set(cells[2].replace("`", "").split())
    return rooms


def room_of(path):
    """The room of a file: its directory, or itself for the front door."""
    parent = path.parent.as_posix()
    return path.as_posix() if parent == "." else parent


def wanted(path, quote, name):
    """What an include asks for: a room, a library, or None where every file may have it."""
    if quote == '"':
        beside = ROOT / path.parent / name
        below_src = ROOT / "src" / name
        for found in (beside, below_src, ROOT / name):
            if found.is_file():
                return room_of(pathlib.Path(os.path.relpath(found.resolve(), ROOT.resolve())))
    if name.startswith("openssl/"):
        return "OpenSSL"
    if APR_HEADER.match(name):
        return "APR"
    if HTTPD_HEADER.match(name):
        return "httpd"
    return None if quote == "<" else "a file that does not exist"


def check_file(path, rooms):
    """The sentences about one file's includes that the table does not allow."""
    room = room_of(path)
    if room not in rooms:
        return [f"{path}: the room {room} has no row in docs/architecture.md"]
    wrong = []
    for quote, name in INCLUDE.findall((ROOT / path).read_text(encoding="utf-8")):
        want = wanted(path, quote, name)
        allowed = want is None or want == room or want in rooms[room]
        # The one file that may know OpenSSL, in whatever room it stands.
        if not allowed and not (want == "OpenSSL" and path.name == "crypto.c"):
            wrong.append(f"{path}: includes {name} ({want}), which {room} may not")
    return wrong


def main():
    rooms = read_table()
    sources = sorted(p.relative_to(ROOT) for p in ROOT.glob("src/*/*.[ch]"))
    sources += [p.relative_to(ROOT) for p in ROOT.glob("mod_*.c")]
    if not rooms or not sources:
        sys.exit(f"no table or no source found below {ROOT.resolve()}")
    wrong = [sentence for path in sources for sentence in check_file(path, rooms)]
    print("\n".join(wrong) or f"{len(sources)} files keep to {len(rooms)} rooms")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
