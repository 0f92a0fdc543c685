"""An HTTP/2 client on python3-h2 that keeps the bytes of every field as they came."""
import h2.config
import h2.connection
import h2.events

from env.http1 import Response, connect, pairs


def request(port, target="/", *, method="GET", headers=(), body=b"", trailers=(), tls=False,
            host=b"guarded.test"):
    """One request on a connection of its own: over TLS by ALPN, else with prior knowledge.
    With trailers the body is a short one."""
    with connect(port, tls, alpn="h2") as sock:
        if tls and sock.selected_alpn_protocol() != "h2":
            raise AssertionError("the server does not speak h2")
        config = h2.config.H2Configuration(
            client_side=True, header_encoding=None, validate_inbound_headers=False,
            normalize_inbound_headers=False, validate_outbound_headers=False)
        conn = h2.connection.H2Connection(config)
        conn.initiate_connection()
        conn.increment_flow_control_window(1 << 24)
        fields = [(b":method", method.encode()), (b":scheme", b"https" if tls else b"http"),
                  (b":authority", host), (b":path", target.encode())]
        for name, value in pairs(headers):
            name = name.encode() if isinstance(name, str) else name
            value = value.encode() if isinstance(value, str) else value
            fields.append((name.lower(), value))
        if body and not trailers:
            fields.append((b"content-length", b"%d" % len(body)))
        conn.send_headers(1, fields, end_stream=not body)
        if trailers:
            conn.send_data(1, body)
            conn.send_headers(1, pairs(trailers), end_stream=True)
            body = b""
        sock.sendall(conn.data_to_send())
        response = _read_response(conn, sock, body)
        conn.close_connection()
        sock.sendall(conn.data_to_send())
        _drain(sock)
        return response


def _send_body(conn, body):
    """Send what the server has room for; return the rest."""
    while body:
        room = min(conn.local_flow_control_window(1), conn.max_outbound_frame_size)
        if not room:
            break
        conn.send_data(1, body[:room], end_stream=len(body) <= room)
        body = body[room:]
    return body


def _read_response(conn, sock, to_send):
    response = None
    interim = []
    body = b""
    while True:
        to_send = _send_body(conn, to_send)
        sock.sendall(conn.data_to_send())
        data = sock.recv(65536)
        if not data:
            raise AssertionError("the connection ended before the response")
        for event in conn.receive_data(data):
            if isinstance(event, h2.events.InformationalResponseReceived):
                interim.append(_response(event.headers))
            elif isinstance(event, h2.events.ResponseReceived):
                response = _response(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                body += event.data
                conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                raise AssertionError(f"the server ended the stream: {event}")
            elif isinstance(event, h2.events.StreamEnded):
                response.body = body
                response.interim = interim
                return response
        pending = conn.data_to_send()
        if pending:
            sock.sendall(pending)


def _response(fields):
    status = int(dict(fields)[b":status"])
    return Response(status, headers=[(k, v) for k, v in fields if not k.startswith(b":")])


def _drain(sock):
    """Wait for the server's end of the connection."""
    try:
        while sock.recv(65536):
            pass
    except OSError:
        pass
