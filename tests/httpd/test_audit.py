"""The audit on a real server: what a record says, which records are written, where they go,
and that lines stay whole."""
import base64
import json
import re
import threading

import pytest

from env import http1, secret, tools
from env.clock import HOUR, Clock
from env.httpd import Httpd
from env.lines import additions
from env.logs import check_audit_line
from env.process import wait_until
from env.tools import REPO

MODULES = ["proxy", "proxy_http", "remoteip", "auth_basic", "authn_file", "authz_user",
           "unique_id"]


def audited(start, origin, mpm):
    return start(f"audit-{mpm}", "audit.conf", mpm=mpm, modules=MODULES, ports_named=("plain",),
                 defines={"port_backend": origin.port})


@pytest.fixture
def server(start, origin):
    found = audited(start, origin, "event")
    users = found.root / "state" / "users"
    if not users.exists():
        users.write_text("alice:{SHA}" + base64.b64encode(
            bytes.fromhex("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8")).decode() + "\n")
    return found


def response_with(lines, status=200):
    head = b"HTTP/1.1 %d Word\r\nContent-Length: 2\r\nCache-Control: private\r\n" % status
    return head + b"".join(b"Set-Cookie: " + line + b"\r\n" for line in lines) + b"\r\nok"


def send(server, origin, *lines, host="all.test", path="/", status=200, **how):
    """Let the backend send the lines; return the response."""
    key = origin.play(response_with(lines, status))
    return server.request(path + key + how.pop("after", ""), host=host.encode(), **how)


def records_of(server, log, name):
    """All records of a cookie in a log. The connection's end came after they were written."""
    return [r for r in server.audit(log) if r.get("cookie") == name]


def one_record(server, origin, line, name, **how):
    send(server, origin, line, **how)
    (record,) = records_of(server, "audit_all", name)
    return record


def unique(prefix):
    return prefix + secret.secrets.token_hex(4)


# --- what a record says -------------------------------------------------------------------


def test_a_record_tells_the_whole_story(server, origin):
    name = unique("whole")
    value = secret.value()
    record = one_record(server, origin, f"{name}={value}; Path=/".encode(), name, status=302,
                        method="POST", body=b"x=1", path="/login/")
    assert record["@timestamp"].endswith("Z") and "T" in record["@timestamp"]
    assert record["event"] == "cookie" and record["version"] == 1
    assert record["vhost"] == f"all.test:{server.port()}"
    assert record["client"] == "127.0.0.1"
    assert record["user"] == ""
    assert (record["method"], record["status"]) == ("POST", 302)
    assert record["path"].startswith("/login/")
    assert record["origin"] == "proxy"
    assert record["mode"] == "enforce"
    assert record["before"] == "Path=/"
    assert record["after"] == "Path=/; Secure; HttpOnly; SameSite=Lax"
    assert record["changed"] == ["+Secure", "+HttpOnly", "+SameSite=Lax"]
    assert record["refused"] == []
    assert record["browser"] == {"before": "stored", "after": "stored"}
    assert record["value_len"] == len(value) // 16 * 16


def test_the_path_has_lost_query_and_parameters(server, origin):
    name = unique("path")
    token = secret.value()
    key = origin.play(response_with([f"{name}=1".encode()]))
    server.request(f"/a;jsessionid={token}/b/{key}?next={token}", host=b"all.test")
    (record,) = records_of(server, "audit_all", name)
    assert record["path"] == f"/a/b/{key}"


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 100, 4000])
def test_lengths_come_in_steps_of_16(server, origin, length):
    name = unique("length")
    record = one_record(server, origin, f"{name}=".encode() + b"v" * length, name)
    assert record["value_len"] == length // 16 * 16


def test_a_rule_is_named_by_file_and_line(server, origin):
    record = one_record(server, origin, b"moved=1", "moved")
    (line,) = [number for number, text in
               enumerate((server.root / "conf" / "audit.conf").read_text().splitlines(), 1)
               if "CookieGuardCookie moved" in text]
    assert f"conf/audit.conf:{line}" in record["rules"]
    assert record["changed"][0] == "+Path=/elsewhere" or "+Path=/elsewhere" in record["changed"]


