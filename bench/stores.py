"""The servers of bench/store: httpd with the stores of store_*.c in it, and what they are asked."""
import contextlib
import subprocess

import contenders
import server

SOURCES = ("store_driver.c", "store_ours.c", "store_shmcb.c", "store_floor.c")
HOST = contenders.host_of(0)
OURS, SHMCB, FLOOR = "ours", "shmcb", "floor"
TITLES = {OURS: "mod_cookieguard's table, sealed", SHMCB: "mod_socache_shmcb, clear text",
          FLOOR: "floor: sealed, nothing else"}
STORES = tuple(TITLES)
USES = ("read", "write")
BATCH = 500   # operations of a measurement
ROOM = 64     # MiB of each store, where records are counted in thousands


def core_library():
    """libcookieguard.a of the build whose module is measured."""
    library = server.module_path().parent.parent / "src" / ".libs" / "libcookieguard.a"
    if not library.is_file():
        raise RuntimeError(f"{library} is not there: bench/store measures a build, not a module alone")
    return library


def _apr(*words):
    program = server.tools.find_program("apr-1-config")
    return subprocess.run([program, *words], check=True, capture_output=True,
                          text=True).stdout.split()


def compiled():
    place = server.workshop()
    library = f"{place}/store.so"
    headers = subprocess.run([server.tools.apxs(), "-q", "INCLUDEDIR"], check=True,
                             capture_output=True, text=True).stdout.strip()
    subprocess.run(["cc", "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                    *_apr("--includes", "--cppflags"), f"-I{headers}", f"-I{server.ROOT}/src",
                    *(str(server.HERE / source) for source in SOURCES), "-Wl,-Bsymbolic",
                    str(core_library()), "-lcrypto", "-o", library], check=True)
    return library


def site(driver, records, room=ROOM):
    return "".join((server.load_httpd("socache_shmcb"),
                    f'LoadModule storedriver_module "{driver}"\n',
                    f"StoreDriverRoom {room} {records}\n",
                    contenders.virtual_host(HOST, "")))


def job(use, store, count=BATCH, processes=0):
    return server.Visit(HOST, f"/page.html?{use}-{store}*{count}*{processes}")


def filling(records, step=5_000):
    """The visits that fill all stores up to so many records."""
    return [server.Visit(HOST, f"/page.html?fill={min(upto, records)}")
            for upto in range(step, records + step, step)]


def capacity(mib):
    return server.Visit(HOST, f"/page.html?capacity={mib}")


class Asking:
    """A server with stores, and the one connection on which it is asked."""

    def __init__(self, httpd):
        self._port = httpd.port

    def ask(self, visit):
        """The numbers of the answer."""
        return [int(word) for word in server.ask(self._port, visit, 1).seen.split()
                if word.isdigit()]

    def fill(self, records):
        for visit in filling(records):
            self.ask(visit)

    def nanoseconds(self, use, store, count=BATCH, processes=0):
        """Of one operation, for each process."""
        return [taken / count for taken in self.ask(job(use, store, count, processes))]


@contextlib.contextmanager
def running(text):
    with server.running(text, "", flag="-X") as httpd:
        yield Asking(httpd)
