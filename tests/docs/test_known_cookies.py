"""docs/known-cookies.md shows the table of src/policy/known_cookies.c, row by row."""
import c_tables
import pytest
from documents import TOP, plain, table_rows
from env.httpd import Httpd

PAGE = TOP / "docs" / "known-cookies.md"


def test_the_page_shows_the_table_of_the_source():
    shown = [[plain(cell) for cell in row] for row in table_rows(PAGE, "Name")]
    held = [[plain(row[key]) for key in ("pattern", "lifted", "reason", "source")]
            for row in c_tables.known_cookies()]
    assert shown == held


def test_every_row_gives_one_sentence_and_a_source():
    for row in c_tables.known_cookies():
        assert row["reason"].endswith("."), row
        assert ":" in row["source"] or "#" in row["source"], row


def names():
    """{a name that the row covers: what is lifted for it}."""
    return {row["pattern"].replace("*", "1a"): row["lifted"] for row in c_tables.known_cookies()}


def as_left(answer):
    """{name: the attributes with which its cookie left}."""
    return {line.split(b"=")[0].decode(): set(line.decode().split("; ")[1:])
            for line in answer.set_cookies}


@pytest.fixture(scope="module")
def server():
    """One virtual host with the built-in rule alone, one with an explicit star."""
    cookies = "\n".join(f'Header always add Set-Cookie "{name}=1"' for name in names())
    text = f"""
        Listen 127.0.0.1:${{port_plain}}
        Listen 127.0.0.1:${{port_star}}
        CookieGuard On
        CookieGuardAuditLog logs/audit_log all
        {cookies}
        <VirtualHost *:${{port_plain}}>
            ServerName https://guarded.test
        </VirtualHost>
        <VirtualHost *:${{port_star}}>
            ServerName https://guarded.test
            CookieGuardCookie * HttpOnly SameSite=Lax
        </VirtualHost>
        """
    made = Httpd("known", None, ports_named=["plain", "star"], text=text)
    made.start()
    yield made
    made.stop(check=False)
    made.remove()


def test_one_demand_is_lifted_for_each_name_and_the_others_stay(server):
    asked = {"HttpOnly": {"Secure", "SameSite=Lax"}, "SameSite": {"Secure", "HttpOnly"}}
    left = as_left(server.request("/", port="plain"))
    assert left == {name: asked[lifted] for name, lifted in names().items()}


def test_an_explicit_star_wins_and_each_such_cookie_is_a_finding(server):
    left = as_left(server.request("/", port="star"))
    assert left == {name: {"Secure", "HttpOnly", "SameSite=Lax"} for name in names()}
    found = {}
    for record in server.audit():
        ids = [finding["id"] for finding in record["findings"]]
        if "CG-KNOWN-COOKIE" in ids:
            found[record["cookie"]] = record["rules"]
    assert set(found) == set(names())