def test_report_in_a_section(server, origin):
    name = unique("report")
    line = f"{name}={secret.value()}".encode()
    response = send(server, origin, line, path="/report/")
    assert response.set_cookies == [line]
    (record,) = records_of(server, "audit_all", name)
    assert record["mode"] == "report"
    assert record["changed"] == ["+Secure", "+HttpOnly", "+SameSite=Lax"]


def test_off_in_a_section_is_silent(server, origin):
    name = unique("off")
    line = f"{name}={secret.value()}".encode()
    assert send(server, origin, line, path="/off/").set_cookies == [line]
    assert records_of(server, "audit_all", name) == []


def test_client_is_the_one_that_remoteip_found(server, origin):
    name = unique("remote")
    record = one_record(server, origin, f"{name}=1".encode(), name,
                        headers={"X-Client-Address": "192.0.2.7"})
    assert record["client"] == "192.0.2.7"


def test_user_and_request_id(server, origin):
    name = unique("user")
    case = unique("case")
    login = base64.b64encode(b"alice:password").decode()
    record = one_record(server, origin, f"{name}=1".encode(), name, path="/private/",
                        headers={"Authorization": f"Basic {login}", "X-Case": case})
    assert record["user"] == "alice"
    (short,) = [l for l in server.log_text("short_log").decode().splitlines()
                if l.startswith(case + " ")]
    assert record["request_id"] == short.split(" ")[1] != "-"


@pytest.mark.parametrize("name", [
    b'quo"te', b"back\\slash", b"caf\xc3\xa9", b"\xff\xfe\x80", b"<script>", b"a b", b"%00%0a",
    b"{\"event\":\"x\"}", b"x" * 300, b"\xe2\x80\xa8line"])
def test_odd_names_are_valid_json_on_one_line(server, origin, name):
    before = len(server.audit("audit_all"))
    send(server, origin, name + b"=" + secret.bytes_value())
    records = server.audit("audit_all")[before:]
    assert len(records) == 1
    assert all(byte < 0x80 for byte in server.log_text("audit_all").splitlines()[-1])


@pytest.mark.parametrize("line", [
    b"first={v}; {v}={v}; Path=/",                      # a value that ran over into attributes
    b"second=a; b; {v}",
    b"{v}",                                             # nameless: all of it is value
    b"={v}",
    b'third="a;{v}"; Path=/',
    b"fourth=1; Expires={v}; Max-Age={v}; SameSite={v}",
    b"fifth=1; Secure={v}; HttpOnly={v}",
    b"sixth={v} {v}\t{v}",
])
def test_no_record_shows_a_value_or_what_may_be_one(server, origin, line):
    """The search after each test would find the value in any log."""
    before = len(server.audit("audit_all"))
    send(server, origin, line.replace(b"{v}", secret.bytes_value()))
    assert len(server.audit("audit_all")) == before + 1


def test_a_huge_line_makes_a_short_record(server, origin):
    before = len(server.audit("audit_all"))
    parts = [b"n" * 30 + b"=" + secret.bytes_value() + b"; Path=/" + b"p" * 3000
             + b"; Domain=" + b"d" * 3000, b"m" * 7000 + b"=1"]
    for part in parts:
        send(server, origin, part)
    lines = server.log_text("audit_all").splitlines()[before:]
    assert len(lines) == 2 and all(len(line) < 4096 for line in lines)
    assert all(check_audit_line(line) for line in lines)


# --- which records are written ------------------------------------------------------------

COMPLETE = "; Path=/; Secure; HttpOnly; SameSite=Lax"
# line, whether `changes` writes it, whether `findings` does (CookieGuardBaseline Off there)
SELECTED = [
    ("{n}=1", True, True),
    ("{n}=1" + COMPLETE, False, False),
    ("{n}=1; Secure; HttpOnly; SameSite=Strict", False, False),
    ("{n}=1; Secure; Secure" + COMPLETE, True, True),
    ("{n}_sess=1" + COMPLETE, False, True),
    ("{n}=1; Max-Age=0" + COMPLETE, False, False),
]


@pytest.mark.parametrize("line, changes, findings", SELECTED)
def test_selections(server, origin, line, changes, findings):
    name = unique("sel")
    sent = line.format(n=name).encode()
    for host in ("all.test", "changes.test", "findings.test", "off.test"):
        send(server, origin, sent, host=host)
    for log, wanted in (("audit_all", True), ("audit_changes", changes),
                        ("audit_findings", findings)):
        found = [r for r in server.audit(log) if r["cookie"].startswith(name)]
        assert len(found) == wanted, log


