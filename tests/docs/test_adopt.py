"""The commands of docs/adopt.md, run as printed and in their order against a real httpd.

Only the places differ: /etc/apache2, /var/log/apache2 and http://localhost/ are the sandbox's.
"""
import re

import documents
import pytest
from debian_sandbox import Sandbox, what_is_missing

PAGE = documents.TOP / "docs" / "adopt.md"


def commands(block):
    """[(command, what it should print)] of a console block; a here-document belongs to its
    command."""
    found, end = [], None
    for line in block.text.splitlines():
        if end is not None:
            found[-1][0] += "\n" + line
            end = None if line == end else end
        elif line.startswith("$ "):
            found.append([line[2:], []])
            here = re.search(r"<<'(\w+)'$", line)
            end = here[1] if here else None
        else:
            found[-1][1].append(line)
    return [(command, printed) for command, printed in found]


def matches(printed, lines):
    """Compare line by line; "..." stands for any lines, none as well."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + r"\n"
                      for line in lines)
    return re.fullmatch(pattern, printed) is not None


@pytest.fixture(scope="module")
def sandbox():
    missing = what_is_missing()
    if missing:
        pytest.skip(f"{missing} is missing")
    made = Sandbox()
    yield made
    made.close()


def test_every_command_prints_what_the_page_shows(sandbox):
    ran = 0
    for block in documents.blocks(PAGE):
        if block.kind != "console":
            continue
        for command, lines in commands(block):
            status, said = sandbox.shell(command)
            assert status == 0, f"{block.place}: {command}\nended with {status}:\n{said}"
            assert matches(said, lines), f"{block.place}: {command}\nprinted:\n{said}"
            ran += 1
    assert ran > 20


def test_the_configurations_on_the_way_left_no_complaint(sandbox):
    """After the page's last command: nothing worse than a notice in the ErrorLog."""
    log = (sandbox.logs / "error.log").read_text()
    assert not re.findall(r"^.*:(?:warn|error|crit|alert|emerg)\].*$", log, re.MULTILINE)
