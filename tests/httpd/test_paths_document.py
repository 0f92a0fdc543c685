"""docs/paths.md says what the tests do, and every path has a name of its own."""
from env import paths_document
from paths import all_paths


def test_the_document_is_the_table():
    assert paths_document.DOCUMENT.read_text(encoding="utf-8") == paths_document.document(), \
        "write it anew: cd tests/httpd && python3 -m env.paths_document"


def test_names_are_unique():
    names = [path.name for path in all_paths()]
    assert len(names) == len(set(names))
