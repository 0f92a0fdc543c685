"""Response paths: every row of the tables in paths/, with a bare, a complete and a Strict line."""
import pytest

from env import path_cases
from paths import all_paths

PATHS = all_paths()


@pytest.mark.parametrize("path, transport", path_cases.event_cases(PATHS))
def test_without_the_module_the_cookie_leaves_as_it_was_made(
        paths_server, backends, path, transport):
    """Shows that the path is what its line in the table says: a path that loses the cookie
    by itself would prove nothing."""
    path_cases.check(paths_server("event", None), backends, path, transport, enforced=False)


@pytest.mark.parametrize("path, transport", path_cases.event_cases(PATHS))
def test_enforced(paths_server, backends, path, transport):
    path_cases.check(paths_server("event", "On"), backends, path, transport, enforced=True)


@pytest.mark.parametrize("mpm, path", path_cases.other_mpm_cases(PATHS))
def test_enforced_on_other_mpms(paths_server, backends, mpm, path):
    transport = "1.1s" if "1.1s" in path.transports else path.transports[-1]
    path_cases.check(paths_server(mpm, "On"), backends, path, transport, enforced=True)


@pytest.mark.parametrize("path, transport", path_cases.single_cases(PATHS))
def test_report_changes_nothing(paths_server, backends, path, transport):
    path_cases.check_report(paths_server("event", "Report"), paths_server("event", None),
                            backends, path, transport)
