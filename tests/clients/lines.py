"""The table of Set-Cookie lines that real clients judge.

Every case is one line as an application might send it. None of them was taken from what the
module makes of it: they come from the parse and storage rules of RFC 6265bis and from the forms
that real software sends. A case says what kind of line it is only where the kind follows from
those rules:

complete  satisfies the built-in rule (Secure, HttpOnly, a valid SameSite, each once, flags bare):
          must leave byte for byte as it came
ignored   a browser ignores the whole line: must pass unchanged
strict    says SameSite=Strict: must still say so
script    scripts must read it: HttpOnly must not be added
signon    returns by a cross-site POST: SameSite must not be added
"""

from typing import NamedTuple, Optional

HOST = "app.example.test"


class Case(NamedTuple):
    """One line, the request that fetches it, and what the rules say of its kind."""

    id: str
    line: bytes
    note: str
    host: str = HOST
    path: str = "/"
    kinds: frozenset = frozenset()
    # A line stored before this one: a deletion judged on an empty jar would prove nothing.
    first: Optional[bytes] = None


CASES = []


def add(case_id, line, note, kinds="", **facts):
    """Append a case; text is sent as UTF-8, bytes as they are."""
    def to_bytes(text):
        return text if isinstance(text, (bytes, type(None))) else text.encode()
    CASES.append(Case(case_id, to_bytes(line), note, kinds=frozenset(kinds.split()),
                      first=to_bytes(facts.pop("first", None)), **facts))


def add_all(prefix, note, *lines, kinds="", **facts):
    """Append lines that differ in one thing only, numbered."""
    for number, line in enumerate(lines, 1):
        add(f"{prefix}-{number}", line, note, kinds, **facts)


FULL = "; Secure; HttpOnly; SameSite=Lax"

# --- The name=value pair (5.6 steps 1 to 5) -------------------------------------------------------

add("pair-plain", "a=b", "the shortest useful line")
add("pair-one-letter-each", "a=1; Path=/", "one attribute")
add("pair-empty-value", "a=", "an empty value")
add("pair-empty-value-attributes", "a=; Path=/", "an empty value with an attribute")
add("pair-no-equals", "justvalue", "no '=': a nameless cookie")
add("pair-no-equals-attributes", "justvalue; Path=/", "nameless with an attribute")
add("pair-empty-name", "=value", "an empty name")
add("pair-empty-name-blanks", " = value; Path=/", "an empty name in blanks")
add("pair-only-equals", "=", "empty name and value", "ignored")
add("pair-only-equals-attributes", "=; Path=/", "empty name and value with attribute", "ignored")
add("pair-only-blanks-equals", "  =  ; Path=/", "blanks trim to nothing", "ignored")
add("pair-only-attributes", "; Path=/; Secure", "empty pair before the first ';'", "ignored")
add("pair-equals-in-value", "a=b=c=d", "only the first '=' splits")
add("pair-equals-first-in-value", "a==b", "value begins with '='")
add("pair-value-only-equals", "a====", "a value of '=' alone")
add("pair-base64-padding", "tok=c2VjcmV0IHZhbHVlIQ==; Path=/", "base64 padding at the end")
add("pair-base64-then-nothing", "tok=YQ==", "base64 padding ends the line")
add("pair-base64url", "tok=-_Zm9vYmFy-_; Path=/", "base64url")
add("pair-blank-before-name", "  a=b", "leading blanks trimmed")
add("pair-tab-before-name", "\ta=b; Path=/", "a leading tab trimmed")
add("pair-blank-around-equals", "a = b; Path=/", "blanks round '='")
add("pair-tab-around-equals", "a\t=\tb; Path=/", "tabs round '='")
add("pair-blank-before-semicolon", "a=b ; Path=/", "blank before ';'")
add("pair-tab-before-semicolon", "a=b\t; Path=/", "tab before ';'")
add("pair-blanks-inside", "a=one two  three; Path=/", "blanks inside the value")
add("pair-blank-in-name", "a b=c; Path=/", "blank inside the name")
add("pair-tab-inside", "a=one\ttwo; Path=/", "a tab inside the value")
add("pair-tab-in-name", "a\tb=c; Path=/", "a tab inside the name")
add("pair-trailing-blanks", "a=b   ", "trailing blanks")
add("pair-quoted", 'a="b"; Path=/', "quotes are part of the value")
add("pair-quoted-empty", 'a=""; Path=/', "two quotes only")
add("pair-quoted-blanks", 'a="one two"; Path=/', "a blank in quotes")
add("pair-quoted-comma", 'a="one,two"; Path=/', "a comma in quotes")
add("pair-quoted-semicolon", 'a="one;two"; Path=/', "quotes do not protect ';'")
add("pair-quoted-secure", 'a="x; Secure"; Path=/', "a flag that quotes seem to hide")
add("pair-quoted-escapes", r'a="say \"hi\""; Path=/', "backslash escapes")
add("pair-quoted-equals", 'a="k=v"; Path=/', "'=' in quotes")
add("pair-quote-unclosed", 'a="b; Path=/', "an unclosed quote")
add("pair-quote-last", 'a=b"; Path=/', "a stray quote")
add("pair-quoted-name", '"a"=b; Path=/', "a quoted name")
add("pair-comma", "a=1,2,3; Path=/", "commas in the value")
add("pair-comma-like-two", "a=b, c=d; Path=/", "looks like two cookies, is one")
add("pair-comma-first", "a=,b; Path=/", "value begins with a comma")
add("pair-json", 'prefs={"theme":"dark","size":12}; Path=/', "JSON as it is")
add("pair-json-nested", 'cart={"items":[{"id":7,"n":2},{"id":9,"n":1}]}; Path=/', "nested JSON")
add("pair-json-url-encoded", "prefs=%7B%22theme%22%3A%22dark%22%7D; Path=/", "JSON, encoded")
add("pair-percent-semicolon", "a=one%3Btwo; Path=/", "an encoded ';' stays encoded")
add("pair-percent-bad", "a=100%; Path=/", "a lone percent sign")
add("pair-percent-secure", "a=x%3B%20Secure; Path=/", "an encoded '; Secure' is value")
add("pair-plus", "a=one+two; Path=/", "plus signs")
add("pair-colon-dot", "sid=s:abc.DEF/ghi; Path=/", "colon, dot and slash")
add("pair-pipes", "_ut=1|2|3|4|5; Path=/", "pipes")
add("pair-braces-name", "{a}=b; Path=/", "separators in the name")
add("pair-brackets-name", "user[name]=anna; Path=/", "PHP's array names")
add("pair-dollar-name", "$Version=1; Path=/", "RFC 2965's reserved name")
add("pair-dollar-path-name", "$Path=x; Path=/", "another reserved name")
add("pair-name-secure", "Secure=1; Path=/", "a cookie named Secure")
add("pair-name-httponly", "HttpOnly=yes; Path=/", "a cookie named HttpOnly")
add("pair-name-samesite", "SameSite=Lax; Path=/", "a cookie named SameSite")
add("pair-name-path", "path=/elsewhere; Path=/", "a cookie named path")
add("pair-name-domain", "Domain=example.test; Path=/", "a cookie named Domain")
add("pair-name-expires", "Expires=never; Path=/", "a cookie named Expires")
add("pair-name-max-age", "Max-Age=60; Path=/", "a cookie named Max-Age")
add("pair-name-secure-bare", "Secure", "a nameless cookie with the value Secure")
add("pair-value-secure", "a=Secure; Path=/", "a value that reads like a flag")
add("pair-value-like-attribute", "a=SameSite=Strict; Path=/", "a value that reads like an attribute")
add("pair-value-httponly-url", "a=/x?HttpOnly&Secure; Path=/", "a value holding flags' names")
add("pair-name-case", "SeSsIoN=A; Path=/", "names are case-sensitive")
add("pair-name-digits", "0123=4; Path=/", "a name of digits")
add("pair-name-punctuation", "!#$%&'*+-.^_`|~=x; Path=/", "every token punctuation")
add("pair-name-hyphen", "-=x; Path=/", "a hyphen for a name")
add("pair-name-long", "n" * 300 + "=1; Path=/", "a name of 300 bytes")
add("pair-value-all-octets", "a=!#$%&'()*+-./0123456789:<=>?@AZ[]^_`az{|}~; Path=/",
    "every cookie-octet kind")
