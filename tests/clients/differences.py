"""Where a jar holds something else with the module, and the rule that says so should be.

The module takes away what RFC 6265bis ignores: all but the last of an attribute that stands twice,
and an attribute that its own rule ignores. A jar that follows the RFC sees no change. Two of the
three jars do not follow it everywhere; they see one, and it is the RFC's reading that they get.
Besides, a cookie that browsers refuse for the lack of Secure is stored once it has Secure.

Each entry: the jar, the section of RFC 6265bis, why, the cases. A test fails for an entry that
makes no difference any more.
"""

from typing import NamedTuple


class Difference(NamedTuple):
    """Cases in which one jar's view changes, with the paragraph that justifies it."""

    jar: str
    section: str
    why: str
    cases: tuple
    schemes: tuple = ("https", "http")


def numbered(prefix, *numbers):
    """The ids of some cases of a numbered group."""
    return tuple(f"{prefix}-{number}" for number in numbers)


DIFFERENCES = (
    Difference("cookiejar", "5.6.2", "an invalid Max-Age is ignored; cookiejar refuses the cookie",
               numbered("max-age-invalid", 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12)
               + numbered("max-age-doubled", 4, 5)
               + ("expires-and-bad-max-age", "size-max-age-1025")),
    Difference("cookiejar", "5.6.2", "'+60' is no number here; cookiejar takes it for 60",
               numbered("max-age-invalid", 6)),
    Difference("cookiejar", "5.6.1", "an unparsable date is ignored; cookiejar fails on it",
               numbered("expires-invalid", 11)),
    Difference("cookiejar", "5.7", "the last of an attribute counts; cookiejar takes the first",
               ("expires-doubled-1",) + numbered("domain-doubled", 1, 2, 4)
               + numbered("path-doubled", 1, 2, 4, 5, 6)),
)


def expected(jar, case_id, scheme):
    """The entry for a jar, a case and a scheme, or None."""
    for entry in DIFFERENCES:
        if entry.jar == jar and case_id in entry.cases and scheme in entry.schemes:
            return entry
    return None
