"""make install puts four things in their places, and make uninstall takes them away again."""
import os
import pathlib
import subprocess

import pytest

MODULE = "modules/mod_cookieguard.so"
LOAD = "mods-available/cookieguard.load"
CONF = "mods-available/cookieguard.conf"


@pytest.fixture(scope="module")
def build(source, tmp_path_factory):
    """A build whose every installed file goes below one directory."""
    place = tmp_path_factory.mktemp("install")
    (place / "build").mkdir()
    root = place / "root"
    for command in (
            [source / "configure", f"--prefix={root}", f"--with-module-dir={root}/modules",
             f"--with-a2-mods-dir={root}/mods-available"],
            ["make", "-j2"]):
        subprocess.run(command, cwd=place / "build", check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
    return place


def make(build, *words):
    subprocess.run(["make", *words], cwd=build / "build", check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def files(root):
    """All files below a directory, relative to it."""
    return {os.path.relpath(os.path.join(place, name), root)
            for place, _, names in os.walk(root) for name in names}


def test_install_and_uninstall(build):
    root = build / "root"
    make(build, "install")
    installed = files(root)
    assert {MODULE, LOAD, CONF} <= installed
    assert "share/doc/mod_cookieguard/cookieguard.conf" in installed
    assert not [name for name in installed if name.endswith((".la", ".a"))]
    assert (root / LOAD).read_text() == f"LoadModule cookieguard_module {root / MODULE}\n"
    assert "CookieGuard Report\n" in (root / CONF).read_text()
    make(build, "uninstall")
    assert files(root) == set()


def test_a_changed_configuration_is_the_administrators(build):
    conf = build / "root" / CONF
    make(build, "install")
    conf.write_text("CookieGuard On\n")
    make(build, "install")
    assert conf.read_text() == "CookieGuard On\n"
    make(build, "uninstall")
    assert files(build / "root") == {CONF}
    conf.unlink()


def test_destdir(build):
    """A package is staged below DESTDIR, and names the place it will have."""
    make(build, "install", f"DESTDIR={build / 'stage'}")
    staged = pathlib.Path(f"{build / 'stage'}{build / 'root'}")
    assert {MODULE, LOAD, CONF} <= files(staged)
    assert (staged / LOAD).read_text() == f"LoadModule cookieguard_module {build}/root/{MODULE}\n"
    assert files(build / "root") == set()
    make(build, "uninstall", f"DESTDIR={build / 'stage'}")
    assert files(build / "stage") == set()


def test_the_pair_passes_configtest(build):
    """What a2enmod would link is what httpd accepts."""
    root = build / "root"
    make(build, "install")
    httpd = subprocess.run(["apxs", "-q", "sbindir"], check=True, capture_output=True,
                           text=True).stdout.strip()
    program = subprocess.run(["apxs", "-q", "progname"], check=True, capture_output=True,
                             text=True).stdout.strip()
    modules = subprocess.run(["apxs", "-q", "libexecdir"], check=True, capture_output=True,
                             text=True).stdout.strip()
    main = build / "httpd.conf"
    main.write_text(f"""ServerRoot {build}
ServerName localhost
PidFile {build}/httpd.pid
ErrorLog {build}/error.log
Listen 127.0.0.1:1
LoadModule mpm_event_module {modules}/mod_mpm_event.so
Include {root / LOAD}
Include {root / CONF}
""")
    done = subprocess.run([f"{httpd}/{program}", "-t", "-f", str(main)], capture_output=True,
                          text=True, check=False)
    make(build, "uninstall")
    assert done.returncode == 0, done.stderr
