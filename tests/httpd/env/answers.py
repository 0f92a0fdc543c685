"""Responses of a backend that may be stored, as bytes."""


def answer(*lines, status="200 OK", headers=(b"Cache-Control: max-age=600", b'ETag: "one"'),
           body=b"from the backend", content_type=b"text/html"):
    fields = [*headers, *(b"Set-Cookie: " + line for line in lines)]
    if not status.startswith("304"):
        fields += [b"Content-Type: " + content_type, b"Content-Length: %d" % len(body)]
    return (b"HTTP/1.1 " + status.encode() + b"\r\n" + b"\r\n".join(fields) + b"\r\n\r\n" +
            (b"" if status.startswith("304") else body))


def not_modified(*lines, headers=(b"Cache-Control: max-age=600", b'ETag: "one"')):
    return answer(*lines, status="304 Not Modified", headers=headers)