add("pair-backslash", r"a=c:\temp\x; Path=/", "backslashes")
add("pair-html", "a=<b>x</b>; Path=/", "markup")
add("pair-jwt", "jwt=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLWhlcmU; Path=/", "a JWT")
add("pair-uuid", "rid={6F9619FF-8B86-D011-B42D-00CF4FC964FF}; Path=/", "a GUID in braces")
add("pair-url-value", "next=https://app.example.test/a?b=c&d=e#f; Path=/", "a URL")
add("pair-semicolon-only-end", "a=b;", "a ';' ends the line")
add("pair-semicolons-end", "a=b;;; ;", "several ';' end the line")
add("pair-no-blank", "a=b;Path=/;Domain=example.test", "no blanks after ';'")
add("pair-many-blanks", "a=b;    Path=/;\t\tDomain=example.test", "blanks and tabs after ';'")

# --- Bytes over 0x7F and control characters -------------------------------------------------------

add("bytes-utf8-value", "city=Zürich; Path=/", "UTF-8 in the value")
add("bytes-utf8-japanese", "user=日本語; Path=/", "three-byte UTF-8")
add("bytes-utf8-emoji", "mood=🍪; Path=/", "four-byte UTF-8")
add("bytes-utf8-name", "größe=12; Path=/", "UTF-8 in the name")
add("bytes-latin1-value", b"city=Z\xfcrich; Path=/", "Latin-1 in the value")
add("bytes-nbsp-before-name", b"\xc2\xa0a=b; Path=/", "a no-break space is not trimmed")
add("bytes-nbsp-after-value", b"a=b\xc2\xa0; Path=/", "a no-break space ends the value")
add("bytes-nel-in-attribute", b"a=b; \xc2\x85Secure; Path=/", "a C1 control before a flag")
add("bytes-utf8-attribute", "a=b; Größe=L; Path=/", "UTF-8 in an unknown attribute")
add("bytes-utf8-path", "a=b; Path=/straße", "UTF-8 in Path")
add("bytes-high-all", b"a=" + bytes(range(0xA1, 0x100)) + b"; Path=/", "bytes 0xA1 to 0xFF")
add("bytes-bom", b"\xef\xbb\xbfa=b; Path=/", "a byte order mark before the name")
add("bytes-domain-utf8", "a=b; Domain=bücher.example.test", "a Domain that is not ASCII")
for _code in (0x01, 0x07, 0x08, 0x0B, 0x0C, 0x0E, 0x1B, 0x1F, 0x7F):
    add(f"ctl-{_code:02x}-value", b"a=x" + bytes([_code]) + b"y; Path=/",
        "a control character in the value", "ignored")
add("ctl-01-name", b"a\x01b=c; Path=/", "a control character in the name", "ignored")
add("ctl-01-attribute", b"a=b; Pa\x01th=/", "a control character in an attribute", "ignored")
add("ctl-7f-unknown", b"a=b; Path=/; X=\x7f", "DEL in an unknown attribute", "ignored")
add("ctl-last-byte", b"a=b; Path=/\x02", "a control character as the last byte", "ignored")

# --- Flags ----------------------------------------------------------------------------------------

add("flag-secure", "a=b; Secure", "Secure alone")
add("flag-httponly", "a=b; HttpOnly", "HttpOnly alone")
add("flag-both", "a=b; Secure; HttpOnly", "both flags")
add("flag-both-path", "a=b; Path=/; HttpOnly; Secure", "both flags after Path")
add_all("flag-case", "letter case of flags",
        "a=b; secure", "a=b; SECURE", "a=b; sEcUrE; hTtPoNlY", "a=b; httponly; Path=/",
        "a=b; HTTPONLY; Path=/", "a=b; HttpOnLy; secure; Path=/")
add("flag-value", "a=b; Secure=true; Path=/", "Secure with a value")
add("flag-value-false", "a=b; Secure=false; HttpOnly=false; Path=/", "a value says nothing")
add("flag-value-zero", "a=b; HttpOnly=0; Path=/", "HttpOnly with a value")
add("flag-value-empty", "a=b; Secure=; HttpOnly=; Path=/", "flags with '=' only")
add("flag-value-self", "a=b; Secure=Secure; HttpOnly=HttpOnly", "flags named twice over")
add("flag-value-equals", "a=b; Secure==; Path=/", "a flag with '=='")
add("flag-value-then-bare", "a=b; Secure=x; Secure; Path=/", "a flag with a value, then bare")
add("flag-bare-then-value", "a=b; HttpOnly; HttpOnly=1; Path=/", "a bare flag, then with a value")
add("flag-doubled", "a=b; Secure; Secure", "Secure twice")
add("flag-doubled-case", "a=b; secure; Path=/; SECURE; HttpOnly; httponly", "doubled, other case")
add("flag-doubled-full", "a=b; Secure; HttpOnly; SameSite=Lax; Secure; HttpOnly",
    "all there, flags doubled")
add("flag-thrice", "a=b; HttpOnly; HttpOnly; HttpOnly; Path=/", "HttpOnly three times")
add("flag-blank-inside", "a=b; Http Only; Path=/", "an unknown attribute that looks like a flag")
add("flag-similar", "a=b; securely=1; Path=/", "begins like Secure")
add("flag-similar-suffix", "a=b; insecure; Path=/", "ends like Secure")
add("flag-similar-httponlyx", "a=b; HttpOnlyX; NotHttpOnly; Path=/", "near HttpOnly")
add("flag-similar-samesite", "a=b; SameSites=Strict; Same-Site=Lax; Path=/", "near SameSite")
add("flag-hyphen", "a=b; Http-Only; Path=/", "a hyphen makes it another attribute")
add("flag-comma", "a=b; Secure, HttpOnly; Path=/", "a comma joins two flags to an unknown one")
add("flag-comma-php-ini", "a=b; HttpOnly,Secure", "a comma in the last attribute")
add("flag-quoted", 'a=b; "Secure"; Path=/', "a quoted flag is unknown")
add("flag-trailing-blank", "a=b; Secure ; HttpOnly\t; Path=/", "blanks after flags")
add("flag-two-blanks", "a=b;  Secure;  HttpOnly", "two blanks before flags")
add("flag-tab", "a=b;\tSecure;\tHttpOnly; Path=/", "tabs before flags")
add("flag-first", "a=b; HttpOnly; Secure; Domain=example.test; Path=/; Max-Age=600", "flags first")
add("flag-no-semicolon", "a=b Secure HttpOnly", "no ';' at all: value")

# --- Complete lines: byte for byte ----------------------------------------------------------------

add_all("complete", "satisfies the built-in rule", *[
    "a=b; Secure; HttpOnly; SameSite=Lax",
    "a=b; SameSite=Lax; HttpOnly; Secure",
    "a=b; Path=/; Secure; HttpOnly; SameSite=None",
    "a=b;Secure;HttpOnly;SameSite=Lax",
    "a=b;  secure;\thttponly ;  samesite=lax",
    "a=b; SECURE; HTTPONLY; SAMESITE=LAX; PATH=/",
    "a=b; Path=/; Domain=example.test; Secure; HttpOnly; SameSite=Lax",
    "a=b; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax",
    "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax",
    "a=b; Secure; Priority=High; HttpOnly; SameSite=Lax; X-Unknown=1",
    "a=; Secure; HttpOnly; SameSite=Lax",
    'a="q u o t e d"; Secure; HttpOnly; SameSite=Lax',
    "a=b==; Secure; HttpOnly; SameSite=Lax; Path=/",
    "  a = b ; Secure ; HttpOnly ; SameSite = Lax ",
    "a=b; Secure; HttpOnly; SameSite=None; Partitioned; Path=/",
    "__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Lax",
    "__Secure-a=b; Path=/app; Secure; HttpOnly; SameSite=None",
    "a=größe; Secure; HttpOnly; SameSite=Lax",
    "a=b; Secure; HttpOnly; SameSite=Lax; Comment=free; Version=1",
    "a=b; Path=/x; Max-Age=60; Expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax",
], kinds="complete")
add_all("complete-strict", "complete and strict", *[
    "a=b; Secure; HttpOnly; SameSite=Strict",
    "a=b; samesite=strict; secure; httponly; path=/",
    "a=b; SameSite=STRICT; Path=/; Secure; HttpOnly",
    "__Host-a=b; SameSite=Strict; Path=/; HttpOnly; Secure",
    "a=b;SameSite=Strict;Secure;HttpOnly;Path=/;Priority=Medium",
], kinds="complete strict")
add("complete-ajax", "_csrf=tok; Path=/; Secure; HttpOnly; SameSite=Strict",
    "Express csurf with everything", "complete strict")

