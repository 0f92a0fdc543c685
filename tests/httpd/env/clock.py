"""The clock of a server, which a test moves: no test waits for time to pass.

preload/clock.c is loaded before the C library of httpd and shifts what it says of the time of day
and of the time since boot. Both move together, as when time passes; the time of day alone, as
when somebody sets it.
"""
import mmap
import time

from env import tools

MINUTE, HOUR, DAY = 60, 3600, 86400


class Clock:
    """Of a server that is not started yet."""

    def __init__(self, server):
        path = server.root / "clock"
        path.write_bytes(bytes(24))
        path.chmod(0o644)
        with open(path, "r+b") as file:
            # wall and boot, in microseconds, and whether they stand still
            self.told = memoryview(mmap.mmap(file.fileno(), 24)).cast("q")
        server.preload.append(tools.compiled_preload(tools.TESTS / "preload" / "clock.c",
                                                     server.root))
        server.variables["COOKIEGUARD_TEST_CLOCK"] = str(path)

    def stand_still(self):
        """From now on no time passes but what the test lets pass, however long it takes itself. Not
        behind the real time: who waits until a moment of this clock would not wait at all."""
        for which, clock in enumerate((time.CLOCK_REALTIME, time.CLOCK_BOOTTIME)):
            self.told[which] = time.clock_gettime_ns(clock) // 1000 + HOUR * 1000000
        self.told[2] = 1

    def advance(self, seconds):
        """As if so much time had passed."""
        self.told[0] += round(seconds * 1000000)
        self.told[1] += round(seconds * 1000000)

    def move_wall(self, seconds):
        """As if somebody set the time of day so much ahead, or back."""
        self.told[0] += round(seconds * 1000000)

    def now(self):
        """The time of day of a clock that stands still, in seconds since 1970."""
        return self.told[0] // 1000000
