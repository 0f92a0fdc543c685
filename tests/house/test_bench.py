"""The benchmarks' own arithmetic, and that they notice a contender that does not do its work. No
server is needed; that they run is shown by the stage bench."""
import importlib
import io
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bench():
    """The modules of bench/, which find each other by that directory."""
    kept = list(sys.path)
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        names = ("server", "contenders", "callgrind", "throughput", "tables", "sessions",
                 "stores")
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path[:] = kept


def test_the_median_of_ratios_has_the_right_neighbours(bench):
    spread = bench["throughput"].Spread.of([n / 100 for n in range(131, 100, -1)])
    assert (spread.median, spread.low, spread.high) == (1.16, 1.11, 1.21)


def test_a_single_round_is_its_own_spread(bench):
    spread = bench["throughput"].Spread.of([0.97])
    assert (spread.median, spread.low, spread.high) == (0.97, 0.97, 0.97)


DUMP = """\
ob=(1) /usr/sbin/httpd
fl=(1) core.c
fn=(1) handle
10 100
+2 5
cob=(2) mod_cookieguard.so
cfn=(2) judge
calls=3 20
* 60
ob=(2)
fl=(2) src/policy/judge.c
fn=(2)
20 50
-1 10
"""


def test_a_dump_is_added_up_by_function_and_line(bench, tmp_path):
    path = tmp_path / "out.1"
    path.write_text(DUMP, encoding="ascii")
    dump = bench["callgrind"].Dump(path)
    assert dump.total == 165
    assert dump.own == {"handle": 105, "judge": 60}
    assert dump.inclusive["handle"] == 165
    assert dump.calls["judge"] == 3
    assert dump.lines["src/policy/judge.c", 19] == 10
    assert dump.object_of["judge"] == "mod_cookieguard.so"


def test_the_quotient_leaves_out_what_both_have(bench, tmp_path):
    for name, factor in (("short", 10), ("long", 30)):
        (tmp_path / name).write_text(f"fn=(1) f\n1 {1000 + 7 * factor}\n", encoding="ascii")
    dumps = [bench["callgrind"].Dump(tmp_path / name) for name in ("short", "long")]
    assert bench["callgrind"].Quotient(*dumps, 20).total == 7


@pytest.mark.parametrize("cookies, said", [
    (["a=1; Secure; HttpOnly"], "SameSite stands 0 times"),
    (["a=1; Secure; HttpOnly; SameSite=Lax; secure"], "Secure stands 2 times"),
    ([], "0 cookies in place of 1"),
])
def test_a_contender_that_does_not_do_its_work_has_no_figure(bench, cookies, said):
    with pytest.raises(RuntimeError, match=said):
        bench["server"].check_answer(bench["contenders"].BY_KEY["guard"], 1, cookies)


def test_httpd_alone_must_leave_the_lines_as_they_are(bench):
    none = bench["contenders"].BY_KEY["none"]
    bench["server"].check_answer(none, 1, [bench["contenders"].COOKIES[0]])
    with pytest.raises(RuntimeError, match="were changed"):
        bench["server"].check_answer(none, 1, ["SID=8; Secure"])


@pytest.mark.parametrize("seen", ["", "29 200", "30 199", "-1 200"])
def test_a_store_that_lost_a_write_has_no_figure(bench, seen):
    of = bench["sessions"]
    with pytest.raises(RuntimeError, match="in place of '30 200'"):
        of.check(of.BY_KEY["cookie"], of.SMALL, 30, seen)
    of.check(of.BY_KEY["cookie"], of.SMALL, 30, "30 200")


def test_a_jar_stands_in_for_the_cookie_of_a_visit(bench):
    visit = bench["server"].Visit("shop.example", cookie="a=b")
    assert b"\r\nCookie: a=b\r\n" in visit.text()
    assert b"\r\nCookie: c=d; e=f\r\n" in visit.text({"c": "d", "e": "f"})


def test_an_answer_is_read_whole(bench):
    page = "x" * bench["server"].PAGE_SIZE
    answer = bench["server"].read_answer(io.BytesIO(
        f"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nX-Seen: SID=1\r\nset-cookie: c=d\r\n"
        f"Content-Length: {len(page)}\r\n\r\n{page}".encode()))
    assert (answer.cookies, answer.seen) == (["a=b", "c=d"], "SID=1")


def test_goals_that_are_missed_are_counted(bench, capsys):
    assert bench["tables"].show_goals([("one", 700, 700), ("two", 701.2, 700)]) == 1
    rows = [line for line in capsys.readouterr().out.splitlines() if "7" in line]
    assert [re.split(r"\s*\|\s*", row)[1:5] for row in rows] == [
        ["one", "+700", "700", "reached"], ["two", "+701", "700", "NOT reached"]]


def test_the_document_has_every_row_and_goal(bench):
    of = bench["contenders"]
    for contender in (*of.CONTENDERS, *of.REQUEST_CONTENDERS):
        assert f"| {contender.title} " in DOCUMENT, contender.title
    for bar in (*of.BARS.values(), of.RULES_BAR, of.TOLD_BAR,
                *(contender.bar for contender in of.REQUEST_CONTENDERS if contender.bar)):
        assert re.search(rf"\| +{bar:,} \|", DOCUMENT), bar
    for cookie in of.COOKIES:
        assert cookie.partition("=")[0] + "=" in DOCUMENT


def test_the_document_has_every_store_and_its_bars(bench):
    of = bench["sessions"]
    for title in (*(store.title for store in of.STORES), *bench["stores"].TITLES.values()):
        assert f"| {title}" in DOCUMENT, title
    for bar in of.BARS.values():
        assert re.search(rf"\| +{bar:,} \|", DOCUMENT), bar
