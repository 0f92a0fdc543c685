"""The table of all response paths, by subject. docs/paths.md is printed from it."""
from paths import appservers, cache, interim, modules, proxy, static

SUBJECTS = {
    "Pages, errors and redirects of httpd": static.PATHS,
    "Modules of httpd": modules.PATHS,
    "Backends behind mod_proxy": proxy.PATHS,
    "Heads that no filter of a request sees": interim.PATHS,
    "Hits and other answers of mod_cache": cache.PATHS,
    "Application servers": appservers.PATHS,
}


def all_paths():
    return [path for paths in SUBJECTS.values() for path in paths]
