"""What mod_cache stores and serves. CookieGuardCacheControl is report here: with any other word
hardly a response with a cookie is stored (test_cache_control.py)."""
from env import lines
from env.answers import answer, not_modified
from env.paths import ALL, Path

TARGET = "/{key}"
OTHERS = ("1.1", "1.1s", "2s")
AGAIN = {"Cache-Control": "max-age=0"}
CONDITION = {"If-None-Match": '"one"'}
WAYS = {
    "quick-disk": "quick handler, disk",
    "quick-socache": "quick handler, socache (shmcb)",
    "handler-disk": "CacheQuickHandler off, disk",
    "handler-socache": "CacheQuickHandler off, socache (shmcb)",
    "marked-disk": "SetOutputFilter CACHE, disk",
    "marked-socache": "SetOutputFilter CACHE, socache (shmcb)",
}


def page(line):
    return answer(line)


def in_turns(first, again):
    """A backend that gives one answer, and another one to a request with a condition."""
    return lambda line: lambda sock, head: sock.sendall(
        (again if b"If-None-Match" in head else first)(line))


def without_http_only(line, https):
    """On a hit of the quick handler nobody can say whether a directory excepted the line."""
    return lines.enforced(line, https).replace(
        b"" if b"HttpOnly" in line else b"; HttpOnly", b"")


def answers(way, words):
    """Every answer of one way to cache."""
    def path(name, more, status=200, play=page, transports=OTHERS, **how):
        return Path(f"cache-{way}-{name}", f"mod_cache, {words}: {more}", TARGET, status,
                    host=f"{way}.guarded.test", play=play, transports=transports, **how)

    return [
        path("miss", "first answer, which is stored", x_cache="MISS"),
        path("hit", "hit", before=({},), x_cache="HIT", transports=ALL, once_per=f"{way} hit"),
        path("hit-304", "hit, answered 304", 304, headers=CONDITION, before=({},)),
        path("revalidated", "stale, the backend says 304", headers=AGAIN, before=({},),
             play=in_turns(page, lambda line: not_modified()), x_cache="REVALIDATE"),
        path("revalidated-hit", "hit after the backend said 304", before=({}, AGAIN),
             play=in_turns(page, lambda line: not_modified()), x_cache="HIT"),
        path("changed", "stale, the backend says 304 with a cookie", headers=AGAIN, before=({},),
             play=in_turns(lambda line: answer(), not_modified), x_cache="REVALIDATE"),
        path("changed-hit", "hit after the backend said 304 with a cookie", before=({}, AGAIN),
             play=in_turns(lambda line: answer(), not_modified), x_cache="HIT"),
        path("replaced", "stale, the backend has another answer", headers=AGAIN, before=({},),
             play=in_turns(lambda line: answer(), page), x_cache="MISS"),
        path("backend-500", "stale, the backend fails", headers=AGAIN, before=({},),
             play=in_turns(page, lambda line: answer(status="500 Broken")), x_cache="HIT"),
    ]


def stored_before(way, words, **limits):
    """Entries of a server without the module."""
    def path(name, more, status=200, **how):
        return Path(f"cache-{way}-before{name}", f"mod_cache, {words}: {more}", TARGET, status,
                    host=f"{way}.guarded.test", before=({},), unguarded=True, transports=OTHERS,
                    **{"play": page, **how})

    return [
        path("", "hit, stored without the module", x_cache="HIT", **limits),
        path("-304", "hit, stored without the module, answered 304", 304, headers=CONDITION,
             **limits),
        path("-revalidated", "stored without the module, the backend says 304", headers=AGAIN,
             play=in_turns(page, lambda line: not_modified()), x_cache="REVALIDATE"),
    ]


PATHS = [path for way, words in WAYS.items() for path in answers(way, words)] + [
    *stored_before("quick-disk", WAYS["quick-disk"], enforces=without_http_only,
                   why="Secure and SameSite alone are enforced: a directory, of which a hit of the "
                       "quick handler knows nothing, may have excepted the rest"),
    *stored_before("handler-disk", WAYS["handler-disk"]),
    *stored_before("marked-disk", WAYS["marked-disk"]),
]
