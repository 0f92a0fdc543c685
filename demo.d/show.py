"""What the demo prints: aligned, at most 100 columns wide, colour only on a terminal."""

import json
import shutil
import sys

WIDTH = max(60, min(100, shutil.get_terminal_size((100, 24)).columns))
COLOURS = {"bold": "1", "green": "32", "red": "31", "dim": "2"} if sys.stdout.isatty() else {}
LABEL = 10


def paint(text, colour):
    """The text in a colour, where there are colours."""
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if colour in COLOURS else text


def heading(text):
    """A heading with a line below."""
    print(f"\n{paint(text, 'bold')}\n{'-' * min(WIDTH, len(text))}")


def shorten(line, most=16):
    """A cookie line with the middle of a long value left out."""
    pair, semicolon, rest = line.partition(";")
    name, equals, value = pair.partition("=")
    if len(value) > most:
        value = value[:most - 7] + "..." + value[-4:]
    return name + equals + value + semicolon + rest


def labelled(label, parts, separator=" ", colour_of=lambda part: None):
    """Print parts behind a label, broken between parts, the next lines aligned below."""
    if not parts:
        return
    line, used = f"   {label:{LABEL}}", 3 + LABEL
    for number, part in enumerate(parts):
        end = separator.rstrip() if number + 1 < len(parts) else ""
        if used + len(part) + len(end) > WIDTH and used > 3 + LABEL:
            print(line.rstrip())
            line, used = " " * (3 + LABEL), 3 + LABEL
        blank = " " if end or number + 1 < len(parts) else ""
        line += paint(part, colour_of(part)) + end + blank
        used += len(part) + len(end) + len(blank)
    print(line.rstrip())


def stop(number, title, where):
    """The first line of a stop of the tour."""
    print(f"\n{number:2} {paint(f'{title:{WIDTH - 4 - len(where)}}', 'bold')} {where}")


def cookie(number, seen):
    """One cookie of the tour: what was sent, what came."""
    wanted = seen.stop
    stop(number, wanted.title, f"{wanted.method} {wanted.path}  {seen.status}")
    given = {part.strip() for part in shorten(seen.sent).split(";")}
    labelled("sent", shorten(seen.sent).split("; "), "; ")
    if seen.got is not None:
        labelled("browser", shorten(seen.got).split("; "), "; ",
                 lambda part: None if part in given else "green")
    if seen.caches:
        labelled("caches", ["Cache-Control:", "  ->  ".join(seen.caches)])
    if wanted.remark:
        labelled("", wanted.remark.split())
    if seen.wrong:
        labelled("WRONG", seen.wrong, ", ", lambda part: "red")


def paragraph(text, indent=3):
    """A paragraph, broken at blanks."""
    line = " " * indent
    for word in text.split():
        if len(line) + len(word) > WIDTH and line.strip():
            print(line.rstrip())
            line = " " * indent
        line += word + " "
    print(line.rstrip())


def record(label, fields):
    """A record as it stands in the log, broken between its parts."""
    labelled(label, json.dumps(fields).split(", "), ", ")