def test_new_is_the_first_sight(server, origin):
    name = unique("fresh")
    for _ in range(3):
        send(server, origin, f"{name}={secret.value()}".encode(), host="new.test")
    assert len(records_of(server, "audit_new", name)) == 1
    send(server, origin, f"{name}={secret.value()}; Path=/other".encode(), host="new.test")
    assert len(records_of(server, "audit_new", name)) == 2, "other attributes are another sight"


def test_new_is_per_virtual_host(server, origin):
    name = unique("hosts")
    server.expect("CG0100")
    for host in ("new.test", "errorlog.test"):
        send(server, origin, f"{name}=1".encode(), host=host)
    assert len(records_of(server, "audit_new", name)) == 1
    assert len([r for r in error_log_records(server, "error_of_vhost")
                if r["cookie"] == name]) == 1


def error_log_records(server, log):
    """Records in an ErrorLog: after the mark CG0100, where httpd wrote each backslash twice."""
    records = []
    for line in server.log_text(log).decode().splitlines():
        if "CG0100: " in line:
            text = line.partition("CG0100: ")[2].replace("\\\\", "\\").replace('\\"', '"')
            record, _ = json.JSONDecoder().raw_decode(text)
            records.append(check_audit_line(json.dumps(record).encode()))
    return records


@pytest.mark.parametrize("host, log, mode", [("errorlog.test", "error_of_vhost", "enforce"),
                                             ("report.test", "error_of_report", "report")])
def test_without_a_target_new_records_go_to_the_error_log(server, origin, host, log, mode):
    name = unique("err")
    server.expect("CG0100")
    for _ in range(3):
        send(server, origin, f"{name}={secret.value()}".encode(), host=host)
    (record,) = [r for r in error_log_records(server, log) if r["cookie"] == name]
    assert record["mode"] == mode
    assert record["vhost"] == f"{host}:{server.port()}"


def test_off_writes_nothing(server, origin):
    name = unique("quiet")
    response = send(server, origin, f"{name}=1".encode(), host="off.test")
    assert response.set_cookies == [f"{name}=1; Secure; HttpOnly; SameSite=Lax".encode()]
    for path in (server.root / "logs").iterdir():
        assert name.encode() not in path.read_bytes(), path.name


def test_a_log_that_cannot_be_written_is_said_and_the_cookie_is_guarded(server, origin):
    server.expect("CG0021")
    for _ in range(3):
        response = send(server, origin, b"full=1", host="full.test")
        assert response.set_cookies == [b"full=1; Secure; HttpOnly; SameSite=Lax"]
    said = server.error_log().count("CG0021")
    assert 1 <= said <= 4, "once a minute and process"


# --- whole lines, many writers ------------------------------------------------------------


def hammer(server, origin, host, prefix, clients=8, requests=25, cookies=4):
    """Many clients at once; each cookie's name is unique and long."""
    problems = []

    def client(number):
        try:
            for turn in range(requests):
                lines = [f"{prefix}_{number}_{turn}_{k}_{'n' * (50 + 500 * k)}={secret.value()}"
                         f"; Path=/{'p' * (400 * k)}".encode() for k in range(cookies)]
                send(server, origin, *lines, host=host)
        except Exception as problem:  # pylint: disable=broad-except
            problems.append(problem)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems[:3]
    return clients * requests * cookies


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
@pytest.mark.parametrize("host, log", [("all.test", "audit_all"), ("piped.test", "audit_piped")])
def test_lines_of_many_writers_stay_whole(start, origin, mpm, host, log):
    crowd = audited(start, origin, mpm)
    prefix = unique("crowd")
    count = hammer(crowd, origin, host, prefix)

    def names():
        return [r["cookie"] for r in crowd.audit(log) if r["cookie"].startswith(prefix)]

    wait_until(lambda: crowd.log_text(log).endswith(b"\n")
               and crowd.log_text(log).count(prefix.encode() + b"_") >= count,
               "all records", crowd.daemon.process)
    assert len(names()) == len(set(names())) == count


# --- reopening and counting ---------------------------------------------------------------


