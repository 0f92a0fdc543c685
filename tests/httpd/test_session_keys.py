"""The key ring, edited by hand, and what becomes of the sessions that its keys sealed."""
import datetime
import os

import pytest

from env.session_site import Site


@pytest.fixture
def keyed():
    """A server of its own: its ring is edited."""
    site = Site("sessions-keys")
    try:
        yield site.start()
        site.stop()
    finally:
        site.server.stop(check=False)
        site.remove()


class Ring:
    """The file, as an administrator sees it."""

    def __init__(self, site):
        self.site = site
        self.path = site.server.root / "guard" / "keys"

    def keys(self):
        """{state: [words of a line]} of a ring with one key of each."""
        lines = [line.split() for line in self.path.read_text().splitlines()
                 if line and not line.startswith("#")]
        return {line[2]: line for line in lines}

    def write(self, *lines):
        """As editors do: beside it, and then in its place."""
        new = self.path.with_suffix(".new")
        new.write_text("".join(" ".join(words) + "\n" for words in lines))
        new.chmod(0o600)
        new.rename(self.path)
        self.site.server.graceful()


def now(site):
    moment = datetime.datetime.fromtimestamp(site.clock.now(), datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_state(words, state, retired="-"):
    return [words[0], words[1], state, retired, words[4]]


def test_the_ring_is_made_at_the_first_start_and_nobody_else_may_read_it(keyed):
    ring = Ring(keyed)
    assert set(ring.keys()) == {"active", "next"}
    assert ring.path.stat().st_mode & 0o777 == 0o600
    assert ring.path.parent.stat().st_mode & 0o777 == 0o700
    assert ring.path.stat().st_uid == os.geteuid()
    before = ring.path.read_bytes()
    keyed.server.graceful()
    assert ring.path.read_bytes() == before


def test_unknown_key_id_is_mute_not_logout(keyed):
    """A key is lost, say by a ring that came back from a backup, and found again."""
    ring = Ring(keyed)
    first, second = ring.keys()["active"], ring.keys()["next"]
    old = keyed.new_session(sealed="by the first")
    turned = in_state(first, "old", now(keyed)), in_state(second, "active")
    ring.write(*turned)
    assert keyed.ask(old).session == {"sealed": "by the first"}
    token = keyed.new_session(sealed="by the second")
    user = keyed.login().token

    ring.write(first)
    for unknown in (token, user):
        for words in ({}, {"set": "a=1"}, {"path": "/form/logout"}):
            assert keyed.ask(unknown, **words).is_silent
        assert keyed.ask(unknown).session == {}
        assert keyed.login(unknown).is_silent
    assert keyed.ask(old).session == {"sealed": "by the first"}

    ring.write(*turned)
    assert keyed.ask(token).session == {"sealed": "by the second"}
    assert keyed.ask(user, "/form/page").user == "alice"
    assert keyed.ask(old).session == {"sealed": "by the first"}


def test_a_login_over_a_graceful_that_turns_the_ring(keyed):
    """A child of the generation before still seals with the key that was retired meanwhile."""
    ring = Ring(keyed)
    first, second = ring.keys()["active"], ring.keys()["next"]
    token = keyed.new_session()
    with keyed.gate() as gate:
        slow = keyed.begin_login(token, gate=gate)
        visitor = keyed.begin(set="b=2", gate=gate)
        gate.wait(2)
        ring.write(in_state(first, "old", now(keyed)), in_state(second, "active"))
        keyed.clock.advance(60)
        gate.open()
        user, other = slow.finish().token, visitor.finish().token
    assert keyed.ask(user, "/form/page").user == "alice"
    assert keyed.ask(other).session == {"b": "2"}


def test_a_revoked_key_opens_nothing(keyed):
    ring = Ring(keyed)
    first, second = ring.keys()["active"], ring.keys()["next"]
    ring.write(in_state(first, "old", now(keyed)), in_state(second, "active"))
    token = keyed.new_session()
    ring.write(in_state(first, "active"), in_state(second, "revoked", now(keyed)))
    assert keyed.ask(token).session == {}
    again = keyed.ask(token, set="b=2").token  # its end is meant: who comes with it begins anew
    assert keyed.ask(again).session == {"b": "2"}
