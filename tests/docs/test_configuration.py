"""Every configuration in the documents and in conf/ is one that httpd takes, or refuses as told."""
import re

import configtest
import documents
import pytest
from env.httpd import Httpd

EXAMPLES = [block for page in documents.pages() for block in documents.blocks(page)]
CONF = documents.TOP / "conf"


def refused_with_message():
    """Pairs of a counter-example and the block after it, which shows the message."""
    pairs = []
    for page in documents.pages():
        found = documents.blocks(page)
        for number, block in enumerate(found):
            if block.kind == "apache refused":
                after = found[number + 1] if number + 1 < len(found) else None
                assert after and after.kind == "text", f"{block.place}: no message follows"
                pairs.append((block, after))
    return pairs


def named(blocks):
    return [pytest.param(block, id=block.place) for block in blocks]


@pytest.mark.parametrize("block", named(b for b in EXAMPLES if b.kind == "apache"))
def test_an_example_passes_configtest(block, tmp_path):
    status, said = configtest.run(tmp_path, block.text)
    assert status == 0 and "Syntax OK" in said, said


@pytest.mark.parametrize("block, message", [pytest.param(*pair, id=pair[0].place)
                                            for pair in refused_with_message()])
def test_a_counter_example_is_refused_with_the_message_shown(block, message, tmp_path):
    status, said = configtest.run(tmp_path, block.text)
    assert status != 0, f"httpd took {block.text}"
    words = " ".join(said.split())
    for line in message.text.splitlines():
        assert " ".join(line.split()) in words, said


@pytest.fixture(scope="module")
def htaccess_server():
    """A server that reads .htaccess files below site/htdocs."""
    made = Httpd("htaccess", None, ports_named=["plain"], text="""
        Listen 127.0.0.1:${port_plain}
        DocumentRoot ${site}/htdocs
        <Directory "${site}/htdocs">
            AllowOverride FileInfo
        </Directory>
        """)
    made.start()
    yield made
    made.stop()
    made.remove()


@pytest.mark.parametrize("block", named(b for b in EXAMPLES if b.kind == "apache htaccess"))
def test_an_example_of_htaccess_is_read(block, htaccess_server):
    place = htaccess_server.root / "site" / "htdocs" / f"line{block.line}"
    place.mkdir()
    (place / ".htaccess").write_text(block.text)
    (place / "page.txt").write_text("hello\n")
    assert htaccess_server.request(f"/line{block.line}/page.txt").status == 200


def test_every_apache_block_is_of_a_kind_that_is_tested():
    kinds = {block.kind for block in EXAMPLES if "CookieGuard" in block.text}
    assert kinds <= {"apache", "apache refused", "apache htaccess", "console", "sh", "text"}


CONF_FILES = sorted(CONF.glob("**/*.conf"))


@pytest.mark.parametrize("path", [pytest.param(p, id=p.name) for p in CONF_FILES])
def test_an_installed_configuration_passes_configtest(path, tmp_path):
    status, said = configtest.run(tmp_path, path.read_text())
    assert status == 0 and "Syntax OK" in said, said


def test_the_commented_examples_of_the_reference_pass_configtest(tmp_path):
    text = (CONF / "cookieguard.conf").read_text()
    text = re.sub(r"^#(?=CookieGuard|</?[A-Z]|    CookieGuard)", "", text, flags=re.MULTILINE)
    status, said = configtest.run(tmp_path, text)
    assert status == 0 and "Syntax OK" in said, said
