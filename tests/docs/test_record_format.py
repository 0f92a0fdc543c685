"""The tables of docs/record-format.md are those of the code: each field's place and size."""
import re
import shutil
import subprocess

import documents
import pytest

PAGE = documents.TOP / "docs" / "record-format.md"
SOURCES = documents.TOP / "src" / "session"

# The heading or line above a table, and the struct that it describes.
STRUCTS = {"## The record": "cg_record_header", "The head:": "cg_table_head",
           "A shard begins": "cg_first_block"}


def table_after(mark):
    """Rows (at, octets, field) of the first table with these columns below a mark."""
    text = PAGE.read_text()
    text = text[text.index(mark):]
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\w+) \|", text[text.index("| At | Octets | Field"):
                                                            text.index("\n\n", text.index("| At |"))],
                      re.MULTILINE)
    return [(int(at), int(size), field) for at, size, field in rows]


def compiled(tmp_path, rows, struct):
    """The same rows as the compiler has them."""
    program = tmp_path / "fields.c"
    lines = "\n".join(f'    printf("%zu %zu {field}\\n", offsetof({struct}, {field}), '
                      f"sizeof((({struct} *)0)->{field}));" for _, _, field in rows)
    program.write_text('#include <stddef.h>\n#include <stdio.h>\n#include "session/table_layout.h"\n'
                       f"int main(void)\n{{\n{lines}\n}}\n")
    config = shutil.which("apr-1-config") or "apr-config"
    flags = subprocess.run([config, "--cppflags", "--includes"], check=True, capture_output=True,
                           text=True).stdout.split()
    subprocess.run(["cc", "-std=gnu11", "-o", tmp_path / "fields", program,
                    f"-I{documents.TOP / 'src'}", *flags], check=True)
    printed = subprocess.run([tmp_path / "fields"], check=True, capture_output=True, text=True)
    return [(int(at), int(size), field)
            for at, size, field in (line.split() for line in printed.stdout.splitlines())]


@pytest.mark.parametrize("mark", STRUCTS)
def test_fields_stand_where_the_page_says(tmp_path, mark):
    rows = table_after(mark)
    assert len(rows) >= 8
    assert compiled(tmp_path, rows, STRUCTS[mark]) == rows


@pytest.mark.parametrize("mark", STRUCTS)
def test_no_field_is_left_out(mark):
    text = next(path.read_text() for path in (SOURCES / "record.h", SOURCES / "table_layout.h")
                if f"}} {STRUCTS[mark]};" in path.read_text())
    body = text[text.index(f"typedef struct {STRUCTS[mark]} {{"):text.index(f"}} {STRUCTS[mark]};")]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)
    fields = re.findall(r"(\w+)(?:\[\w+(?: - \w+)?\])?\s*[;,]", body)
    assert fields == [field for _, _, field in table_after(mark)]


def constants():
    """The numbers of format.h by their names."""
    return {name: value.strip("'") for name, value in re.findall(
        r"^#define (CG_\w+) ('.'|\d+)", (SOURCES / "format.h").read_text(), re.MULTILINE)}


def test_numbers_of_the_page_are_those_of_the_code():
    is_ = constants()
    text = re.sub(r"\s+", " ", PAGE.read_text().replace("\\|", "|"))
    for said in (f"{is_['CG_TOKEN_FORMAT']} | base64url( handle {is_['CG_HANDLE_SIZE']} | "
                 f"secret {is_['CG_SECRET_SIZE']} )",
                 f"header {is_['CG_RECORD_HEADER_SIZE']} | nonce {is_['CG_NONCE_SIZE']} | "
                 f"tag {is_['CG_TAG_SIZE']} | sealed content, a multiple of {is_['CG_RECORD_PADDING']}",
                 f"at most {is_['CG_CONTENT_MAX']}",
                 f"blocks of {is_['CG_BLOCK_SIZE']} octets",
                 f"layout | {is_['CG_TABLE_LAYOUT']} |",
                 f"format | {is_['CG_RECORD_FORMAT']} |"):
        assert said in text, said