# --- SameSite -------------------------------------------------------------------------------------

add_all("samesite", "valid words",
        "a=b; SameSite=Lax", "a=b; SameSite=None; Secure", "a=b; samesite=LAX; Path=/",
        "a=b; SameSite= Lax ; Path=/", "a=b; SameSite=lax; HttpOnly")
add_all("samesite-strict", "Strict in its spellings",
        "a=b; SameSite=Strict", "a=b; samesite=strict; Path=/", "a=b; SAMESITE=STRICT; HttpOnly",
        "a=b; SameSite = Strict; Secure", "a=b;SameSite=Strict;Path=/", kinds="strict")
add("samesite-none-insecure", "a=b; SameSite=None; Path=/", "None without Secure: browsers reject it")
add("samesite-none-httponly", "a=b; SameSite=None; HttpOnly; Path=/", "None without Secure, HttpOnly")
add_all("samesite-invalid", "anything else is Default",
        "a=b; SameSite=bogus; Path=/", "a=b; SameSite=; Path=/", "a=b; SameSite; Path=/",
        "a=b; SameSite=true; Path=/", "a=b; SameSite=Lax,Strict; Path=/",
        'a=b; SameSite="Strict"; Path=/', "a=b; SameSite=Default; Path=/",
        "a=b; SameSite=none-ish; Path=/", "a=b; SameSite==Lax; Path=/", "a=b; SameSite=Stric; Path=/")
add_all("samesite-doubled", "the last one wins",
        "a=b; SameSite=Strict; SameSite=Lax; Path=/", "a=b; SameSite=None; SameSite=Lax; Path=/",
        "a=b; SameSite=Lax; SameSite=Lax; Path=/", "a=b; SameSite=Strict; SameSite=bogus; Path=/")
add_all("samesite-doubled-strict", "the last one says Strict",
        "a=b; SameSite=Lax; SameSite=Strict; Path=/", "a=b; SameSite=bogus; SameSite=Strict; Secure",
        "a=b; SameSite=None; Path=/; samesite=strict; HttpOnly", kinds="strict")

# --- Max-Age --------------------------------------------------------------------------------------

add_all("max-age", "valid numbers",
        "a=b; Max-Age=1", "a=b; Max-Age=60; Path=/", "a=b; max-age=3600; Path=/",
        "a=b; MAX-AGE=86400", "a=b; Max-Age=31536000; Path=/", "a=b; Max-Age=34560000; Path=/",
        "a=b; Max-Age=0000120; Path=/", "a=b; Max-Age = 60 ; Path=/")
add_all("max-age-long", "over 400 days: kept, reduced by the browser",
        "a=b; Max-Age=34560001; Path=/", "a=b; Max-Age=63072000; Path=/",
        "a=b; Max-Age=315360000; Path=/", "a=b; Max-Age=2147483647; Path=/")
add_all("max-age-overflow", "numbers beyond 32 and 64 bits",
        "a=b; Max-Age=4294967296; Path=/", "a=b; Max-Age=99999999999; Path=/")
add_all("max-age-invalid", "ignored by rule",
        "a=b; Max-Age=abc; Path=/", "a=b; Max-Age=; Path=/", "a=b; Max-Age; Path=/",
        "a=b; Max-Age=12abc; Path=/", "a=b; Max-Age=1.5; Path=/", "a=b; Max-Age=+60; Path=/",
        'a=b; Max-Age="60"; Path=/', "a=b; Max-Age=1 000; Path=/", "a=b; Max-Age=-; Path=/",
        "a=b; Max-Age=0x10; Path=/", "a=b; Max-Age=1e3; Path=/", "a=b; Max-Age=--5; Path=/")
add_all("max-age-doubled", "the last one wins",
        "a=b; Max-Age=60; Max-Age=120; Path=/", "a=b; Max-Age=3600; Path=/; max-age=60",
        "a=b; Max-Age=60; Max-Age=60; Path=/", "a=b; Max-Age=120; Max-Age=abc; Path=/",
        "a=b; Max-Age=abc; Max-Age=120; Path=/")

# --- Expires --------------------------------------------------------------------------------------

add_all("expires", "date forms", *[f"a=b; Expires={date}; Path=/" for date in (
    "Fri, 01 Jan 2038 00:00:00 GMT",
    "Fri, 01-Jan-2038 00:00:00 GMT",
    "Friday, 01-Jan-38 00:00:00 GMT",
    "Fri, 01-Jan-38 00:00:00 GMT",
    "Fri Jan  1 00:00:00 2038",
    "Fri Jan 01 2038 00:00:00 GMT",
    "Fri Jan 01 2038 00:00:00 GMT+0100 (CET)",
    "Fri, 1 Jan 2038 00:00:00 GMT",
    "Fri, 01 Jan 2038 00:00:00 UTC",
    "Fri, 01 Jan 2038 00:00:00",
    "Fri, 01 Jan 2038 0:0:0 GMT",
    "Fri, 01 Jan 2038 23:59:59 GMT",
    "01 Jan 2038 00:00:00 GMT",
    "1 Jan 2038 12:34:56",
    "fri, 01 jan 2038 00:00:00 gmt",
    "FRI, 01 JAN 2038 00:00:00 GMT",
    "Fri, 01 January 2038 00:00:00 GMT",
    "Thu, 31-Dec-2037 23:55:55 GMT",
    "Thu, 31 Dec 2037 23:55:55 GMT",
    "Tue, 19 Jan 2038 03:14:07 GMT",
    "Tue, 19 Jan 2038 03:14:08 GMT",
    "Sat, 29 Feb 2036 10:00:00 GMT",
    "Mon, 01 Jan 2035 00:00:00 -0000",
    "Mon, 01 Jan 2035 00:00:00 +0000",
    "Fri,01 Jan 2038 00:00:00 GMT",
    "Fri,  01  Jan  2038  00:00:00  GMT",
    '"Fri, 01 Jan 2038 00:00:00 GMT"',
    "Wrong, 01 Jan 2038 00:00:00 GMT",
    "Mon, 01 Jan 2038 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Sat, 01 Jan 2300 00:00:00 GMT",
)])
add_all("expires-lenient", "only the lenient algorithm of 5.1.1 reads these", *[
    f"a=b; Expires={date}; Path=/" for date in (
        "2038 Jan 01 00:00:00",
        "00:00:00 01 Jan 2038",
        "Jan 1 2038 00:00:00",
        "Fri 01.Jan.2038 00:00:00",
        "01/Jan/2038 00:00:00 GMT",
        "Fri, 01 Jan 2038 00:00:00Z",
        "Fri, 01 Jan 69 00:00:00 GMT",
        "Fri, 01st Jan 2038 00:00:00 GMT",
    )])
add_all("expires-invalid", "unparsable: ignored by rule", *[
    f"a=b; Expires={date}; Path=/" for date in (
        "garbage",
        "",
        "never",
        "session",
        "0",
        "-1",
        "1893456000",
        "2038-01-01",
        "2038-01-01T00:00:00Z",
        "Fri, 32 Jan 2038 00:00:00 GMT",
        "Fri, 01 Foo 2038 00:00:00 GMT",
        "Fri, 01 Jan 2038 24:00:00 GMT",
        "Fri, 01 Jan 2038 00:60:00 GMT",
        "Fri, 01 Jan 2038",
        "Fri, 01 Jan 00:00:00 GMT",
        "Thu, 30 Feb 2035 00:00:00 GMT",
        "Fri, 01 Jan 1600 00:00:00 GMT",
    )])
add("expires-bare", "a=b; Expires; Path=/", "Expires without a value")
add("expires-case", "a=b; eXpIrEs=Fri, 01 Jan 2038 00:00:00 GMT; Path=/", "letter case")
add("expires-and-max-age", "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=600; Path=/",
    "Max-Age beats Expires")
