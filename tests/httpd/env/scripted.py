"""A backend that plays back bytes.

A case registers the whole response, byte for byte, and asks httpd for the key that it got.
The server is a real one on a socket; its threads live in the test process.
"""
import socket
import socketserver
import threading
import uuid


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(30)
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.request.recv(65536)
            if not part:
                return
            head += part
        # The key is the last word of the path.
        path = head.split(b" ", 2)[1].decode().partition("?")[0]
        key = path.rpartition("/")[2].rpartition("-")[2]
        answer = self.server.answers.get(key)
        if answer is None:
            answer = b"HTTP/1.1 404 No such key\r\nContent-Length: 0\r\n\r\n"
        try:
            if callable(answer):
                answer(self.request, head)
            else:
                self.request.sendall(answer)
            self.request.shutdown(socket.SHUT_WR)
            while self.request.recv(65536):
                pass
        except OSError:
            pass


class _Threaded:
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


class _TcpServer(_Threaded, socketserver.ThreadingTCPServer):
    pass


class _UnixServer(_Threaded, socketserver.ThreadingUnixStreamServer):
    pass


class ScriptedBackend:
    """Listens on a free TCP port and, if a path is given, on a Unix socket."""

    def __init__(self, unix_path=None):
        self.answers = {}
        self.servers = [_TcpServer(("127.0.0.1", 0), _Handler)]
        if unix_path:
            self.servers.append(_UnixServer(unix_path, _Handler))
        self.port = self.servers[0].server_address[1]
        self.threads = []
        for server in self.servers:
            server.answers = self.answers
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def play(self, answer):
        """Register a response; return its key."""
        key = uuid.uuid4().hex
        self.answers[key] = answer
        return key

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
        for thread in self.threads:
            thread.join()
