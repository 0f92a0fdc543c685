"""Bytes per request that httpd and its modules ask of APR's pools."""
import contextlib
import pathlib
import subprocess
import tempfile

import server

SOURCE = pathlib.Path(__file__).resolve().parent / "pool_bytes.c"


@contextlib.contextmanager
def preload():
    """The library that counts, compiled for the time of a `with`."""
    with tempfile.TemporaryDirectory(prefix="cookieguard-bench-") as place:
        pathlib.Path(place).chmod(0o755)
        library = pathlib.Path(place) / "pool_bytes.so"
        apr = subprocess.run([server.tools.find_program("apr-1-config"), "--includes",
                              "--cppflags"], check=True, capture_output=True, text=True).stdout
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", *apr.split(), SOURCE, "-o", library,
                        "-ldl"], check=True)
        yield library


def measure(site, module, visits, requests=100):
    """The bytes of one request for each visit: the difference quotient of two
    connections, as in callgrind.py."""
    short, long = 10, 10 + requests
    with preload() as library, server.running(site, module, flag="-X", env=lambda httpd: {
            "LD_PRELOAD": str(library), "COOKIEGUARD_POOL_BYTES": f"{httpd.dumps}/bytes"}) as httpd:
        def wait():
            server.wait_for_sleep(httpd.daemon.pid)

        for visit in visits:
            for number in (1, short, long):
                server.ask(httpd.port, visit, number, wait)
        server.ask(httpd.port, visit, 1)  # its line tells what the last one used
        # The first connection only looked whether httpd is there.
        sums = [int(line) for line in (httpd.dumps / "bytes").read_text().split()[1:]]
    used = [after - before for before, after in zip(sums, sums[1:])]
    return [(used[3 * i + 2] - used[3 * i + 1]) / requests for i in range(len(visits))]
