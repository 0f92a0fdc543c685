/* What is to become of a cookie: added, replaced, removed, refused. test_rewrite has the lines. */
#include "unit.h"

#include "enforcement.h"

static apr_pool_t *pool;

#define TOKEN "token __Host-Http-cg"
#define HTTPS "https://www.example.com/app/page"
#define HTTP "http://www.example.com/app/page"

/* clang-format off */
static const struct {
    const char *rules;
    const char *url;
    const char *line;
    const char *judgement; /* + added, ~ replaced, - removed, ! refused; see describe */
} cases[] = {
    /* flags */
    {"* Secure HttpOnly", HTTPS, "a=b", "rewrite +Secure +HttpOnly"},
    {"* Secure HttpOnly", HTTPS, "a=b; httponly; secure", "pass"},
    {"* Secure HttpOnly", HTTP, "a=b", "rewrite +HttpOnly !Secure"},
    {"* Secure", HTTP, "a=b", "pass !Secure"},
    {"* Secure", HTTP, "a=b; Secure", "pass"},
    {"* -Secure", HTTP, "a=b; Secure", "rewrite -Secure"},
    {"* -HttpOnly", HTTPS, "a=b; HttpOnly", "rewrite -HttpOnly"},
    {"* -HttpOnly", HTTPS, "a=b", "pass"},
    {"* HttpOnly\na HttpOnly=keep", HTTPS, "a=b", "pass"},
    {"* HttpOnly\na HttpOnly=keep", HTTPS, "a=b; HttpOnly", "pass"},
    {"* Secure Partitioned", HTTPS, "a=b", "rewrite +Secure +Partitioned"},
    {"* Secure Partitioned", HTTP, "a=b", "pass !Secure !Partitioned"},
    {"* -Secure", HTTPS, "a=b; Secure; Partitioned", "pass !Secure"},
    {"* -Secure -Partitioned", HTTPS, "a=b; Secure; Partitioned", "rewrite -Secure -Partitioned"},
    /* SameSite */
    {"* SameSite=Lax", HTTPS, "a=b", "rewrite +SameSite"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=Strict", "pass"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=none; Secure", "pass"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=bogus", "rewrite ~SameSite"},
    {"* SameSite=Lax", HTTPS, "a=b; SameSite=Strict; SameSite=bogus", "rewrite ~SameSite"},
    {"* SameSite>=Lax", HTTPS, "a=b; SameSite=None; Secure", "rewrite ~SameSite"},
    {"* SameSite>=Lax", HTTPS, "a=b; SameSite=LAX", "pass"},
    {"* SameSite>=Lax", HTTPS, "a=b; SameSite=strict", "pass"},
    {"* SameSite>=Strict", HTTPS, "a=b; SameSite=Lax", "rewrite ~SameSite"},
    {"* SameSite>=Lax", HTTPS, "a=b", "rewrite +SameSite"},
    {"* SameSite:=Lax", HTTPS, "a=b; SameSite=Strict", "rewrite ~SameSite"},
    {"* SameSite:=None Secure", HTTPS, "a=b; SameSite=Strict", "rewrite +Secure ~SameSite"},
    {"* SameSite:=None Secure", HTTP, "a=b; SameSite=Strict", "pass !Secure !SameSite"},
    {"* SameSite:=None", HTTPS, "a=b; SameSite=Strict", "pass !SameSite"},
    {"* SameSite:=None", HTTPS, "a=b; SameSite=Strict; Secure", "rewrite ~SameSite"},
    {"* SameSite=None", HTTPS, "a=b", "pass !SameSite"},
    {"* SameSite=None HttpOnly", HTTPS, "a=b", "rewrite +HttpOnly !SameSite"},
    {"* -Secure", HTTPS, "a=b; SameSite=None; Secure", "pass !Secure"},
    {"* -Secure SameSite>=Lax", HTTPS, "a=b; SameSite=None; Secure", "rewrite ~SameSite -Secure"},
    {"* -SameSite", HTTPS, "a=b; SameSite=None", "rewrite -SameSite"},
    {"* -SameSite", HTTPS, "a=b; SameSite=bogus", "rewrite -SameSite"},
    {"* Secure", HTTPS, "a=b; SameSite=None", "rewrite +Secure"},
    /* Path and Domain */
    {"* Path=/x", HTTPS, "a=b", "rewrite +Path"},
    {"* Path=/x", HTTPS, "a=b; Path=/y", "pass"},
    {"* Path:=/x", HTTPS, "a=b; Path=/y", "rewrite ~Path"},
    {"* Path:=/x", HTTPS, "a=b; Path=/x", "pass"},
    {"* -Path", HTTPS, "a=b; Path=/", "rewrite -Path"},
    {"* Domain=example.com", HTTPS, "a=b", "rewrite +Domain"},
    {"* Domain=example.com", HTTPS, "a=b; Domain=www.example.com", "pass"},
    {"* Domain:=example.com", HTTPS, "a=b; Domain=www.example.com", "rewrite ~Domain"},
    {"* Domain:=example.com", HTTPS, "a=b; Domain=.EXAMPLE.com", "pass"},
    {"* Domain:=other.example", HTTPS, "a=b", "pass !Domain"},
    {"* Domain:=com", HTTPS, "a=b; Domain=example.com", "pass !Domain"},
    {"* -Domain", HTTPS, "a=b; Domain=example.com", "rewrite -Domain"},
    {"* -Domain", HTTPS, "a=b; Domain=other.example", "rewrite -Domain"},
    /* prefixes */
    {"* Domain=example.com", HTTPS, "__Host-a=b; Secure; Path=/", "pass !Domain"},
    {"* Path:=/app Domain=example.com", HTTPS, "__Host-a=b; Secure; Path=/", "pass !Domain !Path"},
    {"* -Path", HTTPS, "__host-a=b; Secure; Path=/", "pass !Path"},
    {"* -Secure HttpOnly", HTTPS, "__Secure-a=b; Secure", "rewrite +HttpOnly !Secure"},
    {"* -HttpOnly", HTTPS, "__Http-a=b; Secure; HttpOnly", "pass !HttpOnly"},
    {"* Secure Path=/", HTTPS, "__Host-a=b", "rewrite +Path +Secure"},
    {"* Secure Path:=/ -Domain", HTTPS, "__Host-a=b; Path=/x; Domain=example.com", "rewrite +Secure ~Path -Domain"},
    /* lifetimes */
    {"* Max-Age<=1d", HTTPS, "a=b", "pass"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=86400", "pass"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=86401", "rewrite ~Max-Age"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=99999999999999999999", "rewrite ~Max-Age"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Wed, 15 Nov 2023 22:13:20 GMT", "pass"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Wed, 15 Nov 2023 22:13:21 GMT", "rewrite ~Expires"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=1", "rewrite ~Expires"},
    {"* Max-Age<=1d", HTTPS, "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=99999", "rewrite ~Expires ~Max-Age"},
    {"* Max-Age=1d", HTTPS, "a=b", "rewrite +Max-Age"},
    {"* Max-Age=1d", HTTPS, "a=b; Max-Age=5", "pass"},
    {"* Max-Age=1d", HTTPS, "a=b; Max-Age=x", "rewrite +Max-Age"},
    {"* Max-Age=1d", HTTPS, "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "pass"},
    {"* Max-Age:=1d", HTTPS, "a=b", "rewrite +Max-Age"},
    {"* Max-Age:=1d", HTTPS, "a=b; Max-Age=5; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "rewrite ~Max-Age -Expires"},
    {"* -Max-Age", HTTPS, "a=b; Max-Age=5; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "rewrite -Expires -Max-Age"},
    {"* -Max-Age", HTTPS, "a=b", "pass"},
    /* deletions keep their lifetime and get everything else */
    {"* Max-Age<=1d", HTTPS, "a=; Max-Age=0", "pass deletion"},
    {"* Max-Age:=1d", HTTPS, "a=; Max-Age=0", "pass deletion"},
    {"* -Max-Age", HTTPS, "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "pass deletion"},
    {"* -Max-Age", HTTPS, "a=; Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "pass deletion"},
    {"* Max-Age<=1d Secure Path:=/x -Domain", HTTPS, "a=; Max-Age=0; Domain=example.com", "rewrite deletion +Path +Secure -Domain"},
    {"* Max-Age<=1d", HTTPS, "a=b; Max-Age=99999; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "rewrite ~Max-Age"},
    /* Drop */
    {"a Drop", HTTPS, "a=b", "drop"},
    {"a Drop", HTTP, "a=b; Secure", "drop"},
    {"a Drop", HTTPS, "A=b", "pass"},
    {"a Drop", HTTPS, "a=; Max-Age=0", "pass deletion"},
    {"a Drop\na Secure", HTTPS, "a=; Max-Age=-5", "rewrite deletion +Secure"},
    {"a Drop", HTTPS, "a=b\x01", "drop"},
    {"a* Drop", HTTPS, "ab=", "drop"},
    /* lines that browsers ignore */
    {"* Secure HttpOnly SameSite:=Strict", HTTPS, "a=b\x01", "pass"},
    {"* Secure HttpOnly SameSite:=Strict", HTTPS, "=", "pass"},
    {"* Secure", HTTPS, "", "pass"},
    {"* Secure", HTTPS, "; HttpOnly; HttpOnly", "pass"},
    /* cookies without a name are cookies */
    {"* Secure", HTTPS, "b", "rewrite +Secure"},
    {"* Secure", HTTPS, "=b", "rewrite +Secure"},
    /* what a browser rejects anyway is still made better where it can be */
    {"built-in", HTTPS, "a=b; Domain=other.example", "rewrite +Secure +HttpOnly +SameSite"},
    {"built-in", HTTPS, "a=b; SameSite=None", "rewrite +Secure +HttpOnly"},
    /* doubled attributes and flags with values */
    {"", HTTPS, "a=b; Secure; Secure", "rewrite"},
    {"", HTTPS, "a=b; Path=/; Path=/", "rewrite"},
    {"", HTTPS, "a=b; Secure=1", "rewrite"},
    {"", HTTPS, "a=b; HttpOnly=", "rewrite"},
    {"", HTTPS, "a=b; Max-Age=x; Max-Age=1", "rewrite"},
    {"", HTTPS, "a=b; Max-Age=x; Max-Age=y", "rewrite"},
    {"", HTTPS, "a=b; foo; foo; Path=x", "pass"},
    {"", HTTPS, "a=b", "pass"},
    /* the built-in rule and its exceptions */
    {"built-in", HTTPS, "SID=1", "rewrite +Secure +HttpOnly +SameSite"},
    {"built-in", HTTP, "SID=1", "rewrite +HttpOnly +SameSite !Secure"},
    {"built-in", HTTPS, "SID=1; SameSite=bogus; HttpOnly", "rewrite +Secure ~SameSite"},
    {"built-in", HTTPS, "SID=1; SameSite=None; Secure", "rewrite +HttpOnly"},
    {"built-in", HTTPS, "SID=1; Secure=1; HttpOnly; SameSite=Lax", "rewrite"},
    {"built-in", HTTPS, "__Host-SID=1; Domain=example.com; SameSite=Lax", "rewrite +Secure +HttpOnly"},
    {"built-in", HTTPS, "SID=; Max-Age=0", "rewrite deletion +Secure +HttpOnly +SameSite"},
    {"* Secure SameSite=None", HTTPS, "SID=1", "rewrite +Secure +SameSite"},
    {"* SameSite=None", HTTPS, "SID=1", "pass !SameSite"},
    {"* Partitioned Secure SameSite=Lax\n* -Secure", HTTPS, "SID=1", "rewrite +SameSite !Partitioned"},
    {"built-in", HTTPS, "XSRF-TOKEN=1", "rewrite +Secure +SameSite"},
    {"built-in", HTTPS, "mellon-cookie=1", "rewrite +Secure +HttpOnly"},
    {"built-in\n* HttpOnly", HTTPS, "XSRF-TOKEN=1", "rewrite +Secure +HttpOnly +SameSite"},
    {"built-in", HTTPS, "SID=1; Secure; HttpOnly; SameSite=Strict", "pass"},
    /* .htaccess */
    {"* HttpOnly\nhtaccess * -HttpOnly Secure", HTTPS, "a=b", "rewrite +Secure +HttpOnly"},
    {"htaccess a Drop", HTTPS, "a=b", "pass"},
    /* a prefix brings Secure, and HttpOnly if it has Http in it */
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Secure", "rewrite as __Host-"},
    {"SID Prefix=__Secure-", HTTPS, "SID=1", "rewrite as __Secure- +Secure"},
    {"SID Prefix=__Http-", HTTPS, "SID=1", "rewrite as __Http- +Secure +HttpOnly"},
    {"SID Prefix=__Http-", HTTPS, "SID=1; HttpOnly; Secure", "rewrite as __Http-"},
    {"SID Prefix=__Host-Http-", HTTPS, "SID=1; Path=/", "rewrite as __Host-Http- +Secure +HttpOnly"},
    {"built-in\nSID Prefix=__Host-", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure +HttpOnly +SameSite"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; secure=1; Path=/", "rewrite as __Host-"},
    {"SID Prefix=__Host-", HTTPS, "sid2=1; Path=/", "pass"},
    {"SID Prefix=off", HTTPS, "SID=1; Path=/", "pass"},
    {"SID Prefix=__Host-\nSID Prefix=off", HTTPS, "SID=1; Path=/app", "pass"},
    {"SID Prefix=off\nSID Prefix=__Host-", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure"},
    {"SID Prefix=__Secure-\nSID Prefix=__Host-", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure"},
    {"S* Prefix=__Secure-\nSID Prefix=__Host-", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure"},
    {"S* Prefix=__Secure-\nSID Prefix=__Host-", HTTPS, "SIX=1", "rewrite as __Secure- +Secure"},
    {"SID Prefix=__Host-\nS* Prefix=__Secure-", HTTPS, "SID=1", "rewrite as __Secure- +Secure"},
    {"section SID Secure\nhtaccess SID Prefix=__Host-", HTTPS, "SID=1; Path=/", "rewrite +Secure"},
    {"SID Prefix=__Host-\nhtaccess SID Prefix=off", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure"},
    /* the session's token is nobody's to set, by whatever name it would come back */
    {TOKEN, HTTPS, "__Host-Http-cg=1; Path=/; Secure; HttpOnly", "drop withheld Token"},
    {TOKEN, HTTP, "__Host-Http-cg=1", "drop withheld Token"},
    {TOKEN, HTTPS, "__Host-Http-cg=; Max-Age=0", "drop withheld Token deletion"},
    {TOKEN, HTTPS, "__host-HTTP-cg=1", "drop withheld Token"},
    {TOKEN, HTTPS, "%5f_Host-Http-cg=1", "drop withheld Token"},
    {TOKEN, HTTPS, "__Host-Http-cg[]=1", "drop withheld Token"},
    {TOKEN, HTTPS, "__Host-Http-cg", "drop withheld Token"},
    {TOKEN, HTTPS, "=__Host-Http-cg=1", "drop withheld Token"},
    {TOKEN, HTTPS, "= __Host-Http-cg =1", "drop withheld Token"},
    {TOKEN, HTTPS, "__Host-Http-cg=\x01", "drop withheld Token"},
    {TOKEN, HTTPS, "a=__Host-Http-cg=1", "pass"},
    {TOKEN, HTTPS, "cg=1", "pass"},
    {"token sid\ns* Drop", HTTPS, "sid=1", "drop withheld Token"},
    {"token sid\ns* Prefix=off", HTTPS, "sid=1", "drop withheld Token"},
    {TOKEN "\nc* Prefix=__Host-Http-", HTTPS, "cg=1; Path=/", "drop withheld Token"},
    {TOKEN "\nc* Prefix=__Host-Http-\ncg Drop", HTTPS, "cg=1; Path=/", "drop withheld Token"},
    {TOKEN "\nc* Prefix=__Host-Http-", HTTPS, "cgi=1; Path=/", "rewrite as __Host-Http- +Secure +HttpOnly"},
    /* no rule takes away what the prefix needs */
    {"SID Prefix=__Host-\n* -Secure", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure"},
    {"SID Prefix=__Host-\n* -Secure", HTTPS, "SID=1; Path=/; Secure", "rewrite as __Host-"},
    {"SID Prefix=__Http-\n* -HttpOnly", HTTPS, "SID=1; HttpOnly", "rewrite as __Http- +Secure"},
    {"SID Prefix=__Host-\n* -HttpOnly", HTTPS, "SID=1; Path=/; HttpOnly", "rewrite as __Host- +Secure -HttpOnly"},
    {"* SameSite:=None\nSID Prefix=__Host-", HTTPS, "SID=1; Path=/; SameSite=Lax", "rewrite as __Host- +Secure ~SameSite"},
    {"* SameSite:=None\nSID Prefix=off", HTTPS, "SID=1; Path=/; SameSite=Lax", "pass !SameSite"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; SameSite=None; Partitioned", "rewrite as __Host- +Secure"},
    {"Http-x Prefix=__Host-Http-", HTTPS, "Http-x=1; Path=/", "rewrite as __Host-Http- +Secure +HttpOnly"},
    {"Http-x Prefix=__Secure-", HTTPS, "Http-x=1", "rewrite as __Secure- +Secure"},
    /* what stands in the way */
    {"SID Prefix=__Host-", HTTP, "SID=1; Path=/", "drop withheld PlainHTTP"},
    {"SID Prefix=__Secure-", HTTP, "SID=1; Secure", "drop withheld PlainHTTP"},
    {"SID Prefix=__Host-", HTTP, "SID=; Max-Age=0", "drop withheld PlainHTTP deletion"},
    {"SID Prefix=__Host-", HTTP, "__Host-SID=1; Path=/; Secure", "drop withheld PlainHTTP"},
    {"SID Prefix=off", HTTP, "SID=1; Path=/", "pass"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=example.com", "drop withheld Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=www.example.com", "drop withheld Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=other.example", "drop withheld Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=; Domain=example.com", "drop withheld Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=example.com; Domain=", "rewrite as __Host- +Secure -Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=", "rewrite as __Host- +Secure -Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain", "rewrite as __Host- +Secure -Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Domain=.", "rewrite as __Host- +Secure -Domain"},
    {"SID Prefix=__Host-Http-", HTTPS, "SID=1; Path=/; Domain=example.com", "drop withheld Domain"},
    {"SID Prefix=__Secure-", HTTPS, "SID=1; Domain=example.com", "rewrite as __Secure- +Secure"},
    {"SID Prefix=__Http-", HTTPS, "SID=1; Domain=example.com; Path=/app", "rewrite as __Http- +Secure +HttpOnly"},
    {"SID Prefix=__Host-", HTTPS, "SID=1", "drop withheld Path"},
    {"SID Prefix=__Host-", "https://www.example.com/", "SID=1", "drop withheld Path"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/app", "drop withheld Path"},
    {"SID Prefix=__Host-", "https://www.example.com/", "SID=1; Path=", "drop withheld Path"},
    {"SID Prefix=__Host-", "https://www.example.com/", "SID=1; Path=x", "drop withheld Path"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=//", "drop withheld Path"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/; Path=/app", "drop withheld Path"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/app; path = / ", "rewrite as __Host- +Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/app; Domain=example.com", "drop withheld Domain"},
    {"SID Prefix=__Host-\n* Path:=/app", HTTPS, "SID=1; Path=/", "drop withheld Path"},
    {"SID Prefix=__Host-\n* Domain=example.com", HTTPS, "SID=1; Path=/", "drop withheld Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=1\x01; Path=/", "drop withheld Unreadable"},
    {"SID Prefix=__Host-", HTTPS, "SID=1; Path=/\x7f", "drop withheld Unreadable"},
    {"SID Prefix=__Host-", HTTPS, "__Host-SID=1; Path=/; Secure; x=\x01", "drop withheld Unreadable"},
    {"SID Prefix=off", HTTPS, "SID=1\x01", "pass"},
    /* other spellings */
    {"SID Prefix=__Host-", HTTPS, "sid=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=__Host-", HTTPS, "S%49D=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=__Host-", HTTPS, "SID[x]=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=__Host-", HTTPS, "SID\xc2\xa0=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=__Host-", HTTPS, "SID\x01=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=__Host-", HTTPS, "__HOST-SID=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=__Host-", HTTPS, "__Host-sid=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=__Host-", HTTPS, "sid=; Max-Age=0", "drop withheld Spelling deletion"},
    {"a_b Prefix=__Host-", HTTPS, "a.b=1; Path=/; Secure", "drop withheld Spelling"},
    {"SID Prefix=off", HTTPS, "sid=1", "pass"},
    {"SID Prefix=__Host-", HTTPS, "__Secure-SID=1; Secure", "pass"},
    {"SID Prefix=__Host-", HTTPS, "SID", "pass"},
    {"SID Prefix=__Host-", HTTPS, "=SID=1", "pass"},
    /* the name on the wire is the application's to use if it keeps what the prefix promises */
    {"SID Prefix=__Host-", HTTPS, "__Host-SID=1; Path=/; Secure", "pass"},
    {"SID Prefix=__Host-", HTTPS, "__Host-SID=1; Path=/", "rewrite +Secure"},
    {"SID Prefix=__Host-", HTTPS, "__Host-SID=1; Secure", "drop withheld Path"},
    {"SID Prefix=__Host-", HTTPS, "__Host-SID=1; Secure; Path=/; Domain=example.com", "drop withheld Domain"},
    {"SID Prefix=__Host- Path:=/ -Domain", HTTPS, "__Host-SID=1; Path=/x; Domain=example.com", "rewrite +Secure ~Path -Domain"},
    {"SID Prefix=__Host-Http-", HTTPS, "__Host-Http-SID=1; Path=/; Secure", "rewrite +HttpOnly"},
    {"SID Prefix=__Host-Http-", HTTPS, "__Host-SID=1; Path=/; Secure", "pass"},
    /* rules know it by the application's name, in either spelling */
    {"built-in\nXSRF-TOKEN Prefix=__Host-", HTTPS, "XSRF-TOKEN=1; Path=/", "rewrite as __Host- +Secure +SameSite"},
    {"built-in\nXSRF-TOKEN Prefix=__Host-", HTTPS, "__Host-XSRF-TOKEN=1; Path=/; Secure; SameSite=Lax", "pass"},
    {"SID Prefix=__Host-\nSID HttpOnly\n__* SameSite:=None", HTTPS, "SID=1; Path=/", "rewrite as __Host- +Secure +HttpOnly"},
    {"SID Prefix=__Host-\nSID HttpOnly\n__* SameSite:=None", HTTPS, "__Host-SID=1; Path=/; Secure", "rewrite +HttpOnly"},
    {"SID Prefix=__Host-\nS* Drop", HTTPS, "SID=1; Path=/", "drop"},
    {"SID Prefix=__Host-\nS* Drop", HTTPS, "__Host-SID=1; Path=/; Secure", "drop"},
    {"SID Prefix=__Host-\n__Host-SID Drop", HTTPS, "__Host-SID=1; Path=/; Secure", "drop"},
    {"SID Prefix=__Host-\nS* Drop", HTTPS, "SID=; Path=/; Max-Age=0", "rewrite as __Host- deletion +Secure"},
    /* its own rule's terms have the last word, wherever they stand */
    {"SID Prefix=__Host- Path:=/ -Domain", HTTPS, "SID=1; Path=/x; Domain=example.com", "rewrite as __Host- +Secure ~Path -Domain"},
    {"SID Prefix=__Host- Path=/", HTTPS, "SID=1", "rewrite as __Host- +Path +Secure"},
    {"SID Prefix=__Host- Path=/", HTTPS, "SID=1; Path=/app", "drop withheld Path"},
    {"SID Prefix=__Host- Path:=/ -Domain\n* Path:=/app Domain:=example.com", HTTPS, "SID=1", "rewrite as __Host- +Path +Secure"},
    {"SID Prefix=__Host- Max-Age<=1d\n* Max-Age=keep", HTTPS, "SID=1; Path=/; Max-Age=99999", "rewrite as __Host- +Secure ~Max-Age"},
    /* deletions are put right */
    {"SID Prefix=__Host-", HTTPS, "SID=; Max-Age=0", "rewrite as __Host- deletion +Path +Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=; Max-Age=0; Path=/app; Domain=example.com", "rewrite as __Host- deletion +Secure ~Path -Domain"},
    {"SID Prefix=__Host-", HTTPS, "SID=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", "rewrite as __Host- deletion +Secure"},
    {"SID Prefix=__Host-Http-", HTTPS, "SID=; Max-Age=-1", "rewrite as __Host-Http- deletion +Path +Secure +HttpOnly"},
    {"SID Prefix=__Host- Max-Age<=1d", HTTPS, "SID=; Max-Age=0; Path=/", "rewrite as __Host- deletion +Secure"},
    {"SID Prefix=__Secure-", HTTPS, "SID=; Max-Age=0; Path=/app; Domain=example.com", "rewrite as __Secure- deletion +Secure"},
    {"SID Prefix=__Host-\n* Path:=/app Domain:=example.com", HTTPS, "SID=; Max-Age=0", "rewrite as __Host- deletion +Path +Secure"},
    {"SID Prefix=__Host-", HTTPS, "__Host-SID=; Max-Age=0", "rewrite deletion +Path +Secure"},
    {"SID Prefix=__Host-", HTTPS, "SID=; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "drop withheld Path"},
};
/* clang-format on */

static void describe_set(cg_writer *writer, char sign, unsigned set)
{
    for (int i = 0; i < CG_ATTRIBUTE_COUNT; i++) {
        if (set & CG_ATTRIBUTE_BIT(i)) {
            cg_write_char(writer, ' ');
            cg_write_char(writer, sign);
            cg_write(writer, cg_attribute_name((cg_attribute)i));
        }
    }
}

/* What is done, why a guarded cookie is withheld or under which prefix it leaves, and the sets. */
static void describe(cg_writer *writer, const cg_judgement *judgement)
{
    static const char *const actions[] = {"pass", "rewrite", "drop"};
    cg_write(writer, cg_span_of(actions[judgement->action]));
    if (judgement->withheld) {
        cg_write(writer, CG_SPAN(" withheld "));
        cg_write(writer, cg_withheld_name(judgement->withheld));
    }
    if (judgement->prefix) {
        cg_write(writer, CG_SPAN(" as "));
        cg_write(writer, cg_prefix_rows[judgement->prefix].text);
    }
    if (judgement->is_deletion) {
        cg_write(writer, CG_SPAN(" deletion"));
    }
    if (judgement->withheld) {
        return; /* the attributes go nowhere */
    }
    describe_set(writer, '+', judgement->added);
    describe_set(writer, '~', judgement->replaced);
    describe_set(writer, '-', judgement->removed);
    describe_set(writer, '!', judgement->refused);
}

static void judges(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[200];
        cg_writer writer = {.at = text, .size = sizeof text};
        enforcement is;
        const char *error = enforcement_read_rules(pool, cg_span_of(cases[i].rules), &is);
        if (error) {
            fail_msg("%s: %s", cases[i].rules, error);
        }
        is.circumstances = enforcement_read_url(cg_span_of(cases[i].url));
        enforcement_run(pool, guarded(cg_span_of(cases[i].line)), &is);
        describe(&writer, &is.judgement);
        assert_text(apr_pstrcat(pool, cases[i].rules, "\n", cases[i].line, NULL),
                    (cg_span){text, writer.len}, cg_span_of(cases[i].judgement));
        assert_int_equal(is.judgement.drop || is.judgement.withheld,
                         is.judgement.action == CG_ACTION_DROP);
    }
}

/* Most cookies are judged in a straight line. Demands for secrecy that ask for nothing lead past it,
 * and must lead to the same. */
static void judges_the_same_at_length(void **state)
{
    static const cg_secrecy nothing;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[2][200];
        cg_writer one = {.at = text[0], .size = sizeof text[0]};
        cg_writer other = {.at = text[1], .size = sizeof text[1]};
        cg_attributes after;
        enforcement is;
        assert_null(enforcement_read_rules(pool, cg_span_of(cases[i].rules), &is));
        is.circumstances = enforcement_read_url(cg_span_of(cases[i].url));
        enforcement_run(pool, cg_span_of(cases[i].line), &is);
        cg_judge(&is.cookie, &is.demands, NULL, &is.circumstances, &is.judgement);
        describe(&one, &is.judgement);
        after = is.judgement.after;
        cg_judge(&is.cookie, &is.demands, &nothing, &is.circumstances, &is.judgement);
        describe(&other, &is.judgement);
        assert_text(cases[i].line, (cg_span){text[0], one.len}, (cg_span){text[1], other.len});
        assert_int_equal(after.present, is.judgement.after.present);
        assert_int_equal(after.same_site, is.judgement.after.same_site);
    }
}

/* Name and value are 4096 octets at most with the prefix, on the way out as in the browser. */
static void withholds_what_is_too_long_with_its_prefix(void **state)
{
    static const char *const prefixes[] = {"__Secure-", "__Http-", "__Host-", "__Host-Http-"};
    (void)state;
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        size_t fits = 4096 - strlen(prefixes[i]) - strlen("SID");
        const char *rules = apr_pstrcat(pool, "SID Prefix=", prefixes[i], NULL);
        enforcement is;
        assert_null(enforcement_read_rules(pool, cg_span_of(rules), &is));
        is.circumstances = enforcement_read_url(CG_SPAN(HTTPS));
        for (size_t len = fits - 1; len <= fits + 1; len++) {
            char *value = apr_palloc(pool, len + 1);
            memset(value, 'v', len);
            value[len] = '\0';
            enforcement_run(pool, cg_span_of(apr_pstrcat(pool, "SID = ", value, " ; Path=/", NULL)),
                            &is);
            assert_int_equal(is.judgement.withheld,
                             len > fits ? CG_WITHHELD_TOO_LONG : CG_WITHHELD_NOT);
            enforcement_run(
                pool, cg_span_of(apr_pstrcat(pool, prefixes[i], "SID=", value, ";Path=/", NULL)),
                &is);
            assert_int_equal(is.judgement.withheld,
                             len > fits ? CG_WITHHELD_UNREADABLE : CG_WITHHELD_NOT);
        }
    }
}

static void names_what_stands_in_the_way(void **state)
{
    static const char *const names[CG_WITHHELD_COUNT] = {
        "", "Spelling", "Unreadable", "PlainHTTP", "Domain", "Path", "TooLong", "Token"};
    (void)state;
    for (int i = 0; i < CG_WITHHELD_COUNT; i++) {
        assert_text("withheld", cg_withheld_name((cg_withheld)i), cg_span_of(names[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(judges_the_same_at_length),
        cmocka_unit_test(withholds_what_is_too_long_with_its_prefix),
        cmocka_unit_test(names_what_stands_in_the_way),
    };
    pool = enforcement_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
