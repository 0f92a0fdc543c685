"""Guard: no function that cannot be told how much room there is, and no mark of unfinished work."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("srcdir", "."))
UNBOUNDED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atoll|gets)\s*\(")
# Written so that this line is not itself such a mark.
MARK = re.compile(
    r"\b(XX[X]|(?i:TO[D]O|FIX[M]E|HAC[K]|not imple[m]ented|place[h]older|stu[b]))\b")
COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)
C_FILES = ("mod_*.c", "src/**/*.[ch]", "tests/**/*.[ch]", "bench/**/*.[ch]")
OTHER_FILES = ("demo", "check", "Makefile.am", "configure.ac", "tests/**/*.py", "tests/**/*.sh",
               "tests/mutants/run", "bench/**/*.py", "bench/**/*.sh", "conf/**/*.conf",
               "conf/**/*.in", ".ci/run")
NOT_OURS = re.compile(r"(^|/)(node_modules|build[^/]*|__pycache__)/")


def files(patterns):
    """The files below the source directory that match, but for what a build or npm put there."""
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and not NOT_OURS.search(path.relative_to(ROOT).as_posix()):
                yield path


def blank(match):
    """A comment or a string as blanks, so that line numbers stay."""
    return re.sub(r"[^\n]", " ", match.group())


def find(pattern, path, text):
    """One sentence for each place where a pattern stands."""
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield f"{path.relative_to(ROOT)}:{line}: {match.group().strip(' (')}"


def main():
    wrong, count = [], 0
    for path in files(C_FILES):
        text = path.read_text(encoding="utf-8")
        wrong += find(UNBOUNDED, path, COMMENT_OR_STRING.sub(blank, text))
        wrong += find(MARK, path, text)
        count += 1
    for path in files(OTHER_FILES):
        wrong += find(MARK, path, path.read_text(encoding="utf-8"))
        count += 1
    if not count:
        sys.exit(f"no source found below {ROOT.resolve()}")
    print("\n".join(wrong) or f"{count} files: no unbounded function, no mark of unfinished work")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
