"""docs/audit.md and docs/audit.schema.json: the records of the page are those of a real server,
the schema describes them and knows the tables of the source, and refuses what it should."""
import copy
import json

import c_tables
import documents
import jsonschema
import pytest
from env.httpd import Httpd
from env.process import wait_until

PAGE = documents.TOP / "docs" / "audit.md"
SCHEMA = json.loads((documents.TOP / "docs" / "audit.schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
OTHERS = ("cookie-count", "cookies-omitted", "cookies-refused", "refused-count", "session")
# What differs from one server and one moment to the next.
VOLATILE = ("@timestamp", "first", "last", "client", "request_id", "vhost")


def blocks(kind):
    return [block.text for block in documents.blocks(PAGE) if block.kind == kind]


RECORDS = [json.loads(text) for text in blocks("json")]


def steady(record):
    """A record without what differs, its fields in their order."""
    return [(key, value) for key, value in record.items() if key not in VOLATILE]


@pytest.fixture(scope="module")
def logged():
    """The records that the page's configuration and lines make: asked thrice, then reloaded."""
    (lines,) = blocks("http")
    sent = "\n".join("Header always add Set-Cookie " + json.dumps(line.split(": ", 1)[1])
                     for line in lines.splitlines())
    server = Httpd("audit-page", None, ports_named=["plain"], text=f"""
        Listen 127.0.0.1:${{port_plain}}
        <VirtualHost *:${{port_plain}}>
            ServerName https://shop.example
            Include conf/shop.conf
            <Location "/login">
            {sent}
            </Location>
            Redirect "/login" "/account"
        </VirtualHost>
        """)
    (server.root / "conf" / "shop.conf").write_text(blocks("apache")[0])
    server.start()
    try:
        for _ in range(3):
            server.request("/login?next=/account", headers={"Cookie": "login=1; Login=2"})
        server.graceful()
        path = server.root / "logs" / "cookieguard.log"
        wait_until(lambda: '"cookie-count"' in path.read_text(), "counts", server.daemon.process)
        yield [json.loads(line) for line in path.read_text().splitlines()]
    finally:
        server.stop(check=False)
        server.remove()


@pytest.mark.parametrize("shown", RECORDS, ids=lambda record: record["event"])
def test_the_schema_describes_the_records_of_the_page(shown):
    VALIDATOR.validate(shown)


@pytest.mark.parametrize("shown", [r for r in RECORDS if "cookie" in r],
                         ids=lambda record: record["event"] + " " + record["cookie"])
def test_the_records_of_the_page_are_those_of_the_server(logged, shown):
    assert steady(shown) in [steady(record) for record in logged]


def test_the_schema_describes_all_that_the_server_wrote(logged):
    for record in logged:
        VALIDATOR.validate(record)


def test_the_page_tells_of_every_field_and_the_schema_has_it():
    told = [documents.plain(row[0]) for row in documents.table_rows(PAGE, "Field")]
    defined = SCHEMA["definitions"]
    assert told == list(defined["cookie"]["properties"])
    for name in OTHERS:
        assert all(field in PAGE.read_text() for field in defined[name]["properties"])


def test_the_page_shows_every_event():
    assert {record["event"] for record in RECORDS} == {"cookie", *OTHERS}
    assert [part["$ref"].rpartition("/")[2] for part in SCHEMA["oneOf"]] == ["cookie", *OTHERS]


def test_required_fields_are_all_but_some():
    """A cookie that leaves was not withheld; a text that fits is not cut; most actions need no
    reason, and few are tried again."""
    for name in ("cookie", *OTHERS):
        definition = SCHEMA["definitions"][name]
        always = [field for field in definition["properties"]
                  if field not in ("withheld", "truncated", "reason", "retries")]
        assert definition["required"] == always
        assert definition["additionalProperties"] is False


def test_the_reasons_are_those_of_the_source():
    body = r"""
    for (int i = CG_WITHHELD_NOT + 1; i < CG_WITHHELD_COUNT; i++) {
        printf("{"); text("withheld", cg_withheld_name((cg_withheld)i).at); printf("}\n");
    }
    for (int i = CG_REFUSAL_NONE + 1; i < CG_REFUSAL_COUNT; i++) {
        printf("{"); text("refusal", cg_refusal_name((cg_refusal)i).at); printf("}\n");
    }"""
    rows = c_tables.print_table(["policy/judge.h", "policy/restore.h"], body,
                                c_tables.core_sources())
    defined = SCHEMA["definitions"]
    withheld = [row["withheld"] for row in rows if "withheld" in row]
    refusals = [row["refusal"] for row in rows if "refusal" in row]
    assert defined["cookie"]["properties"]["withheld"]["enum"] == withheld
    assert list(defined["cookies-refused"]["properties"]["refusals"]["properties"]) == refusals
    assert [documents.plain(row[0]) for row in documents.table_rows(PAGE, "Reason")] == refusals
    assert all(f"`{word}`" in PAGE.read_text() for word in withheld)


def test_the_actions_are_those_of_the_source():
    body = r"""
    for (int i = CG_TOLD_NOTHING + 1; i < CG_SESSION_ACTION_COUNT; i++) {
        printf("{"); text("action", cg_session_actions[i].name.at); printf("}\n");
    }
    for (int i = CG_REASON_NONE + 1; i < CG_REASON_COUNT; i++) {
        printf("{"); text("reason", cg_session_reason_name((cg_session_reason)i).at); printf("}\n");
    }"""
    rows = c_tables.print_table(["audit/session_record.h"], body, c_tables.core_sources("audit"))
    defined = SCHEMA["definitions"]["session"]["properties"]
    for word, heading in (("action", "Action"), ("reason", "Because")):
        names = [row[word] for row in rows if word in row]
        assert defined[word]["enum"] == names
        assert [documents.plain(row[0]) for row in documents.table_rows(PAGE, heading)] == names


def test_the_findings_of_the_schema_are_those_of_the_source():
    item = SCHEMA["definitions"]["findings"]["items"]["properties"]
    rows = c_tables.findings()
    assert item["id"]["enum"] == [row["id"] for row in rows]
    assert {row["severity"] for row in rows} <= set(item["severity"]["enum"])


def test_the_verdicts_of_the_schema_are_those_of_the_source():
    body = r"""
    for (int i = 0; i < CG_BROWSER_VERDICT_COUNT; i++) {
        printf("{"); text("name", cg_browser_verdict_name((cg_browser_verdict)i).at); printf("}\n");
    }"""
    rows = c_tables.print_table(["policy/browser.h"], body, c_tables.core_sources())
    assert SCHEMA["definitions"]["verdict"]["enum"] == [row["name"] for row in rows]


def changed(**fields):
    """The first record of the page with other fields; None takes one out."""
    record = copy.deepcopy(RECORDS[0])
    for name, value in fields.items():
        if value is None:
            del record[name]
        else:
            record[name] = value
    return record


WRONG = {
    "a field more": changed(value="secret"),
    "a field less": changed(client=None),
    "a length that is none of the steps": changed(value_len=33),
    "a query": changed(path="/login?next=1"),
    "a parameter": changed(path="/login;jsessionid=1"),
    "an unknown mode": changed(mode="on"),
    "local time": changed(**{"@timestamp": "2026-11-23T18:14:00.123456+01:00"}),
    "an unknown change": changed(changed=["+Priority=High"]),
    "an unknown attribute": changed(before="Priority=High"),
    "a rule without a line": changed(rules=["shop.conf"]),
    "an unknown finding": changed(findings=[{"id": "CG-NEW", "severity": "low"}]),
    "an unknown reason": changed(withheld="Mood"),
    "an unknown prefix": changed(changed=["+Prefix=__Safe-"]),
    "an unknown verdict": changed(browser={"before": "stored", "after": "fine"}),
    "another event": changed(event="session"),
    "a token": {**next(r for r in RECORDS if r["event"] == "session"), "session": "1" + "A" * 48},
    "truncated false": changed(truncated=False),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_schema_refuses(what):
    assert VALIDATOR.is_valid(RECORDS[0])
    assert not VALIDATOR.is_valid(WRONG[what])
