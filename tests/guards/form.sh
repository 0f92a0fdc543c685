# Guard: the sources have the form that .clang-format says (`make format` gives it to them).
cd "${srcdir:-.}" || exit 1
if [ -z "$CLANG_FORMAT" ] || ! "$CLANG_FORMAT" --version; then
    echo "clang-format is missing: install clang-format (Debian, Homebrew) or clang-tools-extra (Fedora)"
    exit 77
fi
# Versions differ in taste: the one that decides is the one of Debian 12.
if ! "$CLANG_FORMAT" --version | grep -q 'version 14\.'; then
    echo "clang-format 14 decides about form; this one is another version"
    exit 77
fi
find . -name '*.[ch]' \( -path './mod_*' -o -path './src/*' -o -path './tests/*' -o -path './bench/*' \) \
    ! -path '*/node_modules/*' -exec "$CLANG_FORMAT" --dry-run -Werror {} +
