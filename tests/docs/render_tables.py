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


if __name__ == "__main__":
    {"known-cookies": known_cookies}[sys.argv[1]]()