def test_graceful_reopens_the_file(start, origin):
    """Its own server: it looks at what one generation leaves to the next."""
    server = start("audit-reopen", "audit.conf", modules=MODULES, ports_named=("plain",),
                   defines={"port_backend": origin.port})
    server.expect("AH00488")  # httpd's word for children that a quick graceful finds
    log = server.root / "logs" / "audit_new"
    kept, counted = unique("kept"), unique("counted")
    send(server, origin, f"{kept}=1".encode(), host="new.test")
    for _ in range(5):
        send(server, origin, f"{counted}=1".encode(), host="new.test")
    old = log.rename(server.root / "logs" / "audit_new.1")
    server.graceful()

    def seen_anew():
        """A child of the old generation may still answer, and writes to the old file."""
        send(server, origin, f"{kept}=1".encode(), host="new.test")
        return log.exists() and records_of(server, "audit_new", kept)

    wait_until(seen_anew, "a record in the new file", server.daemon.process)
    assert len(seen_anew()) == 1, "a new generation, one new first sight"
    assert [r["event"] for r in server.audit("audit_new.1")].count("cookie") == 2
    summaries = [r for log in ("audit_new.1", "audit_new") for r in server.audit(log)
                 if r["event"] != "cookie"]
    assert [r for r in summaries if r["cookie"] == counted and r["count"] == 4], summaries
    assert {r["event"] for r in summaries} == {"cookie-count"}
    assert old.exists()


def test_counts_come_every_hour(origin):
    """httpd asks its modules every ten seconds whether there is something to do."""
    server = Httpd("audit-hour", "audit.conf", modules=MODULES, ports_named=("plain",),
                   defines={"port_backend": origin.port})
    clock = Clock(server)
    try:
        server.start()
        for _ in range(3):
            send(server, origin, b"hourly=1", host="new.test")
        assert [r["event"] for r in server.audit("audit_new")] == ["cookie"]
        clock.advance(HOUR)
        (first, count) = server.wait_for_audit(lambda records: len(records) == 2, "audit_new")
        assert (count["event"], count["cookie"], count["count"]) == ("cookie-count", "hourly", 2)
        assert count["@timestamp"][:13] > first["@timestamp"][:13]
        server.stop()
    finally:
        server.stop(check=False)
        server.remove()


def test_piped_logs_go_on_after_graceful(start, origin):
    """httpd ends the old program and starts a new one; what the old one has not read by then
    is lost, as with all piped logs of httpd. So it is asked until a record arrives."""
    server = start("audit-reopen", "audit.conf", modules=MODULES, ports_named=("plain",),
                   defines={"port_backend": origin.port})
    server.expect("AH00488", "CG0021")

    def arrives(name):
        send(server, origin, f"{name}=1".encode(), host="piped.test")
        return name.encode() in server.log_text("audit_piped")

    for name in [unique("pipe") for _ in range(3)]:
        wait_until(lambda: arrives(name), "a record in the pipe", server.daemon.process)
        server.graceful()


def test_a_response_with_too_many_cookies_is_summed_up(server, origin):
    prefix = unique("mass")
    send(server, origin, *[f"{prefix}{n}={secret.value()}".encode() for n in range(1500)])
    lines = [r for r in server.audit("audit_all") if r.get("cookie", "").startswith(prefix)]
    omitted = [r for r in server.audit("audit_all") if r["event"] == "cookies_omitted"
               or r.get("count") == 500]
    assert len(lines) == 1000 and len(omitted) == 1


# --- the short form -----------------------------------------------------------------------

SHORT = [
    (["{n}=1"], "{n}:+Secure+HttpOnly+SameSite"),
    (["{n}=1" + COMPLETE], "-"),
    ([], "-"),
    (["{n}=1; Path=/; SameSite=Strict"], "{n}:+Secure+HttpOnly"),
    (["{n}a=1", "{n}b=1" + COMPLETE, "{n}c=1; Secure; HttpOnly"],
     "{n}a:+Secure+HttpOnly+SameSite,{n}c:+SameSite"),
    (["dropped_{n}=1"], "dropped_{n}:dropped"),
    (["{n} b,c=1; Secure; HttpOnly"], "{n}\\u0020b\\u002cc:+SameSite"),
]


@pytest.mark.parametrize("lines, wanted", SHORT)
def test_short_form(server, origin, lines, wanted):
    name, case = unique("s"), unique("case")
    send(server, origin, *[line.format(n=name).encode() for line in lines],
         headers={"X-Case": case})
    (line,) = [l for l in server.log_text("short_log").decode().splitlines()
               if l.startswith(case + " ")]
    got = line.split(" ", 2)[2].replace("\\\\", "\\")
    assert got == wanted.replace("{n}", name)


