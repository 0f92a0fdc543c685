"""Free TCP ports that stay ours.

The kernel chooses the port (bind to 0). The socket is kept open, bound and not listening:
nobody else is given the port, and a daemon that sets SO_REUSEADDR, as all servers do, can
still bind it and listen.
"""
import socket

_held = []


def free_port():
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _held.append(holder)
    return holder.getsockname()[1]


def accepts(port):
    """Tell whether something listens on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def connections_to(ports):
    """How many TCP sockets of this machine's servers are connected at these local ports: those that
    nobody holds any more (TIME_WAIT) and those that listen are none."""
    wanted, count = {f"{port:04X}" for port in ports}, 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as lines:
                rows = [line.split() for line in lines][1:]
        except FileNotFoundError:
            continue
        count += sum(1 for row in rows if row[1].rpartition(":")[2] in wanted
                     and row[3] != "0A" and row[9] != "0")
    return count