add("expires-after-max-age", "a=b; Max-Age=600; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/",
    "whatever the order")
add("expires-past-max-age-future", "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=600; Path=/",
    "a future Max-Age beats a past Expires")
add("expires-and-bad-max-age", "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=x; Path=/",
    "an ignored Max-Age beats nothing")
add_all("expires-doubled", "the last one wins",
        "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Expires=Mon, 01 Jan 2035 00:00:00 GMT",
        "a=b; Expires=garbage; Expires=Mon, 01 Jan 2035 00:00:00 GMT; Path=/",
        "a=b; Expires=Mon, 01 Jan 2035 00:00:00 GMT; Path=/; Expires=garbage",
        "a=b; Expires=Mon, 01 Jan 2035 00:00:00 GMT; expires=Mon, 01 Jan 2035 00:00:00 GMT")

# --- Domain ---------------------------------------------------------------------------------------

add_all("domain", "accepted",
        "a=b; Domain=example.test", "a=b; Domain=.example.test; Path=/",
        "a=b; Domain=app.example.test", "a=b; Domain=.app.example.test; Path=/",
        "a=b; domain=EXAMPLE.TEST", "a=b; DOMAIN=.Example.Test; Path=/",
        "a=b; Domain= example.test ; Path=/")
add_all("domain-refused", "the browser refuses them",
        "a=b; Domain=other.test", "a=b; Domain=deep.app.example.test", "a=b; Domain=test",
        "a=b; Domain=xexample.test; Path=/", "a=b; Domain=..example.test; Path=/",
        "a=b; Domain=example.test.; Path=/", "a=b; Domain=example.test:443; Path=/",
        "a=b; Domain=https://example.test; Path=/", 'a=b; Domain="example.test"; Path=/',
        "a=b; Domain=example.test/app; Path=/", "a=b; Domain=localhost; Path=/",
        "a=b; Domain=127.0.0.1; Path=/", "a=b; Domain=.; Path=/", "a=b; Domain=.test; Path=/")
add_all("domain-empty", "no Domain: host-only",
        "a=b; Domain=; Path=/", "a=b; Domain; Path=/", "a=b; Domain= ; Path=/")
add_all("domain-doubled", "the last one wins",
        "a=b; Domain=example.test; Domain=app.example.test; Path=/",
        "a=b; Domain=app.example.test; Domain=example.test; Path=/",
        "a=b; Domain=example.test; domain=.example.test; Path=/",
        "a=b; Domain=other.test; Domain=example.test; Path=/",
        "a=b; Domain=example.test; Domain=; Path=/")
add("domain-ip-host", "a=b; Path=/", "an IP address as host", host="127.0.0.1")
add("domain-ip-same", "a=b; Domain=127.0.0.1; Path=/", "Domain equal to the IP", host="127.0.0.1")
add("domain-ip-suffix", "a=b; Domain=0.0.1; Path=/", "an IP's tail never matches", host="127.0.0.1")
add("domain-single-label", "a=b; Path=/", "a host of one label", host="intranet")
add("domain-single-label-named", "a=b; Domain=intranet; Path=/", "naming that label", host="intranet")
add("domain-deep-host", "a=b; Domain=example.test", "two labels above", host="a.b.c.example.test")
add("domain-deep-middle", "a=b; Domain=.c.example.test", "one above", host="a.b.c.example.test")
add("domain-punycode", "a=b; Domain=xn--bcher-kva.test; Path=/", "an A-label",
    host="www.xn--bcher-kva.test")
add("domain-public-suffix", "a=b; Domain=co.uk; Path=/", "a public suffix", host="www.shop.co.uk")
add("domain-registrable", "a=b; Domain=shop.co.uk; Path=/", "just below one", host="www.shop.co.uk")
add("domain-upper-host", "a=b; Domain=Example.Test; Path=/app", "case and a path", path="/app/x")

# --- Path -----------------------------------------------------------------------------------------

add_all("path", "forms of Path at /shop/cart/view",
        "a=b", "a=b; Path=/", "a=b; Path=/shop", "a=b; Path=/shop/", "a=b; path=/shop/cart",
        "a=b; PATH=/shop/cart/view", "a=b; Path= /shop ; HttpOnly", "a=b; Path=/SHOP",
        "a=b; Path=/other", "a=b; Path=/shop//cart", "a=b; Path=/shop/../x", "a=b; Path=/a b",
        "a=b; Path=/a,b", "a=b; Path=/a=b", "a=b; Path=/%7Euser", "a=b; Path=/shop?x=1",
        "a=b; Path=/shop#x", path="/shop/cart/view")
add_all("path-default", "empty or not beginning with '/': the default path",
        "a=b; Path=", "a=b; Path", "a=b; Path=shop", "a=b; Path=./", 'a=b; Path="/"',
        'a=b; Path="/shop"', "a=b; Path=http://app.example.test/", "a=b; Path=\\shop",
        path="/shop/cart/view")
add_all("path-doubled", "the last one wins",
        "a=b; Path=/; Path=/shop", "a=b; Path=/shop; Path=/", "a=b; Path=/; path=/; HttpOnly",
        "a=b; Path=/shop; Path=bogus", "a=b; Path=bogus; Path=/shop", "a=b; Path=/shop; Path=",
        path="/shop/cart/view")
add("path-default-root", "a=b", "default path of a file below the root", path="/index.html")
add("path-default-dir", "a=b; HttpOnly", "default path of a directory", path="/app/")
add("path-default-encoded", "a=b; Max-Age=60", "an encoded request path", path="/a%20b/c")
add("path-long", "a=b; Path=/" + "p" * 900, "900 bytes of Path")

# --- Attributes nobody knows, and empty ones ------------------------------------------------------

add_all("unknown", "survive in their place",
        "a=b; Priority=High; Path=/", "a=b; Priority=Low", "a=b; Path=/; Priority=Medium; HttpOnly",
        "a=b; Comment=why not; Path=/", "a=b; Version=1; Path=/", "a=b; Discard; Path=/",
        'a=b; CommentURL="http://x.test/"; Path=/', 'a=b; Port="443"; Path=/',
        "a=b; SameParty; Secure; Path=/", "a=b; X; Y; Z", "a=b; X=1; X=2; Path=/",
        "a=b; foo=; Path=/", "a=b; =bar; Path=/", "a=b; =; Path=/", "a=b; X=Secure; Path=/",
        "a=b; note=HttpOnly SameSite=Strict; Path=/", "a=b; c=d; e=f; Path=/",
        "a=b; Partition=x; Path=/", "a=b; X=a=b=c; Path=/", 'a=b; X="q;q"; Path=/')
add_all("empty", "empty attributes",
        "a=b;; Path=/", "a=b; ; Path=/", "a=b; ;; ; Secure", "a=b;\t;Path=/", "a=b;;;;;;;;HttpOnly")
add("partitioned", "a=b; Secure; SameSite=None; Partitioned; Path=/", "CHIPS")
add("partitioned-insecure", "a=b; Partitioned; Path=/", "Partitioned without Secure")
add("partitioned-case", "a=b; PARTITIONED; Secure; Path=/", "letter case")
add("partitioned-value", "a=b; Partitioned=1; Secure; Path=/", "a flag with a value")
add("partitioned-doubled", "a=b; Secure; Partitioned; Partitioned; Path=/", "twice")

# --- Prefixes -------------------------------------------------------------------------------------