@pytest.mark.parametrize("lines, wanted", [
    (["SID=1; Path=/; HttpOnly"], "SID:+__Host-+Secure+SameSite"),
    (["SID=1" + COMPLETE], "SID:+__Host-"),
    (["SID=1; Path=/app", "lang=de" + COMPLETE], "SID:withheld"),
])
def test_short_form_of_prefixes(server, origin, lines, wanted):
    case = unique("case")
    send(server, origin, *[line.encode() for line in lines], host="prefixed.test",
         headers={"X-Case": case})
    (line,) = [l for l in server.log_text("short_log").decode().splitlines()
               if l.startswith(case + " ")]
    assert line.split(" ", 2)[2] == wanted


# --- cookies of requests that are refused ---------------------------------------------------

REFUSED = [
    ("SID={v}", {"plain": 1}, "SID"),
    ("sid={v}; x=1; S%49D={v}", {"spelling": 2}, "SID"),
    ("x=1, SID={v}", {"embedded": 1}, "SID"),
    ("__Host-SID={v}; __Host-SID=other", {"repeated": 2}, "SID"),
    ("$Version=1; x=1; $Path={v}", {"dollar": 2}, ""),
    ('x="1; __Host-SID={v}', {"quote": 1}, ""),
    ("; ".join(f"__Host-app_{n}={{v}}" for n in range(18)), {"surplus": 2}, "app_*"),
    ("$Version=1; sid={v}; SID={v}", {"spelling": 1, "plain": 1, "dollar": 1}, ""),
]


def refused_records(records):
    return [record for record in records if record["event"] == "cookies-refused"]


@pytest.mark.parametrize("cookies, refusals, name", REFUSED)
def test_refused_cookies_are_counted_by_their_reasons(server, origin, cookies, refusals, name):
    """The record has the configured name; what was sent stands in no log."""
    key = origin.play(response_with([]))
    server.request(f"/{key}?next=1", host=b"prefixed.test",
                   headers={"Cookie": cookies.replace("{v}", secret.value())})
    (record,) = [r for r in refused_records(server.audit("audit_prefixed"))
                 if r["path"] == f"/{key}"]
    assert (record["refusals"], record["count"]) == (refusals, sum(refusals.values()))
    assert (record["cookie"], record["mode"], record["status"]) == (name, "enforce", 200)
    assert record["vhost"] == f"prefixed.test:{server.port()}"


@pytest.mark.parametrize("cookies", ["x=1; y=2", "__Host-SID={v}; x=1", "__Host-SID={v}"])
def test_nothing_is_told_where_nothing_is_refused(server, origin, cookies):
    key = origin.play(response_with([]))
    server.request(f"/{key}", host=b"prefixed.test",
                   headers={"Cookie": cookies.replace("{v}", secret.value())})
    assert not [r for r in server.audit("audit_prefixed") if r.get("path") == f"/{key}"]


def test_refused_cookies_go_to_the_error_log_without_a_target(server, origin):
    server.expect("CG0100")
    key = origin.play(response_with([]))
    server.request(f"/{key}", host=b"prefixed-errorlog.test",
                   headers={"Cookie": f"SID={secret.value()}"})
    (record,) = [r for r in refused_records(error_log_records(server, "error_of_prefixed"))
                 if r["path"] == f"/{key}"]
    assert record["refusals"] == {"plain": 1}


def test_what_clients_cause_at_will_is_ten_lines_a_second(start, origin):
    """Its own server: a hundred requests in one go, and a reload that tells of the last ones."""
    server = start("audit-held-back", "audit.conf", modules=MODULES, ports_named=("plain",),
                   defines={"port_backend": origin.port})
    server.expect("AH00488")
    key = origin.play(response_with([]))
    ask = f"GET /{key} HTTP/1.1\r\nHost: prefixed.test\r\nCookie: SID=1\r\n"
    asked = (ask + "\r\n") * 99 + ask + "Connection: close\r\n\r\n"
    answers = http1.send_raw(server.port(), asked.encode())
    assert answers.count(b"HTTP/1.1 200") == 100
    server.graceful()

    def told():
        records = server.audit("audit_prefixed")
        return len(refused_records(records)) + sum(
            record["count"] for record in records if record["event"] == "refused-count")

    wait_until(lambda: told() == 100, "the count", server.daemon.process)
    seconds = [r["@timestamp"][:19] for r in refused_records(server.audit("audit_prefixed"))]
    assert len(seconds) <= 10 * (len(set(seconds)) + 1), "one may have come in the second before"
    assert len(seconds) < 100


