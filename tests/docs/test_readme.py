"""What README.md says is so: the cookies it shows, the files it names, the commands it gives."""
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import documents
import pytest
from env.httpd import Httpd

README = documents.TOP / "README.md"
SVG = documents.TOP / "docs" / "before-after.svg"


def before_and_after():
    return [tuple(documents.plain(cell) for cell in row)
            for row in documents.table_rows(README, "The application sends")]


@pytest.fixture(scope="module")
def server():
    """One location per cookie of the table, in a virtual host that clients reach by HTTPS."""
    places = "\n".join(
        f'<Location "/{number}">\nHeader always add Set-Cookie "{sent}"\n</Location>'
        for number, (sent, _) in enumerate(before_and_after()))
    made = Httpd("readme", None, ports_named=["plain"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        ServerName https://guarded.test
        CookieGuard On
        {places}
        """)
    made.start()
    yield made
    made.stop(check=False)
    made.remove()


def test_there_is_something_to_show():
    assert len(before_and_after()) >= 5


@pytest.mark.parametrize("number", range(len(before_and_after())))
def test_the_browser_gets_what_the_table_shows(server, number):
    """An answer of any status will do: the cookie is set on a 404 as on a 200."""
    answer = server.request(f"/{number}")
    wanted = before_and_after()[number][1]
    assert answer.set_cookies == [wanted.encode()]


def test_the_picture_shows_the_table():
    texts = [("".join(text.itertext()), text.get("class"))
             for text in ElementTree.parse(SVG).iter("{http://www.w3.org/2000/svg}text")]
    left = [text for text, kind in texts if kind == "before"]
    right = [text for text, kind in texts if kind == "after"]
    assert list(zip(left, right)) == before_and_after()


@pytest.mark.parametrize("page", [pytest.param(p, id=p.name) for p in documents.pages()])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        if re.match(r"https?:", target):
            continue
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{page.name} links to {target}"
        if anchor:
            heads = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in slugs, f"{page.name} links to {target}"


def test_the_rooms_are_there():
    shown = next(block.text for block in documents.blocks(README)
                 if block.kind == "text" and "src/cookie/" in block.text)
    for line in shown.splitlines():
        assert (documents.TOP / line.split()[0]).exists(), line
    rooms = {path.name for path in (documents.TOP / "src").iterdir() if path.is_dir()}
    assert rooms == set(re.findall(r"^src/(\w+)/", shown, re.MULTILINE))


def test_the_commands_are_there():
    """./demo and ./check run, and what the build needs is in the list that ./check installs."""
    text = README.read_text()
    for name in ("demo", "check"):
        assert f"./{name}" in text
        assert os.access(documents.TOP / name, os.X_OK)
    install = re.search(r"^apt-get install -y (.*)$", text, re.MULTILINE)[1].split()
    if shutil.which("apt-cache"):
        for package in install:
            known = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
            assert known.returncode == 0, f"Debian has no package {package}"


def test_the_name_README_leads_here():
    assert (documents.TOP / "README").resolve() == README
