"""docs/known-cookies.md shows the table of src/policy/known_cookies.c, row by row."""
import c_tables
from documents import TOP, plain, table_rows

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
