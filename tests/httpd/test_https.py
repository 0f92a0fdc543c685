"""CookieGuardHTTPS: Secure is added where the client's connection is HTTPS, and only there."""
import pytest

from env import secret
from env.httpd import make_certificate

# host, over TLS, request headers, whether it counts as HTTPS
CASES = [
    ("auto.test", False, {}, False),
    ("auto.test", True, {}, True),
    ("auto.test", False, {"X-Forwarded-Proto": "https"}, False),
    ("auto.test", False, {"X-Env-Https": "on"}, True),
    ("auto.test", False, {"X-Env-Https": "off"}, False),
    ("auto.test", True, {"X-Env-Https": "off"}, True),
    ("scheme.test", False, {}, True),
    ("on.test", False, {}, True),
    ("off.test", False, {}, False),
    ("off.test", False, {"X-Env-Https": "on"}, False),
    ("off.test", True, {}, False),
    ("expr.test", False, {}, False),
    ("expr.test", False, {"X-Forwarded-Proto": "http"}, False),
    ("expr.test", False, {"X-Forwarded-Proto": "https"}, True),
]


@pytest.fixture
def server(start, tmp_path_factory):
    def certificate():
        directory = tmp_path_factory.mktemp("certificate")
        make_certificate(directory)
        return {"cert": directory / "cert.pem", "key": directory / "key.pem"}
    if not hasattr(server, "defines"):
        server.defines = certificate()
    found = start("https", "https.conf", modules=["ssl", "socache_shmcb"],
                  ports_named=("plain", "tls"), defines=server.defines)
    found.expect("AH01873", "AH01909", "CG0010")
    return found


def leaves(server, host, tls, headers, line, path="/page.html"):
    response = server.request(path, tls=tls, host=host.encode(),
                              headers={"X-Line": line, **headers})
    (got,) = response.set_cookies
    return got


@pytest.mark.parametrize("path", ["/page.html", "/no-such-page", "/error/none"])
@pytest.mark.parametrize("host, tls, headers, https", CASES)
def test_secure_is_added_on_https_alone(server, host, tls, headers, https, path):
    """Also on error pages, where the variable HTTPS of mod_ssl is not set."""
    line = f"sid={secret.value()}".encode()
    wanted = line + (b"; Secure" if https else b"") + b"; HttpOnly; SameSite=Lax"
    assert leaves(server, host, tls, headers, line, path) == wanted


@pytest.mark.parametrize("host, tls", [("auto.test", False), ("off.test", True)])
def test_secure_of_the_application_stays_on_plain_http(server, host, tls):
    line = f"sid={secret.value()}; Secure".encode()
    assert leaves(server, host, tls, {}, line) == line + b"; HttpOnly; SameSite=Lax"


def test_a_forwarded_https_is_noticed_once_per_host():
    """Its own server, so that it is the first request that says so."""
    from env.httpd import Httpd
    server = Httpd("forwarded", None, ports_named=("plain",), text="""
        Listen ${port_plain}
        CookieGuard On
        DocumentRoot ${site}/htdocs
        Header always set Set-Cookie "sid=1"
        <VirtualHost *:${port_plain}>
            ServerName one.test
        </VirtualHost>
        <VirtualHost *:${port_plain}>
            ServerName two.test
        </VirtualHost>
        <VirtualHost *:${port_plain}>
            ServerName told.test
            CookieGuardHTTPS on
        </VirtualHost>""").start()
    server.expect("CG0010", "CG0100")
    try:
        server.request("/page.html", host=b"one.test")
        assert "CG0010" not in server.error_log()
        for host in (b"one.test", b"two.test", b"told.test") * 4:
            server.request("/page.html", host=host, headers={"X-Forwarded-Proto": "https"})
        lines = [l for l in server.error_log().splitlines() if "CG0010" in l]
        assert len(lines) == 2, lines
        assert "one.test" in lines[0] and "two.test" in lines[1]
    finally:
        server.stop()
        server.remove()