# --- findings -----------------------------------------------------------------------------

# id -> (host, lines as the backend sends them, facts of the request)
FINDINGS = {
    "CG-SECURE-MISSING": ("all.test", ["{n}=1; HttpOnly; SameSite=Lax"]),
    "CG-HTTPONLY-MISSING": ("all.test", ["{n}=1; Secure; SameSite=Lax"]),
    "CG-SAMESITE-MISSING": ("all.test", ["{n}=1; Secure; HttpOnly"]),
    "CG-SAMESITE-INVALID": ("all.test", ["{n}=1; Secure; HttpOnly; SameSite=Maybe"]),
    "CG-SAMESITE-NONE-INSECURE": ("all.test", ["{n}=1; HttpOnly; SameSite=None"]),
    "CG-PREFIX-VIOLATION": ("all.test", ["__Host-{n}=1; Secure; Path=/app"]),
    "CG-PREFIX-MISSING": ("all.test", ["{n}_session=1" + COMPLETE]),
    "CG-PARTITIONED-INSECURE": ("all.test", ["{n}=1; Partitioned"]),
    "CG-PLAIN-HTTP": ("plain.test", ["{n}=1; HttpOnly; SameSite=Lax"]),
    "CG-SECURE-ON-PLAIN-HTTP": ("plain.test", ["{n}=1" + COMPLETE]),
    "CG-DOMAIN-WIDE": ("www.all.test", ["{n}=1; Domain=all.test" + COMPLETE]),
    "CG-DOMAIN-SET": ("all.test", ["{n}=1; Domain=all.test" + COMPLETE]),
    "CG-DOMAIN-INVALID": ("all.test", ["{n}=1; Domain=other.test" + COMPLETE]),
    "CG-SESSION-PERSISTENT": ("all.test", ["{n}_sess=1; Max-Age=60" + COMPLETE]),
    "CG-LIFETIME-LONG": ("all.test", ["{n}=1; Max-Age=99999999" + COMPLETE]),
    "CG-LIFETIME-UNREADABLE": ("all.test", ["{n}=1; Max-Age=soon" + COMPLETE]),
    "CG-ATTRIBUTE-REPEATED": ("all.test", ["{n}=1; Path=/a" + COMPLETE]),
    "CG-ATTRIBUTE-LONG": ("all.test", ["{n}=1; Path=/" + "p" * 1100 + "; Secure; HttpOnly"]),
    "CG-FLAG-VALUE": ("all.test", ["{n}=1; Secure=true; HttpOnly; SameSite=Lax"]),
    "CG-CONTROL-CHARACTER": ("all.test", ["{n}=a\x01b"]),
    "CG-EMPTY": ("all.test", ["; Path=/"]),
    "CG-TOO-LONG": ("all.test", ["{n}=" + "v" * 4097]),
    "CG-NAMELESS": ("all.test", ["=nameless" + COMPLETE]),
    "CG-VALUE-SYNTAX": ("all.test", ["{n}=a b" + COMPLETE]),
    "CG-NAME-REPEATED": ("all.test", ["{n}=1" + COMPLETE, "{n}=2" + COMPLETE]),
    "CG-TECHNOLOGY": ("all.test", ["PHPSESSID=1" + COMPLETE]),
    "CG-CHANGE-REFUSED": ("plain.test", ["refused_{n}=1"]),
    "CG-IDENTITY-CHANGED": ("all.test", ["moved=1" + COMPLETE]),
    "CG-KNOWN-COOKIE": ("all.test", ["csrftoken=1; Secure; SameSite=Lax"]),
    "CG-DROPPED": ("all.test", ["dropped_{n}=1"]),
    "CG-WITHHELD": ("prefixed.test", ["SID=1; Path=/app"]),
    "CG-SPELLING": ("prefixed.test", ["Sid=1; Path=/"]),
}
LOGS = {"plain.test": "audit_plain", "prefixed.test": "audit_prefixed"}
# Findings that other tests trigger, and where.
ELSEWHERE = {
    "CG-OVERRIDE-IGNORED": "test_override.py",
    "CG-CACHEABLE": "test_cache_control.py",
    "CG-CACHEABLE-STATIC": "test_cache_control.py",
    "CG-STORED-UNJUDGED": "test_cache.py",
    "CG-TOKEN-SET": "test_session_token.py",
    "CG-TOKEN-REUSE": "test_session_audit.py",
    "CG-SESSION-TOO-LARGE": "test_session_audit.py",
}


