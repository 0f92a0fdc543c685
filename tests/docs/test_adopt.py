"""docs/adopt.md is walked from the first command to the last against a real httpd over TLS.

The commands run as printed; only the places differ: /etc/apache2 and /var/log/apache2 are the
sandbox's, and curl finds shop.example there. Between the commands customers use the shop: one of
them logged in before the module was loaded.
"""
import re

import documents
import pytest
from careless_shop import Customer
from debian_sandbox import Sandbox, what_is_missing
from env.process import wait_until

PAGE = documents.TOP / "docs" / "adopt.md"
# The step in which the page says that the cart is broken.
BROKEN = "3. Enforce a part"
# What only looks at the logs may be asked again: httpd writes them after the answer has left.
LOOKS_AT_LOGS = re.compile(r"(jq|grep) .*/var/log/apache2/")


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
            here = re.search(r"<<'?(\w+)'?$", line)
            end = here[1] if here else None
        else:
            found[-1][1].append(line)
    return [(command, printed) for command, printed in found]


def matches(printed, lines):
    """Compare line by line; "..." stands for any lines, none as well, or within a line for some
    characters without a blank."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..."
        else re.escape(line).replace(re.escape("..."), r"\S+") + r"\n" for line in lines)
    return re.fullmatch(pattern, printed) is not None


def steps():
    """[(heading, its console blocks)] of the page."""
    lines = PAGE.read_text().splitlines()
    heads = [(number, line[3:]) for number, line in enumerate(lines, 1) if line.startswith("## ")]
    blocks = [block for block in documents.blocks(PAGE) if block.kind == "console"]
    ends = [number for number, _ in heads[1:]] + [len(lines) + 1]
    before = [("", [block for block in blocks if block.line < heads[0][0]])]
    return before + [(head, [block for block in blocks if start < block.line < end])
                     for (start, head), end in zip(heads, ends)]


class Walk:
    """The walk through the page, and what happened on it."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.ran = 0
        self.reloads = 0
        self.carts = {}    # step: the statuses of what the page's script sent
        self.names = {}    # step: names of the session cookie in the first customer's browser
        self.first = Customer("berta", sandbox)
        self.first.log_in()

    def run(self, block, command, lines):
        def asked():
            status, said = self.sandbox.shell(command)
            told[:] = [f"{block.place}: {command}\nended with {status}:\n{said}"]
            return status == 0 and matches(said, lines)
        told = []
        if LOOKS_AT_LOGS.match(command):
            try:
                wait_until(asked, "the log", self.sandbox.daemon.process, 10)
            except AssertionError:
                pytest.fail(told[0])
        else:
            assert asked(), told[0]
        self.ran += 1

    def customers(self, step):
        """After each reload: who was there from the start, and one who logs in now."""
        self.reloads += 1
        late = Customer(f"late{self.reloads}", self.sandbox)
        late.log_in()
        for customer in (self.first, late):
            for _ in range(2):
                assert customer.is_logged_in(), f"{customer.name} in {step}: {customer.cookies()}"
            self.carts.setdefault(step, set()).add(customer.fill_cart())
            self.names[step] = {name for name in customer.cookies() if name.endswith("SID")}

    def walk(self):
        for step, blocks in steps():
            for block in blocks:
                for command, lines in commands(block):
                    self.run(block, command, lines)
                    if command == "apache2ctl graceful":
                        self.customers(step)


@pytest.fixture(scope="module")
def walked():
    missing = what_is_missing()
    if missing:
        pytest.skip(f"{missing} is missing")
    sandbox = Sandbox()
    walk = Walk(sandbox)
    try:
        walk.walk()
        yield walk
    finally:
        sandbox.close()


def test_every_command_prints_what_the_page_shows(walked):
    """And everybody stayed logged in all the time: the walk itself looks after each reload."""
    assert walked.ran > 40
    assert walked.reloads >= 9


def test_the_cart_breaks_where_the_page_says_so_and_nowhere_else(walked):
    broken = walked.carts.pop(BROKEN)
    assert broken == {403}
    assert all(statuses == {200} for statuses in walked.carts.values()), walked.carts


def test_the_session_has_its_prefix_in_one_step_alone(walked):
    assert {step: names for step, names in walked.names.items() if names != {"SID"}} == {
        "8. Put the session under a prefix": {"__Host-SID"}}


def test_the_application_never_saw_a_prefix(walked):
    assert walked.sandbox.shop.cookie_names == {"SID", "shop_csrf"}


def test_the_configurations_on_the_way_left_no_complaint(walked):
    """After the page's last command: nothing worse than a notice in the ErrorLog."""
    log = (walked.sandbox.logs / "error.log").read_text()
    assert not re.findall(r"^.*:(?:warn|error|crit|alert|emerg)\].*$", log, re.MULTILINE)
