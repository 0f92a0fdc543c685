"""docs/findings.md shows the table of src/policy/finding.c and tells what to do about each row."""
import re

import c_tables
import pytest
from documents import TOP, plain, table_rows

PAGE = TOP / "docs" / "findings.md"
ROWS = {row["id"]: row for row in c_tables.findings()}


def sections():
    """{finding: its paragraphs} from the headings of the page."""
    parts = re.split(r"^### (CG-\S+)$", PAGE.read_text(), flags=re.MULTILINE)
    return {name: [" ".join(p.split()) for p in re.split(r"\n\n+", text.split("\n## ")[0].strip())]
            for name, text in zip(parts[1::2], parts[2::2])}


def test_the_table_is_that_of_the_source():
    shown = [[plain(cell) for cell in row] for row in table_rows(PAGE, "Finding")]
    held = [[row["id"], c_tables.severity_words(row), str(row["cwe"] or ""), row["asvs"]]
            for row in ROWS.values()]
    assert shown == held


def test_every_finding_has_its_section_and_no_other_has():
    assert list(sections()) == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_a_section_says_what_it_means_and_what_to_write(name):
    meaning, *advice = sections()[name]
    assert meaning == ROWS[name]["meaning"]
    assert any(paragraph.startswith("**Write**") for paragraph in advice), advice


def test_the_words_of_a_session_are_those_of_the_module():
    """The page lists the words; the last three make a name that is not a session's."""
    sentence = re.search(r"A cookie looks like.*?weigh\s+more\s+then", PAGE.read_text(), re.DOTALL)[0]
    *words, csrf, xsrf, forgery = re.findall(r"`(\w+)`", sentence)
    assert len(words) >= 6
    told = c_tables.session_like([f"x_{word}" for word in words]
                                 + [f"{no}_{words[0]}" for no in (csrf, xsrf, forgery)])
    assert [name for name, is_session in told.items() if is_session] == [
        f"x_{word}" for word in words]


def test_what_stands_in_the_way_is_told_in_the_words_of_the_source():
    shown = [plain(row[0]) for row in table_rows(PAGE, "Reason")]
    words = c_tables.names("policy/judge.h", "CG_WITHHELD", "cg_withheld", "cg_withheld_name")
    assert sorted(shown) == sorted(set(words) - {"Token"})  # which is a finding of its own
