"""The tables of the C source as Python lists.

A small program that includes the header and is linked with the table prints it, so that the
documents are compared with what the module holds and not with how the source is written.
"""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from documents import TOP

PRINTER = r"""
#include <stdio.h>
static void text(const char *key, const char *value)
{
    printf("\"%s\": \"", key);
    for (; value && *value; value++) {
        if (*value == '"' || *value == '\\') putchar('\\');
        putchar(*value);
    }
    printf("\"");
}
"""


def apr(*questions):
    return subprocess.run(["apr-1-config", *questions], text=True, capture_output=True,
                          check=True).stdout.split()


def print_table(includes, body, sources):
    """Compile `sources` (below src/) with a program of this body; return what it prints."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang") or "cc"
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory, "print.c")
        program.write_text(
            "".join(f'#include "{name}"\n' for name in includes) + PRINTER
            + "int main(void)\n{\n" + body + "\nreturn 0;\n}\n")
        flags = apr("--includes", "--cppflags")
        libraries = apr("--link-ld")
        subprocess.run(
            [*compiler.split(), "-std=gnu11", f"-I{TOP / 'src'}", *flags,
             "-o", f"{directory}/print", str(program), *(str(TOP / "src" / s) for s in sources),
             *libraries],
            check=True)
        printed = subprocess.run([f"{directory}/print"], check=True, capture_output=True,
                                 text=True).stdout
    return [json.loads(line) for line in printed.splitlines()]


def known_cookies():
    """The rows of src/policy/known_cookies.c."""
    body = r"""
    for (size_t i = 0; i < cg_known_cookies_count; i++) {
        const cg_known_cookie *row = &cg_known_cookies[i];
        printf("{\"lifted\": %u, ", row->lifted);
        text("pattern", row->pattern); printf(", ");
        text("reason", row->reason); printf(", ");
        text("source", row->source); printf("}\n");
    }"""
    rows = print_table(["policy/known_cookies.h"], body, ["policy/known_cookies.c"])
    words = {1: "HttpOnly", 2: "SameSite", 3: "HttpOnly, SameSite"}
    return [dict(row, lifted=words[row["lifted"]]) for row in rows]


def core_sources(*more):
    """What the table of findings needs to be linked, and the rooms beside that."""
    return [str(path.relative_to(TOP / "src")) for room in ("cookie", "policy", *more)
            for path in sorted((TOP / "src" / room).glob("*.c"))]


def findings():
    """The rows of src/policy/finding.c, in their order."""
    body = r"""
    for (int i = 0; i < CG_FINDING_COUNT; i++) {
        const cg_finding_row *row = &cg_finding_rows[i];
        printf("{\"cwe\": %u, ", row->cwe);
        text("id", row->id.at); printf(", ");
        text("severity", cg_severity_name(row->severity).at); printf(", ");
        text("session_severity", cg_severity_name(row->session_severity).at); printf(", ");
        text("asvs", row->asvs.at); printf(", ");
        text("meaning", row->meaning); printf("}\n");
    }"""
    return print_table(["policy/finding.h"], body, core_sources())


def names(header, prefix, type_name, function):
    """The words that a function of the core gives to the values of an enum, but for its zero."""
    body = f"""
    for (int i = 1; i < {prefix}_COUNT; i++) {{
        cg_span name = {function}(({type_name})i);
        printf("\\"%.*s\\"\\n", (int)name.len, name.at);
    }}"""
    return print_table([header], body, core_sources())


def severity_words(row):
    """The severity as the documents print it."""
    if row["severity"] == row["session_severity"]:
        return row["severity"]
    return f"{row['severity']}, {row['session_severity']} for a session"


def session_like(names):
    """{name: whether the module takes it for that of a session}."""
    quoted = ", ".join(json.dumps(name) for name in names)
    body = f"static const char *const names[] = {{{quoted}}};" + r"""
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cg_span name = {names[i], strlen(names[i])};
        printf("[\"%s\", %d]\n", names[i], cg_name_is_session_like(name));
    }"""
    rows = print_table(["policy/finding.h", "string.h"], body, core_sources())
    return {name: bool(is_session) for name, is_session in rows}
