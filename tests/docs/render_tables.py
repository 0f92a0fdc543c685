#!/usr/bin/python3
"""Print a table of the documents from the source: render_tables.py known-cookies|findings."""
import sys

import c_tables


def cell(text):
    return text.replace("|", "\\|")


def known_cookies():
    print("| Name | Lifted | Why | Source |")
    print("| --- | --- | --- | --- |")
    for row in c_tables.known_cookies():
        # A star outside of code would begin emphasis.
        why, source = (cell(row[key]).replace("*", "\\*") for key in ("reason", "source"))
        print(f"| `{row['pattern']}` | {row['lifted']} | {why} | {source} |")


def findings():
    print("| Finding | Severity | CWE | ASVS 5.0 |")
    print("| --- | --- | --- | --- |")
    for row in c_tables.findings():
        cwe = f"[{row['cwe']}](https://cwe.mitre.org/data/definitions/{row['cwe']}.html)"
        print(f"| [{row['id']}](#{row['id'].lower()}) | {c_tables.severity_words(row)} "
              f"| {cwe if row['cwe'] else ''} | {row['asvs']} |".replace("  |", " |"))


if __name__ == "__main__":
    {"known-cookies": known_cookies, "findings": findings}[sys.argv[1]]()