add("prefix-host", "__Host-a=b; Secure; Path=/", "as it should be")
add("prefix-host-httponly", "__Host-a=b; HttpOnly; Secure; Path=/", "with HttpOnly")
add("prefix-host-insecure", "__Host-a=b; Path=/", "lacks Secure: browsers refuse it")
add("prefix-host-no-path", "__Host-a=b; Secure", "lacks Path", path="/shop/cart")
add("prefix-host-other-path", "__Host-a=b; Secure; Path=/app", "another Path", path="/app/x")
add("prefix-host-domain", "__Host-a=b; Secure; Path=/; Domain=example.test", "has a Domain")
add("prefix-host-domain-empty", "__Host-a=b; Secure; Path=/; Domain=", "an empty Domain")
add("prefix-host-case", "__hOsT-a=b; Secure; Path=/", "letter case")
add("prefix-secure", "__Secure-a=b; Secure; Path=/", "as it should be")
add("prefix-secure-domain", "__Secure-a=b; Secure; Domain=example.test", "with a Domain")
add("prefix-secure-insecure", "__Secure-a=b; Path=/", "lacks Secure: browsers refuse it")
add("prefix-secure-case", "__SECURE-a=b; Secure; Path=/", "letter case")
add("prefix-http", "__Http-a=b; Secure; HttpOnly; Path=/", "a newer prefix")
add("prefix-http-scriptable", "__Http-a=b; Secure; Path=/", "lacks HttpOnly")
add("prefix-host-http", "__Host-Http-a=b; Secure; HttpOnly; Path=/", "the other newer prefix")
add("prefix-value-host", "=__Host-a; Secure; Path=/", "a nameless value with a prefix")
add("prefix-almost", "_Host-a=b; __Host=c; Path=/", "not a prefix")
add("prefix-inside", "x__Host-a=b; Path=/", "a prefix that is not at the start")

# --- Sizes ----------------------------------------------------------------------------------------

add("size-4096", "n=" + "v" * 4095, "name and value: exactly 4096")
add("size-4096-path", "name=" + "v" * 4092 + "; Path=/", "exactly 4096 with an attribute")
add("size-4097", "n=" + "v" * 4096, "one more", "ignored")
add("size-4097-path", "name=" + "v" * 4093 + "; Path=/", "one more with an attribute", "ignored")
add("size-name-4097", "n" * 4096 + "=v; Path=/", "a name too long", "ignored")
add("size-nameless-4097", "v" * 4097 + "; Path=/", "a nameless value too long", "ignored")
add("size-6000", "n=" + "v" * 6000 + "; Path=/", "far too long", "ignored")
add("size-trimmed-4096", "n =" + " " * 200 + "v" * 4095 + "; Path=/", "blanks do not count")
add("size-near-5000", "n=" + "v" * 4000 + "; Path=/; X=" + "x" * 950, "a line just below 5000 bytes")
add("size-attributes-3000", "a=b; " + "; ".join(f"x{i}={'y' * 20}" for i in range(120)),
    "3000 bytes of attributes")
add("size-attributes-200", "a=b" + "; Secure" * 200, "two hundred flags")
add("size-attribute-1024", "a=b; Path=/" + "p" * 1023, "an attribute value of 1024 bytes")
add("size-attribute-1025", "a=b; Path=/" + "p" * 1024, "1025: that attribute is ignored")
add("size-unknown-1025", "a=b; X=" + "x" * 1025 + "; Path=/", "an unknown one too long")
add("size-domain-1025", "a=b; Domain=" + "d" * 1025 + "; Path=/", "a Domain too long is ignored")
add("size-samesite-1025", "a=b; SameSite=" + "s" * 1025 + "; Path=/", "a SameSite too long")
add("size-max-age-1025", "a=b; Max-Age=" + "1" * 1025 + "; Path=/", "a Max-Age too long is ignored")
add("size-secure-1025", "a=b; Secure=" + "s" * 1025 + "; Path=/", "a flag with a value too long")
add("size-long-then-valid", "a=b; Path=/x; Path=/" + "p" * 1024, "ignored, the one before counts")

# --- Cookies that scripts must read, and sign-on states -------------------------------------------

add_all("script", "double-submit cookies", *[
    "XSRF-TOKEN=eyJpdiI6Ik1.abc%3D; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=7200; path=/; samesite=lax",
    "XSRF-TOKEN=5e3b; Path=/; Secure; SameSite=Strict",
    "XSRF-TOKEN=abc; Path=/",
    "csrftoken=9hN1kzTq; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax",
    "_xsrf=2|7586b241|47c876d965112a2f547c63c95cbc44b1|1595432129; Path=/",
    "wp-settings-1=libraryContent%3Dbrowse%26editor%3Dtinymce; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=31536000; path=/",
    "wp-settings-time-1=1700000000; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=31536000; path=/",
    "pma_lang=de; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=2592000; path=/phpmyadmin/; SameSite=Strict",
], kinds="script")
add("script-name-case", "xsrf-token=abc; Path=/", "names are case-sensitive: not in the table")
add("script-name-longer", "XSRF-TOKEN2=abc; Path=/", "not that name")
add_all("signon", "states that return by POST", *[
    "mod_auth_openidc_state_Xy12=eyJhbGciOiJkaXIifQ..abc; Path=/; Secure; HttpOnly",
    "_shibstate_1700000000_ab12=https%3A%2F%2Fapp.example.test%2F; path=/; secure; HttpOnly",
    "mellon-cookie=cookietest; Version=1; Path=/; Domain=app.example.test; HttpOnly; secure",
], kinds="signon")

# --- What real software sends ---------------------------------------------------------------------

