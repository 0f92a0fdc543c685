"""The clock of a server, which a test moves: no test waits for time to pass.

preload/clock.c is loaded before the C library of httpd and shifts what it says of the time of day
and of the time since boot. Both move together, as when time passes; the time of day alone, as
when somebody sets it.
"""
import mmap

from env import tools

MINUTE, HOUR, DAY = 60, 3600, 86400


class Clock:
    """Of a server that is not started yet."""

    def __init__(self, server):
        self.wall = self.boot = 0  # seconds ahead
        path = server.root / "clock"
        path.write_bytes(bytes(16))
        path.chmod(0o644)
        with open(path, "r+b") as file:
            self.shifts = memoryview(mmap.mmap(file.fileno(), 16)).cast("q")  # microseconds
        server.preload.append(tools.compiled_preload(tools.TESTS / "preload" / "clock.c",
                                                     server.root))
        server.variables["COOKIEGUARD_TEST_CLOCK"] = str(path)

    def _write(self):
        self.shifts[0], self.shifts[1] = round(self.wall * 1000000), round(self.boot * 1000000)

    def advance(self, seconds):
        """As if so much time had passed."""
        self.wall += seconds
        self.boot += seconds
        self._write()

    def set_wall(self, seconds):
        """As if somebody set the time of day to what it really is, and so many seconds more."""
        self.wall = seconds
        self._write()
