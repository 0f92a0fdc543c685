"""Cookie values of the tests. Each is random and carries a mark that nothing else in a
log can carry, so that one search finds every value that leaked."""
import secrets

MARK = "cgsecret"


def value():
    return f"{MARK}{secrets.token_hex(8)}"


def bytes_value():
    return value().encode()