SOFTWARE = {
    "php-session": "PHPSESSID=k9r3gq1h2v4c5b6n7m8l9k0j1h; path=/",
    "php-session-httponly": "PHPSESSID=k9r3gq1h2v4c5b6n7m8l9k0j1h; path=/; HttpOnly",
    "php-session-full": "PHPSESSID=k9r3gq1h2v4c5b6n7m8l9k0j1h; path=/; domain=example.test; secure; HttpOnly; SameSite=Lax",
    "php-setcookie": "lang=de; expires=Fri, 01-Jan-2038 00:00:00 GMT; Max-Age=31536000; path=/; domain=.example.test",
    "php-setcookie-old": "lang=de; expires=Fri, 01-Jan-2038 00:00:00 GMT",
    "php-setrawcookie": "raw=a b%20c; path=/app",
    "laravel-session": "laravel_session=eyJpdiI6IkFCQyIsInZhbHVlIjoiWFlaIiwibWFjIjoiMTIzIn0%3D; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=7200; path=/; httponly; samesite=lax",
    "symfony-remember": "REMEMBERME=QXBwXEVudGl0eVxVc2Vy%3AYW5uYQ%3D%3D; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=604800; path=/; httponly; samesite=lax",
    "wordpress-test": "wordpress_test_cookie=WP%20Cookie%20check; path=/",
    "wordpress-auth": "wordpress_sec_0123456789abcdef0123456789abcdef=anna%7C1700000000%7Cabc%7Cdef; path=/wp-admin; secure; HttpOnly",
    "wordpress-logged-in": "wordpress_logged_in_0123456789abcdef0123456789abcdef=anna%7C1700000000%7Cabc; expires=Fri, 01 Jan 2038 12:00:00 GMT; Max-Age=1252800; path=/; HttpOnly",
    "wordpress-postpass": "wp-postpass_0123=%24P%24BabcDEF; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=864000; path=/",
    "wordpress-comment": "comment_author_0123=Anna; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=30000000; path=/",
    "woocommerce-hash": "woocommerce_cart_hash=0123abcd; path=/",
    "woocommerce-session": "wp_woocommerce_session_0123=t_abc%7C%7C1700000000%7C%7C1699999999%7C%7Cdef; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=172800; path=/; secure; HttpOnly",
    "drupal-session": "SSESS0123456789abcdef0123456789abcdef=abc%2Cdef; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=2000000; path=/; domain=.example.test; secure; HttpOnly; SameSite=Lax",
    "drupal-plain": "SESS0123456789abcdef0123456789abcdef=abc; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/; domain=.example.test; HttpOnly",
    "drupal-visitor": "Drupal.visitor.name=Anna; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/",
    "joomla": "0123456789abcdef0123456789abcdef=fedcba9876543210; path=/; HttpOnly",
    "typo3": "fe_typo_user=0123456789abcdef; path=/; secure; HttpOnly; SameSite=lax",
    "magento-session": "PHPSESSID=abc; expires=Fri, 01-Jan-2038 00:00:00 GMT; Max-Age=3600; path=/; domain=app.example.test; secure; HttpOnly; SameSite=Lax",
    "magento-form-key": "form_key=AbCdEf0123; expires=Fri, 01-Jan-2038 00:00:00 GMT; Max-Age=3600; path=/; domain=app.example.test; SameSite=Lax",
    "magento-vary": "X-Magento-Vary=0123abc; expires=Fri, 01-Jan-2038 00:00:00 GMT; Max-Age=3600; path=/; HttpOnly",
    "mediawiki": "wikiUserID=7; expires=Fri, 01-Jan-2038 00:00:00 GMT; Max-Age=2592000; path=/; secure; httponly",
    "mediawiki-usemediawiki": "UseDC=master; expires=Fri, 01-Jan-2038 00:00:00 GMT; Max-Age=10; path=/; httponly",
    "dokuwiki": "DokuWiki=abc123; path=/wiki/; HttpOnly",
    "dokuwiki-auth": "DW68700bfd16c2027de7de74a5a8202a6f=YW5uYQ%3D%3D%7C1%7Cabc; path=/wiki/; secure; HttpOnly; SameSite=Lax",
    "nextcloud-strict": "__Host-nc_sameSiteCookiestrict=true; path=/; httponly;secure; expires=Fri, 31-Dec-2100 23:59:59 GMT; SameSite=strict",
    "nextcloud-lax": "__Host-nc_sameSiteCookielax=true; path=/; httponly;secure; expires=Fri, 31-Dec-2100 23:59:59 GMT; SameSite=lax",
    "nextcloud-session": "oc_sessionPassphrase=Abc%2Fdef%3D; path=/; secure; HttpOnly; SameSite=Lax",
    "phpbb": "phpbb3_ab12_sid=0123456789abcdef; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/; domain=.example.test; HttpOnly",
    "phpmyadmin": "phpMyAdmin=abc123; path=/phpmyadmin/; HttpOnly; SameSite=Strict",
    "moodle": "MoodleSession=abc123; path=/; secure",
    "roundcube": "roundcube_sessid=abc123; path=/; HttpOnly",
    "tomcat": "JSESSIONID=0123456789ABCDEF0123456789ABCDEF; Path=/; HttpOnly",
    "tomcat-context": "JSESSIONID=0123456789ABCDEF0123456789ABCDEF; Path=/manager; Secure; HttpOnly",
    "tomcat-jvmroute": "JSESSIONID=0123456789ABCDEF0123456789ABCDEF.node1; Path=/app/; HttpOnly",
    "tomcat-version1": 'prefs="a b"; Version=1; Comment="two words"; Path=/',
    "tomcat-sso": "JSESSIONIDSSO=0123456789ABCDEF; Path=/; HttpOnly",
    "jetty": "JSESSIONID=node01abcdefghij0.node0; Path=/",
    "jetty-expires": "JSESSIONID=node01abcdefghij0.node0;Path=/app;Expires=Fri, 01-Jan-2038 00:00:00 GMT;Max-Age=600;HttpOnly",
    "websphere": "JSESSIONID=0000abcDEFghi:-1; Path=/; HttpOnly",
    "websphere-ltpa": "LtpaToken2=AbCd+/efGH==; Path=/; Domain=.example.test; HttpOnly",
    "weblogic": "ADMINCONSOLESESSION=abc!-123456789!987654321; path=/; HttpOnly",
    "jenkins": "JSESSIONID.0a1b2c3d=node0abc.node0; Path=/; Secure; HttpOnly",
    "jenkins-screen": "screenResolution=1920x1080; Path=/",
    "spring-session": "SESSION=ODBmZGY2ZDItYzQ4Yy00; Path=/; HttpOnly; SameSite=Lax",
    "spring-remember-me": "remember-me=YW5uYToxNzAwMDAwMDAw; Max-Age=1209600; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/; HttpOnly",
    "flask-session": "session=eyJ1c2VyIjoiYW5uYSJ9.ZVxYzA.0123456789abcdefghijklmnopq; HttpOnly; Path=/",
    "flask-session-permanent": "session=.eJwlzjEO.ZVxYzA.abc; Expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; Path=/",
    "flask-remember": "remember_token=7|0123456789abcdef; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/",
    "werkzeug-quoted": r'msg="one\054 two"; Path=/',
    "django-session": "sessionid=x1y2z3; expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
    "django-messages": r'messages="[[\"__json_message\"\0540\05425\054\"Saved.\"]]:1abc:def"; HttpOnly; Path=/; SameSite=Lax',
    "django-language": "django_language=de; Path=/",
    "tornado-user": 'user="2|1:0|10:1700000000|4:user|8:YW5uYQ==|0123abcd"; expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/',
    "aiohttp": 'AIOHTTP_SESSION="gAAAAABl"; HttpOnly; Path=/',
    "cherrypy": "session_id=0123456789abcdef; expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=3600; Path=/",
    "pyramid-auth": "auth_tkt=0123456789abcdefYW5uYQ==!userid_type:b64unicode; Path=/; SameSite=Lax",
    "python-simplecookie": 'a="x y"; Comment=none; Path=/; Version=1',
    "express-session": "connect.sid=s%3Aabc-DEF.ghi%2FJKL%2B; Path=/; HttpOnly",
    "express-session-expires": "connect.sid=s%3Aabc.def; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; Secure",
    "express-cookie-json": "cart=j%3A%7B%22items%22%3A%5B1%2C2%5D%7D; Path=/",
    "cookie-session": "express:sess=eyJ2aWV3cyI6MX0=; path=/; httponly",
    "cookie-session-sig": "express:sess.sig=Abc_-def; path=/; httponly",
    "koa": "koa.sess=eyJfZXhwaXJlIjoxfQ==; path=/; expires=Fri, 01 Jan 2038 00:00:00 GMT; httponly",
    "next-auth-csrf": "__Host-next-auth.csrf-token=abc%7Cdef; Path=/; HttpOnly; Secure; SameSite=Lax",
    "next-auth-callback": "__Secure-next-auth.callback-url=https%3A%2F%2Fapp.example.test; Path=/; HttpOnly; Secure; SameSite=Lax",
    "next-auth-session": "next-auth.session-token=eyJ.abc; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; SameSite=Lax",
    "next-locale": "NEXT_LOCALE=de; Path=/; Max-Age=31536000; SameSite=Lax",
    "rails-session": "_app_session=YWJj--def%3D%3D; path=/; HttpOnly",
    "rails-session-lax": "_app_session=YWJj%2F--def; path=/; expires=Fri, 01 Jan 2038 00:00:00 GMT; secure; HttpOnly; SameSite=Lax",
    "rails-remember": "remember_user_token=W1sxXSwiYWJj--def; path=/; expires=Fri, 01 Jan 2038 00:00:00 -0000; HttpOnly",
    "rack": "rack.session=BAh7CEki%0A--abc; path=/; HttpOnly",
    "gitlab": "_gitlab_session=0123abc; path=/; secure; HttpOnly; SameSite=None",
    "discourse": "_t=abc%3D%3D--def; path=/; expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; SameSite=Lax; Secure",
    "aspnet-session": "ASP.NET_SessionId=abc123def456ghi789jkl012; path=/; HttpOnly",
    "aspnet-session-lax": "ASP.NET_SessionId=abc123; path=/; HttpOnly; SameSite=Lax",
    "aspnet-auth": ".ASPXAUTH=0123456789ABCDEF; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/; HttpOnly",
    "aspnet-classic": "ASPSESSIONIDQABCDEFG=ABCDEFGHIJKLMNOP; path=/",
    "aspnet-antiforgery": "__RequestVerificationToken=abc-DEF_ghi; path=/; HttpOnly",
    "aspnet-antiforgery-path": "__RequestVerificationToken_L2FwcA2=abc; path=/app; HttpOnly",
    "aspnetcore-identity": ".AspNetCore.Identity.Application=CfDJ8abc; expires=Fri, 01 Jan 2038 00:00:00 GMT; path=/; secure; samesite=lax; httponly",
    "aspnetcore-antiforgery": ".AspNetCore.Antiforgery.abcdefghijk=CfDJ8abc; path=/; samesite=strict; httponly",
    "aspnetcore-correlation": ".AspNetCore.Correlation.oidc.abc=N; expires=Fri, 01 Jan 2038 00:15:00 GMT; path=/signin-oidc; secure; samesite=none; httponly",
    "aspnet-subkeys": "prefs=theme=dark&size=12&lang=de; path=/",
    "coldfusion-cfid": "CFID=1234;path=/;expires=Fri, 01-Jan-2038 00:00:00 GMT",
    "coldfusion-cftoken": "CFTOKEN=abc-DEF;expires=Fri, 01-Jan-2038 00:00:00 GMT;path=/;HttpOnly;",
    "lotus-domino": "DomAuthSessId=0123456789ABCDEF; path=/",
    "sap-contextid": "sap-contextid=SID%3aANON%3ahost_SID_00%3aabc-ATT; path=/sap/bc",
    "sap-usercontext": "sap-usercontext=sap-client=100; path=/",
    "sap-mysapsso2": "MYSAPSSO2=AjExMDAgABdwb3J0YWw6YW5uYQ%3d%3d; path=/; domain=.example.test; secure; HttpOnly",
    "oracle-apex": "ORA_WWV_APP_100=ORA_WWV-abcDEF; secure; HttpOnly; path=/ords/",
    "sharepoint": "WSS_FullScreenMode=false; path=/",
    "fedauth": "FedAuth=77u/PD94bWw+PC9zcD4=; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/; secure; HttpOnly",
    "adfs": "MSISAuth=AAEAAabc=; path=/adfs; secure; HttpOnly; SameSite=None",
    "owa": "X-BackEndCookie=S-1-5-21=abc; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/owa; secure; HttpOnly",
    "owa-canary": "X-OWA-CANARY=abc-DEF.; path=/; secure; SameSite=None",
    "citrix-aaa": "NSC_AAAC=0123456789abcdef; Secure; Path=/; HttpOnly",
    "citrix-tmas": "NSC_TMAS=0123456789abcdef; Secure; HttpOnly; Path=/",
    "netscaler-persistence": "NSC_wtsw-fybnqmf=ffffffff09091c3245525d5f4f58455e445a4a423660; expires=Fri, 01-Jan-2038 00:00:00 GMT;path=/;httponly",
    "f5-bigip": "BIGipServer~Common~pool_app=1677787402.36895.0000; path=/",
    "f5-bigip-encrypted": "BIGipServerpool_app=!abc+DEF/ghi=; path=/; Httponly; Secure",
    "f5-asm": "TS01abcdef=0123456789abcdef; Path=/; Domain=.example.test",
    "f5-asm-frame": "TS01abcdef028=0123456789abcdef; Path=/; Secure; HTTPOnly",
    "f5-apm": "MRHSession=0123456789abcdef0123456789abcdef;path=/;secure;HttpOnly",
    "f5-apm-last": "LastMRH_Session=01234567;path=/;secure",
    "haproxy-insert": "SERVERID=s1; path=/",
    "haproxy-insert-domain": "SERVERID=s1|ZVxYz|ZVxYz; path=/; domain=.example.test; HttpOnly; Secure",
    "haproxy-rewritten": "SRV=s2~abc; path=/; HttpOnly",
    "aws-alb": "AWSALB=AbC+/dEf==; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/",
    "aws-alb-cors": "AWSALBCORS=AbC+/dEf==; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/; SameSite=None; Secure",
    "aws-albapp": "AWSALBAPP-0=_remove_; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/",
    "aws-elb": "AWSELB=0123ABCD;PATH=/;MAX-AGE=3600",
    "aws-elb-cors": "AWSELBCORS=0123ABCD;PATH=/;MAX-AGE=3600;SECURE;SAMESITE=None",
    "cloudflare-bm": "__cf_bm=abc.DEF-1700000000-1.0.1.1-ghi; path=/; expires=Fri, 01-Jan-38 00:00:00 GMT; domain=.example.test; HttpOnly; Secure; SameSite=None",
    "cloudflare-cfuvid": "_cfuvid=abc.DEF-1700000000-0.0.1.1-604800000; path=/; domain=.example.test; HttpOnly; Secure; SameSite=None",
    "cloudflare-clearance": "cf_clearance=abc; path=/; expires=Fri, 01-Jan-38 00:00:00 GMT; domain=.example.test; HttpOnly; Secure; SameSite=None; Partitioned",
    "cloudflare-cflb": "__cflb=0abc; SameSite=Lax; path=/; expires=Fri, 01-Jan-38 23:00:00 GMT; HttpOnly",
    "cloudflare-old": "__cfduid=d0123; expires=Fri, 01-Jan-38 00:00:00 GMT; path=/; domain=.example.test; HttpOnly; SameSite=Lax",
    "akamai-bmsc": "ak_bmsc=0123ABC~000000~YAAQ+/=; Domain=.example.test; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=7200; HttpOnly",
    "akamai-abck": "_abck=0123ABC~-1~YAAQ==~-1~-1~-1; Domain=.example.test; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=31536000; Secure",
    "akamai-bmsz": "bm_sz=0123ABC~YAAQ==~4337984~3421508; Domain=.example.test; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=14400",
    "akamai-bmsv": "bm_sv=0123~YAAQ==~1; Domain=.app.example.test; Path=/; Max-Age=3600; Secure",
    "incapsula-visid": "visid_incap_123456=AbC+/dEfG==; expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; path=/; Domain=.example.test",
    "incapsula-ses": "incap_ses_1234_123456=AbC+/dEfG==; path=/; Domain=.example.test",
    "incapsula-nlbi": "nlbi_123456=AbC+/; HttpOnly; path=/; Domain=.example.test; Secure; SameSite=None",
    "azure-arr": "ARRAffinity=0123abcd;Path=/;HttpOnly;Domain=app.example.test",
    "azure-arr-samesite": "ARRAffinitySameSite=0123abcd;Path=/;HttpOnly;SameSite=None;Secure;Domain=app.example.test",
    "azure-gateway": "ApplicationGatewayAffinity=0123abcd; Path=/",
    "gcp-gclb": 'GCLB="0123abcd"; path=/; HttpOnly; expires=Fri, 01-Jan-2038 00:00:00 GMT',
    "gcp-iap": "GCP_IAP_UID=123; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/; secure; httponly",
    "fastly": "fastly_geo=DE; Path=/; Max-Age=600",
    "varnish": "vrn=1; path=/",
    "traefik-sticky": "_sticky=0123abcd; Path=/; HttpOnly",
    "nginx-route": "route=0123456789abcdef|abcdef; Path=/; Secure; HttpOnly",
    "nginx-userid": "uid=CgABAmVc; expires=Thu, 31-Dec-37 23:55:55 GMT; domain=.example.test; path=/",
    "kong": "session=abc-DEF_|1700000000|ghi; Path=/; SameSite=Lax; HttpOnly",
    "oauth2-proxy": "_oauth2_proxy=djIuX29h|1700000000|abc=; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; HttpOnly; Secure",
    "oauth2-proxy-csrf": "_oauth2_proxy_csrf=abc|1|def=; Path=/; Expires=Fri, 01 Jan 2038 00:15:00 GMT; Max-Age=900; HttpOnly",
    "keycloak-session": "AUTH_SESSION_ID=0123-abcd.node; Version=1; Path=/realms/main/; SameSite=None; Secure; HttpOnly",
    "keycloak-restart": "KC_RESTART=eyJ.abc.def; Version=1; Path=/realms/main/; HttpOnly",
    "keycloak-identity": "KEYCLOAK_IDENTITY=eyJ.abc.def; Version=1; Path=/realms/main/; SameSite=None; Secure; HttpOnly",
    "keycloak-session-scriptable": 'KEYCLOAK_SESSION="main/0123/abc"; Version=1; Expires=Fri, 01-Jan-2038 00:00:00 GMT; Max-Age=36000; Path=/realms/main/; SameSite=None; Secure',
    "shibboleth-session": "_shibsession_64656661=_0123abcd; path=/; secure; HttpOnly",
    "cas-tgc": "TGC=eyJ.abc.def; Path=/cas/; Secure; HttpOnly; Comment=CAS Cookie",
    "grafana": "grafana_session=0123abcd; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
    "gitea": "i_like_gitea=0123abcd; Path=/; HttpOnly; SameSite=Lax",
    "confluence": "seraph.confluence=123%3Aabc; Max-Age=1209600; Path=/; Expires=Fri, 01-Jan-2038 00:00:00 GMT; HttpOnly",
    "jira-xsrf": "atlassian.xsrf.token=BXYZ_0123_lin; Path=/; Secure",
    "zabbix": "zbx_session=eyJzZXNzaW9uaWQiOiJhYmMifQ%3D%3D; secure; HttpOnly",
    "go-net-http": "token=abc; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=3600; HttpOnly; SameSite",
    "go-gorilla": "gorilla.session=MTcwMDAwMDAwMHxEdi1C|; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=2592000",
    "go-scs": "session=abcDEF; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=86400; HttpOnly; SameSite=Lax",
    "rust-actix": "id=abc%2Bdef%3D; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=86400",
    "perl-cgi": "ID=0123&abc&def; path=/cgi-bin; expires=Fri, 01-Jan-2038 00:00:00 GMT",
    "perl-mojolicious": "mojolicious=eyJleHBpcmVzIjoxfQ----abc; expires=Fri, 01 Jan 2038 00:00:00 GMT; path=/; HttpOnly; SameSite=Lax",
    "mod-usertrack": "Apache=127.0.0.1.1700000000000000; path=/; expires=Fri, 01-Jan-38 00:00:00 GMT",
    "mod-session": "session=user=anna&pw=x&expiry=1700000000; Max-Age=1800; path=/; HttpOnly",
    "mod-rewrite-co": "lang=de; path=/; domain=.example.test; expires=Fri, 01-Jan-2038 00:00:00 GMT; secure; HttpOnly",
    "mod-headers-destroyed": "HttpOnly;Secure",
    "mod-headers-edited": "a=b; path=/;HttpOnly;Secure;SameSite=Lax;HttpOnly;Secure",
    "erlang-cowboy": "sessionid=abc; Version=1; Path=/; HttpOnly",
    "elixir-plug": "_app_key=SFMyNTY.g3Q.abc; path=/; HttpOnly; SameSite=Lax",
    "matomo-id": "_pk_id.1.1fff=0123abcd.1700000000.; expires=Fri, 01 Jan 2038 00:00:00 GMT; path=/; SameSite=Lax",
    "google-analytics": "_ga=GA1.2.123456789.1700000000; Domain=.example.test; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
    "consent-json": 'CookieConsent={stamp:"abc==",necessary:true,preferences:false}; Path=/; Max-Age=31536000; SameSite=Lax; Secure',
    "consent-tcf": "euconsent-v2=CPabcDEF.YAAAAAAAAAAA; Path=/; Domain=.example.test; Max-Age=33696000; SameSite=None; Secure",
    "shopify": "_shopify_y=0123-abcd; domain=example.test; path=/; expires=Fri, 01 Jan 2038 00:00:00 GMT; SameSite=Lax",
    "printer-web-ui": "sessionId=123;path=/;",
    "router-web-ui": "SID=abc; PATH=/; HTTPONLY; ",
    "legacy-netscape": "CUSTOMER=WILE_E_COYOTE; path=/; expires=Friday, 01-Jan-38 23:12:40 GMT",
    "legacy-rfc2109": 'Part_Number="Rocket_Launcher_0001"; Version="1"; Path="/acme"',
}
# Of these, scripts of the software itself read three: the cart's fragments and the form key are
# put into cached pages, and the single sign-on frame watches the session.
READ_BY_SCRIPTS = ("woocommerce-hash", "magento-form-key", "keycloak-session-scriptable")
for _name, _line in SOFTWARE.items():
    add("soft-" + _name, _line, "as this software sends it",
        "script" if _name in READ_BY_SCRIPTS else "")

