"""The documents as the tests read them: code blocks, tables and headings of Markdown.

A fenced block says in its first line what it is, and the tests believe it:

    ```apache            stands in the server configuration; configtest must accept it
    ```apache htaccess   stands in a .htaccess; a request that meets it must not fail
    ```apache refused    configtest must refuse it; the ```text block after it shows the message
    ```console           commands, each after a "$ ", and what they print
    ```sh                commands, printed nothing
"""
import re
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```(.*)$")


class Block(NamedTuple):
    """One fenced block and where it stands."""
    path: Path
    line: int
    kind: str
    text: str

    @property
    def place(self):
        return f"{self.path.relative_to(TOP)}:{self.line}"


def pages():
    """Every document of the project that is written in Markdown."""
    return sorted(TOP.glob("*.md")) + sorted((TOP / "docs").glob("**/*.md"))


def blocks(path):
    """The fenced blocks of a page, in their order."""
    found, kind, indent, start, lines = [], None, "", 0, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if fence and kind is None:
            indent, kind, start, lines = fence[1], fence[2].strip(), number, []
        elif fence and fence[2].strip() == "":
            found.append(Block(path, start, kind, "\n".join(lines) + "\n"))
            kind = None
        elif kind is not None:
            lines.append(line.removeprefix(indent))
    assert kind is None, f"{path}: the block of line {start} is not closed"
    return found


def table_rows(path, first_heading):
    """The body cells of the first table whose first column has this heading."""
    rows, inside = [], False
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if not inside:
            inside = bool(cells) and cells[0] == first_heading
        elif not cells:
            break
        elif not set("".join(cells)) <= set("-: "):
            rows.append([cell.replace("\\|", "|") for cell in cells])
    return rows


def plain(cell):
    """A cell's words without the marks of Markdown."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell).replace("`", "").replace("\\", "")
