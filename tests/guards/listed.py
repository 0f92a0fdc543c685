"""Guard: every C file stands in Makefile.am, so that none is forgotten by build or tarball."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("srcdir", "."))
PLACES = ("mod_*.c", "src/*/*.[ch]", "tests/unit/*.c", "tests/property/*.c", "tests/fuzz/*.c")


def main():
    words = set(re.findall(r"[\w./-]+", (ROOT / "Makefile.am").read_text(encoding="utf-8")))
    files = [p.relative_to(ROOT) for place in PLACES for p in sorted(ROOT.glob(place))]
    # A test program may stand there by its name, without `.c`.
    missing = [str(f) for f in files if not words & {f.as_posix(), f.with_suffix("").as_posix()}]
    if not files:
        sys.exit(f"no source found below {ROOT.resolve()}")
    print("\n".join(f"{name}: not in Makefile.am" for name in missing)
          or f"{len(files)} files, all listed")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
