"""Each guard of make check says no to what it is there to refuse."""
import pathlib
import shutil

import pytest

ROOT = pathlib.Path(__file__).parents[2]
GUARDS = ROOT / "tests" / "guards"
CORE = "src/cookie/writer.c"


@pytest.fixture
def tree(tmp_path):
    """A copy of what the guards read."""
    for name in ("src", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("mod_cookieguard.c", "Makefile.am", ".clang-format"):
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def guard(run, name, tree, **env):
    runner = "/bin/sh" if name.endswith(".sh") else "/usr/bin/python3"
    return run(runner, GUARDS / name, srcdir=str(tree), **env)


def add(tree, name, line):
    path = tree / name
    path.write_text(line + "\n" + path.read_text())


@pytest.mark.parametrize("name", ["rooms.py", "words.py", "listed.py"])
def test_the_sources_as_they_are(run, tree, name):
    done = guard(run, name, tree)
    assert done.code == 0, done.text


@pytest.mark.parametrize("file, include, says", [
    (CORE, "<httpd.h>", "httpd.h (httpd)"),
    (CORE, "<http_log.h>", "http_log.h (httpd)"),
    (CORE, "<apr_pools.h>", "apr_pools.h (APR)"),
    (CORE, '"../policy/judge.h"', "(src/policy)"),
    ("src/policy/judge.c", '"../audit/record.h"', "(src/audit)"),
    ("src/audit/record.c", '"../httpd/config.h"', "(src/httpd)"),
    ("src/httpd/facts.c", "<openssl/evp.h>", "(OpenSSL)"),
    ("mod_cookieguard.c", '"src/policy/judge.h"', "(src/policy)"),
    (CORE, '"nowhere.h"', "a file that does not exist"),
])
def test_an_include_that_the_table_does_not_have(run, tree, file, include, says):
    add(tree, file, f"#include {include}")
    done = guard(run, "rooms.py", tree)
    assert done.code == 1 and f"{file}: includes" in done.text and says in done.text, done.text


def test_a_room_without_a_row(run, tree):
    (tree / "src" / "util").mkdir()
    (tree / "src" / "util" / "things.c").write_text("")
    done = guard(run, "rooms.py", tree)
    assert done.code == 1 and "src/util has no row" in done.text


@pytest.mark.parametrize("call", ["strcpy", "strcat", "sprintf", "strtok", "atoi"])
def test_a_function_without_bounds(run, tree, call):
    add(tree, CORE, f"{call}(a, b);")
    done = guard(run, "words.py", tree)
    assert done.code == 1 and f"{CORE}:1: {call}" in done.text


def test_such_a_name_in_a_comment_or_a_text_is_none(run, tree):
    add(tree, CORE, '/* no strcpy(a) here */ const char *x = "sprintf(b)"; // atoi(c)')
    done = guard(run, "words.py", tree)
    assert done.code == 0, done.text


def test_a_mark_of_unfinished_work(run, tree):
    add(tree, CORE, "/* TO" "DO: later */")
    done = guard(run, "words.py", tree)
    assert done.code == 1 and f"{CORE}:1:" in done.text


def test_a_file_that_the_makefile_does_not_know(run, tree):
    (tree / "src" / "cookie" / "forgotten.c").write_text("")
    done = guard(run, "listed.py", tree)
    assert done.code == 1 and "src/cookie/forgotten.c: not in Makefile.am" in done.text


def test_another_form(run, tree):
    clang_format = shutil.which("clang-format")
    assert guard(run, "form.sh", tree, CLANG_FORMAT=clang_format).code in (0, 77)
    add(tree, CORE, "int   f( void );")
    assert guard(run, "form.sh", tree, CLANG_FORMAT=clang_format).code in (123, 1, 77)
    assert guard(run, "form.sh", tree, CLANG_FORMAT="").code == 77


def test_a_second_symbol(run, tmp_path):
    """A module that exports two symbols, and a core that needs one of httpd's and, in the wrong place,
    one of OpenSSL's."""
    for place in (".libs", "src/.libs"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "module.c").write_text("int cookieguard_module; int another;\n")
    (tmp_path / "core.c").write_text("int ap_f(void), EVP_f(void); int core(void); int core(void) "
                                     "{ return ap_f() + EVP_f(); }\n")
    for words in (("gcc", "-shared", "-fPIC", "module.c", "-o", ".libs/mod_cookieguard.so"),
                  ("gcc", "-c", "core.c"),
                  ("ar", "rc", "src/.libs/libcookieguard.a", "core.o")):
        assert run(*words).code == 0
    done = guard(run, "symbols.py", tmp_path, builddir=str(tmp_path))
    assert done.code == 1
    assert "exports ['another', 'cookieguard_module']" in done.text
    assert "core.o needs ['ap_f']" in done.text
    assert "core.o needs ['EVP_f'], which only crypto.o may have" in done.text
