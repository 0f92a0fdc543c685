"""What the promises say of a line before and after enforcement, asked of the bytes themselves.

This does not compute what the line should become: it cuts both lines at ';' and asks questions.
"""

KNOWN = ("expires", "max-age", "domain", "path", "samesite", "secure", "httponly", "partitioned")
FLAGS = ("secure", "httponly", "partitioned")
BLANKS = b" \t"


def cut(line):
    """Return the name=value pair and the attributes as they stand between the ';'."""
    pair, *attributes = line.split(b";")
    return pair, attributes


def name_of(attribute):
    """The name of an attribute in lower case (empty if it has none)."""
    return attribute.partition(b"=")[0].strip(BLANKS).lower().decode("latin-1")


def value_of(attribute):
    """The value of an attribute without the blanks around it."""
    return attribute.partition(b"=")[2].strip(BLANKS)


def names(line):
    """The names of all attributes, in order."""
    return [name_of(attribute) for attribute in cut(line)[1]]


def counts(attribute):
    """Tell whether a browser looks at an attribute at all: 5.6 ignores those over 1024 octets."""
    return len(value_of(attribute)) <= 1024


def same_site(line):
    """The SameSite word that a browser takes (the last one), in lower case, or None."""
    words = [value_of(a).lower() for a in cut(line)[1] if name_of(a) == "samesite"]
    return words[-1].decode("latin-1") if words and words[-1] in (b"strict", b"lax", b"none") else None


def others(line):
    """The attributes that no browser knows, with their bytes; empty ones aside."""
    return [a for a in cut(line)[1] if a.strip(BLANKS) and name_of(a) not in KNOWN]


def is_subsequence(part, whole):
    """Tell whether all of part stands in whole, in this order."""
    rest = iter(whole)
    return all(item in rest for item in part)


def broken_promises(case, before, after, over_tls):
    """Return a sentence for each promise that the line breaks; none if all is well."""
    if {"complete", "ignored"} & case.kinds:
        return [] if before == after else [
            f"{'keep-exact' if 'complete' in case.kinds else 'ignored'}: bytes changed"]
    broken = []
    (pair, given), (new_pair, left) = cut(before), cut(after)
    if new_pair != pair:
        broken.append("keep-value: the pair changed")
    for name in KNOWN:
        if names(after).count(name) > 1:
            broken.append(f"once: {name} stands {names(after).count(name)} times")
    for attribute in left:
        if name_of(attribute) in FLAGS and b"=" in attribute and counts(attribute):
            broken.append(f"once: {attribute!r} is no bare word")
    if others(after) != others(before):
        broken.append(f"keep-rest: {others(before)} became {others(after)}")
    kept = [a for a in left if name_of(a) in KNOWN and name_of(a) not in (*FLAGS, "samesite")]
    if not is_subsequence(kept, given):
        broken.append(f"keep-value: {kept} are not the bytes that came")
    return broken + _broken_demands(case, before, after, over_tls)


def _broken_demands(case, before, after, over_tls):
    """The built-in rule: Secure over TLS, HttpOnly and SameSite, less what the case lifts."""
    broken = []
    if over_tls != ("secure" in names(after)) and (over_tls or "secure" not in names(before)):
        broken.append("never-harm: Secure on plain http" if not over_tls else "Secure is missing")
    if ("httponly" in names(after)) != ("script" not in case.kinds or "httponly" in names(before)):
        broken.append("HttpOnly " + ("was added" if "script" in case.kinds else "is missing"))
    word = same_site(after)
    if same_site(before) is not None and word != same_site(before):
        broken.append(f"never-weaken: SameSite became {word}")
    if same_site(before) is None and word != (None if "signon" in case.kinds else "lax"):
        broken.append(f"SameSite is {word}")
    if "strict" in case.kinds and word != "strict":
        broken.append("never-weaken: Strict did not stay")
    return broken
