"""Where a jar holds something else with the module, and the paragraph that says why it should.

Of an attribute that stands twice the module keeps the one that counts in RFC 6265bis. A jar that
reads as the RFC does sees no change. The three jars do not everywhere; they see one, and what they
then hold is what the RFC says. Besides, a cookie that browsers refuse for the lack of Secure is
stored once it has Secure.

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


HEALED = ("prefix-host-insecure", "prefix-secure-insecure", "delete-host-prefix-bare")

DIFFERENCES = (
    Difference("cookiejar", "5.7", "the last of an attribute counts; cookiejar takes the first",
               ("expires-doubled-1",) + numbered("domain-doubled", 1, 2, 4, 5)
               + numbered("path-doubled", 1, 2, 4, 5, 6)),
    Difference("cookiejar", "5.6.2", "a Max-Age that is no number is ignored, so the valid one of "
               "the two counts; cookiejar refuses the cookie",
               numbered("max-age-doubled", 4, 5)),
    Difference("curl", "5.6.2", "a Max-Age that is no number is ignored, so the valid one before it "
               "counts; curl takes it for 0", numbered("max-age-doubled", 4)),
    Difference("curl", "5.6.1", "an unparsable date is ignored, so the valid one before it counts; "
               "curl forgets it", numbered("expires-doubled", 3)),
    Difference("curl", "5.7", "the last Domain counts; curl stops at the first that does not match",
               numbered("domain-doubled", 4)),
    Difference("curl", "5.6.3", "an empty Domain, being the last, means host-only; curl skips it",
               numbered("domain-doubled", 5)),
    Difference("tough", "5.6.3", "an empty Domain, being the last, means host-only; tough-cookie "
               "skips it, as RFC 6265 did", numbered("domain-doubled", 5)),
    Difference("curl", "5.6", "a value over 1024 octets is ignored, so the Path before it counts; "
               "curl has no such limit", ("size-long-then-valid",)),
    Difference("tough", "5.6", "a value over 1024 octets is ignored, so the Path before it counts; "
               "tough-cookie has no such limit", ("size-long-then-valid",)),
    Difference("curl", "5.7", "__Host- and __Secure- need Secure; now they have it", HEALED,
               schemes=("https",)),
    Difference("tough", "5.7", "__Host- and __Secure- need Secure; now they have it", HEALED,
               schemes=("https",)),
    Difference("curl", "5.6.5", "Secure=x is Secure, so over plain HTTP browsers refuse the cookie "
               "either way; curl sees no Secure until it is the bare word",
               ("flag-value", "flag-value-false", "flag-value-self", "flag-value-equals"),
               schemes=("http",)),
)


def expected(jar, case_id, scheme):
    """The entry for a jar, a case and a scheme, or None."""
    for entry in DIFFERENCES:
        if entry.jar == jar and case_id in entry.cases and scheme in entry.schemes:
            return entry
    return None