# --- Deletions: each after its cookie was stored --------------------------------------------------

add_all("delete", "deletions in all styles", *[
    f"a={value}; {rest}" for value, rest in (
        ("", "Max-Age=0; Path=/"),
        ("", "Max-Age=-1; Path=/"),
        ("x", "Max-Age=0; Path=/"),
        ("", "Max-Age=-99999999; Path=/"),
        ("", "Max-Age=00; Path=/"),
        ("", "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
        ("", "Expires=Thu, 01-Jan-1970 00:00:00 GMT; Path=/"),
        ("", "Expires=Thu, 01-Jan-70 00:00:01 GMT; Path=/"),
        ("", "Expires=Thu, 01 Jan 1970 00:00:10 GMT; Path=/"),
        ("", "Expires=Mon, 01-Jan-1990 00:00:00 GMT; Path=/"),
        ("", "Expires=Tue, 12-Oct-1999 22:00:00 GMT; Path=/"),
        ("deleted", "expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/"),
        ("deleted", "expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; HttpOnly"),
        ('""', "expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"),
        ("", "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly"),
        ("", "Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax"),
        ("", "Path=/; Max-Age=0; SameSite=None"),
        ("", "Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=0; Path=/"),
        ("delete me", "Path=/; Expires=Sun, 06 Nov 1994 08:49:37 GMT"),
        ("", "path=/; expires=Sat, 01-Jan-2000 00:00:00 GMT; httponly"),
        ("+", "expires=Sun, 22-Nov-2015 12:00:00 GMT; Max-Age=-31536000; path=/"),
        ("-", "EXPIRES=THU, 01-JAN-1970 00:00:00 GMT; PATH=/"),
    )], first="a=kept; Path=/")
add("delete-domain", "a=; Max-Age=0; Path=/; Domain=example.test", "with the cookie's Domain",
    first="a=kept; Path=/; Domain=example.test")
add("delete-domain-dot", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Domain=.example.test",
    "with a leading dot", first="a=kept; Path=/; Domain=example.test")
add("delete-path", "a=; Max-Age=0; Path=/shop", "with the cookie's path",
    path="/shop/cart", first="a=kept; Path=/shop")
add("delete-default-path", "a=; Max-Age=0", "without a path", path="/shop/cart", first="a=kept")
add("delete-other-path", "a=; Max-Age=0; Path=/other", "another path leaves it",
    first="a=kept; Path=/")
add("delete-other-name", "A=; Max-Age=0; Path=/", "another case leaves it", first="a=kept; Path=/")
add("delete-host-prefix", "__Host-a=; Max-Age=0; Path=/; Secure", "a prefixed one",
    first="__Host-a=kept; Path=/; Secure")
add("delete-host-prefix-bare", "__Host-a=; Max-Age=0; Path=/", "without the Secure it needs",
    first="__Host-a=kept; Path=/; Secure")
add("delete-script", "XSRF-TOKEN=; Max-Age=0; Path=/", "one that scripts read",
    "script", first="XSRF-TOKEN=kept; Path=/")
add("delete-rails", "_app_session=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 -0000",
    "Rails", first="_app_session=kept; path=/; HttpOnly")
add("delete-tomcat", 'JSESSIONID=""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/app/', "Tomcat",
    path="/app/logout", first="JSESSIONID=0123; Path=/app/; HttpOnly")
add("delete-aspnet", ".ASPXAUTH=; expires=Tue, 12-Oct-1999 22:00:00 GMT; path=/; HttpOnly",
    "ASP.NET", first=".ASPXAUTH=0123; path=/; HttpOnly")
add("delete-django", 'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax',
    "Django", first="sessionid=x1; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax")
add("delete-flask", "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/", "Flask",
    first="session=eyJ9.x.y; HttpOnly; Path=/")
add("delete-php", "PHPSESSID=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/",
    "PHP", first="PHPSESSID=k9; path=/")
add("delete-keycloak", "KC_RESTART=; Version=1; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Max-Age=0; Path=/realms/main/; HttpOnly",
    "Keycloak", path="/realms/main/x", first="KC_RESTART=eyJ; Version=1; Path=/realms/main/; HttpOnly")
add("delete-doubled-revived", "a=again; Max-Age=0; Max-Age=600; Path=/",
    "the last Max-Age wins: not a deletion", first="a=kept; Path=/")
add("delete-doubled", "a=; Max-Age=600; Max-Age=0; Path=/", "the last Max-Age wins: a deletion",
    first="a=kept; Path=/")
add("replace", "a=new; Path=/", "a replacement keeps one cookie", first="a=old; Path=/; HttpOnly")
add("replace-other-path", "a=new; Path=/shop", "another path makes a second cookie",
    path="/shop/x", first="a=old; Path=/")
add("replace-other-domain", "a=new; Path=/; Domain=example.test", "so does a Domain",
    first="a=old; Path=/")