HERE = {"CG-INTERIM"}  # by a test of its own


def findings_in_documents():
    text = (REPO / "docs" / "findings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| \[(CG-[A-Z-]+)\]", text, re.MULTILINE))


def test_every_finding_has_a_test():
    assert findings_in_documents() == set(FINDINGS) | set(ELSEWHERE) | HERE


@pytest.mark.parametrize("finding", FINDINGS)
def test_finding(server, origin, finding):
    host, lines = FINDINGS[finding]
    name = unique("f")
    log = LOGS.get(host, "audit_all")
    before = len(server.audit(log))
    server.expect("AH02430")  # httpd refuses a head with a control character, after the audit
    send(server, origin, *[line.format(n=name).encode() for line in lines], host=host)
    records = server.audit(log)[before:]
    assert len(records) == len(lines)
    for record in records:
        found = {f["id"]: f for f in record["findings"]}
        assert finding in found, record
        assert found[finding]["severity"] in ("info", "low", "medium", "high")


def test_a_cookie_of_an_interim_response(server, origin):
    """It is told with the status of the response that carried it."""
    early, final = unique("early"), unique("final")
    key = origin.play(f"HTTP/1.1 103 Early Hints\r\nSet-Cookie: {early}=1\r\n\r\n".encode()
                      + response_with([f"{final}=1".encode()]))
    response = server.request("/" + key, host=b"all.test")
    assert [head.status for head in response.interim] == [103]
    (of_early,) = records_of(server, "audit_all", early)
    (of_final,) = records_of(server, "audit_all", final)
    assert (of_early["status"], of_final["status"]) == (103, 200)
    assert "CG-INTERIM" in {finding["id"] for finding in of_early["findings"]}
    assert "CG-INTERIM" not in {finding["id"] for finding in of_final["findings"]}


def test_a_complete_cookie_has_no_finding(server, origin):
    name = unique("clean")
    record = one_record(server, origin, f"{name}=1{COMPLETE}".encode(), name)
    assert record["findings"] == [] and record["changed"] == []


def test_deletions_are_not_graded(server, origin):
    name = unique("gone")
    record = one_record(server, origin, f"{name}=; Max-Age=0".encode(), name)
    assert record["findings"] == []
    assert record["changed"] == ["+Secure", "+HttpOnly", "+SameSite=Lax"], "promise 7"


def test_the_backend_never_sees_the_audit(server, origin):
    """The policy adds what additions() says, whatever the audit writes."""
    line = b"last=" + secret.bytes_value()
    assert send(server, origin, line).set_cookies == [line + additions(line, True)]


def test_a_log_that_cannot_be_opened_stops_the_start(origin):
    server = Httpd("audit-unopened", None, ports_named=("plain",),
                   text="Listen ${port_plain}\nCookieGuardAuditLog /proc/audit.log all")
    try:
        code, said = server.run("-D", "FOREGROUND")
        assert code != 0
        assert "CG0020" in said + server.error_log()
    finally:
        server.remove()


def test_no_shared_memory_stops_the_start(origin, tmp_path):
    module = tools.compiled_module(tools.TESTS / "modules" / "mod_cgscarce.c", tmp_path)
    server = Httpd("audit-scarce", None, ports_named=("plain",), text="Listen ${port_plain}",
                   extra_modules={"cgscarce_module": module})
    try:
        code, said = server.run("-D", "FOREGROUND")
        assert code != 0
        assert "CG0003: no shared memory" in said + server.error_log()
    finally:
        server.remove()


def test_http1_client_reads_what_httpd_wrote():
    """The harness itself: values keep every blank behind the first."""
    parsed = http1.parse(b"HTTP/1.1 200 OK\r\nSet-Cookie:  a=b \r\nset-cookie:c\r\n\r\n")
    assert parsed.set_cookies == [b" a=b ", b"c"]
