"""docs/asvs.md: every requirement has its parts, and every test that it names is there."""
import re

import c_tables
import documents
import pytest

PAGE = documents.TOP / "docs" / "asvs.md"


def sections():
    """{requirement: its text} from the headings of the page."""
    parts = re.split(r"^## (\d+\.\d+\.\d+)$", PAGE.read_text(), flags=re.MULTILINE)
    return {name: text.split("\n## ")[0] for name, text in zip(parts[1::2], parts[2::2])}


def proofs():
    """[(requirement, file, name)] of all tests that the page names."""
    return [(requirement, path, name) for requirement, text in sections().items()
            for path, name in re.findall(r"`(tests/[\w/.]+): (\w+)`", text)]


def test_the_table_lists_the_sections():
    rows = documents.table_rows(PAGE, "Requirement")
    assert [documents.plain(row[0]) for row in rows] == list(sections())
    assert all(row[1] in "123" and row[2] and row[3] for row in rows)


@pytest.mark.parametrize("requirement", sections())
def test_a_section_says_what_to_write_what_proves_it_and_what_stays(requirement):
    text = sections()[requirement]
    for part in ("**Write**", "**Proof:**", "**Stays yours:**"):
        assert text.count(part) == 1, part
    assert any(proof[0] == requirement for proof in proofs())


@pytest.mark.parametrize("path, name", sorted({proof[1:] for proof in proofs()}))
def test_the_test_that_is_named_is_there(path, name):
    text = (documents.TOP / path).read_text()
    pattern = rf"^def {name}\(" if path.endswith(".py") else rf"^[\w ]+[ *]{name}\("
    assert re.search(pattern, text, re.MULTILINE), f"{path} has no {name}"


def test_the_requirements_of_the_findings_are_on_the_page():
    told = {row["asvs"] for row in c_tables.findings()} - {""}
    assert told <= set(sections())


def test_no_proof_is_written_in_another_way():
    """A name of a test that the pattern above would pass over."""
    for requirement, text in sections().items():
        found = len(re.findall(r"`tests/", text))
        assert found == sum(proof[0] == requirement for proof in proofs()), requirement
