"""docs/directives.md, conf/cookieguard.conf and the module know the same directives."""
import re

import configtest
import documents
import pytest

PAGE = documents.TOP / "docs" / "directives.md"
CONF = documents.TOP / "conf" / "cookieguard.conf"

# How `httpd -L` tells where a directive may stand, and the manual's words for it.
PLACES = {"server config", "virtual host", "directory", ".htaccess"}


def in_the_module(root):
    """{directive: the lines that `httpd -L` prints about it}."""
    _, said = configtest.run(root, "", "-L")
    found, name = {}, None
    for line in said.splitlines():
        head = re.match(r"(\w+) \((\S+)\)$", line)
        if head:
            name = head[1] if "cookieguard" in head[2] else None
        elif name:
            found.setdefault(name, []).append(line.strip())
    return found


def in_the_manual():
    """{directive: {row of its table: text}} from docs/directives.md."""
    found, name = {}, None
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            name = line[3:].strip()
        row = re.match(r"\| (\w+) \| (.*) \|$", line)
        if row and name and name.startswith("CookieGuard"):
            found.setdefault(name, {})[row[1]] = documents.plain(row[2])
    return found


def in_the_reference():
    """Directives of conf/cookieguard.conf, commented out or not, as often as they stand there."""
    return re.findall(r"^#?(CookieGuard\w*)\b", CONF.read_text(), re.MULTILINE)


def test_manual_and_module_have_the_same_directives(tmp_path):
    assert sorted(in_the_manual()) == sorted(in_the_module(tmp_path))


def test_the_reference_has_every_directive(tmp_path):
    assert set(in_the_reference()) == set(in_the_module(tmp_path))


def test_the_reference_sets_each_directive_with_a_default_once_to_its_default():
    lines = [line for line in CONF.read_text().splitlines() if line.startswith("CookieGuard")]
    defaults = [rows["Default"] for rows in in_the_manual().values()
                if rows["Default"].startswith("CookieGuard")]
    assert sorted(lines) == sorted(defaults)


@pytest.mark.parametrize("name", sorted(in_the_manual()))
def test_the_contexts_of_the_manual_are_those_of_the_module(name, tmp_path):
    """A directive is tried in each place; httpd must take it where the manual says so."""
    rows = in_the_manual()[name]
    contexts = {place.strip() for place in rows["Context"].split(",")}
    assert contexts <= PLACES
    line = {"CookieGuardAuditLog": "CookieGuardAuditLog off",
            "CookieGuardCookie": "CookieGuardCookie SID Secure",
            "CookieGuardLogin": "CookieGuardLogin /login",
            "CookieGuardRealm": "CookieGuardRealm shop",
            "CookieGuardStateDir": "CookieGuardStateDir /srv/keys"}.get(name, rows["Default"])
    tried = {
        "server config": line,
        "virtual host": f"<VirtualHost *:1>\n{line}\n</VirtualHost>",
        "directory": f'<Directory "/srv">\n{line}\n</Directory>',
    }
    for place, text in tried.items():
        status, said = configtest.run(tmp_path, text + "\n")
        assert (status == 0) == (place in contexts), f"{place}: {said}"
    described = " ".join(in_the_module(tmp_path)[name])
    assert ("and in .htaccess" in described) == (".htaccess" in contexts), described
    assert ("AllowOverride" in described and "FileInfo" in described) == ("Override" in rows), \
        described


def test_the_manual_has_a_row_for_every_thing():
    for name, rows in in_the_manual().items():
        wanted = {"Description", "Syntax", "Default", "Context", "Module"}
        assert wanted <= set(rows), name
        assert rows["Syntax"].startswith(name), name
