"""configure says in one sentence what is missing, why, and which package has it."""
import re

import pytest

REASONS = (
    # header, its text, what the refusal says
    ("ap_release.h",
     "#define AP_SERVER_MAJORVERSION_NUMBER 2\n#define AP_SERVER_MINORVERSION_NUMBER 4\n"
     "#define AP_SERVER_PATCHLEVEL_NUMBER 51\n",
     ("httpd 2.4.52", "ap_ssl_conn_is_ssl", "apache2-dev (Debian)", "httpd-devel (Fedora)")),
    ("apr_version.h",
     "#define APR_MAJOR_VERSION 1\n#define APR_MINOR_VERSION 6\n",
     ("APR 1.7", "64-bit atomics", "libapr1-dev (Debian)", "apr-devel (Fedora)")),
    ("openssl/opensslv.h",
     "#define OPENSSL_VERSION_NUMBER 0x10101010L\n",
     ("OpenSSL 3.0", "session store", "libssl-dev (Debian)", "openssl-devel (Fedora)")),
)


def the_error(done):
    """The one line with which configure gave up."""
    assert done.code != 0, done.text
    lines = re.findall(r"^configure: error: (.*)$", done.text, re.MULTILINE)
    assert len(lines) == 1, done.text
    return lines[0]


def test_an_apxs_that_is_none(source, run):
    error = the_error(run(source / "configure", "--with-apxs=/nowhere/apxs"))
    assert "/nowhere/apxs" in error and "apache2-dev (Debian)" in error


def test_no_apxs_at_all(source, run):
    # The cached answer "none" is what the search ends with where there is no apxs.
    error = the_error(run(source / "configure", "ac_cv_path_APXS="))
    assert "apxs, httpd's build tool, is missing" in error
    assert "apache2-dev (Debian) or httpd-devel (Fedora)" in error
    assert "--with-apxs=" in error


@pytest.mark.parametrize("header, text, words", REASONS, ids=[row[0] for row in REASONS])
def test_a_version_that_is_too_old(source, run, tmp_path, header, text, words):
    old = tmp_path / "old" / header
    old.parent.mkdir(parents=True)
    old.write_text(text)
    error = the_error(run(source / "configure", f"CPPFLAGS=-I{tmp_path / 'old'}"))
    for word in words:
        assert word in error


def test_no_cmocka(source, run, tmp_path):
    """configure warns in a sentence, and make check skips the unit tests by name."""
    configured = run(source / "configure", "ac_cv_header_cmocka_h=no")
    assert configured.code == 0, configured.text
    warning = re.findall(r"^configure: WARNING: (.*)$", configured.text, re.MULTILINE)
    assert any("libcmocka-dev (Debian)" in line for line in warning), configured.text
    checked = run("make", "-j2", "check")
    assert checked.code == 0, checked.text
    assert re.search(r"^SKIP: tests/unit/test_\w+\.c$", checked.text, re.MULTILINE), checked.text
    logs = [path.read_text() for path in tmp_path.glob("tests/unit/test_*.log")]
    assert logs and all("libcmocka-dev" in text for text in logs)


def test_what_is_asked_for_is_told(source, run):
    done = run(source / "configure", "--enable-werror", "--enable-sanitizers")
    assert re.search(r"^  warnings +are errors$", done.text, re.MULTILINE), done.text
    assert re.search(r"^  sanitizers +yes$", done.text, re.MULTILINE), done.text


def test_the_state_directory_is_a_path(source, run):
    error = the_error(run(source / "configure", "--without-state-dir"))
    assert "--with-state-dir= takes a path that begins with /" in error
    done = run(source / "configure", "--with-state-dir=/srv/cookieguard")
    assert re.search(r"^  state +/srv/cookieguard$", done.text, re.MULTILINE), done.text


def test_fuzzing_needs_clang(source, run):
    error = the_error(run(source / "configure", "CC=gcc", "--enable-fuzzing"))
    assert "CC=clang" in error and "libFuzzer" in error
