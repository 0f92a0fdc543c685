/* Cookie fields taken back to what the application knows, and what is refused. */
#include "unit.h"

#include "restoring.h"

#define SID "SID Prefix=__Host-"
#define OFF "SID Prefix=off"
#define GLOB "wp_* Prefix=__Host-"
#define TOKEN "token __Host-Http-cg"
#define MIGRATING true

typedef struct restore_case {
    const char *rules, *field;
    const char *wanted;  /* null: as it came, and nothing is to be remembered */
    const char *refused; /* as counted, "spelling:2"; null: nothing */
    bool accepts_plain;
} restore_case;

typedef struct token_case {
    const char *rules, *field;
    const char *wanted;
    unsigned count;      /* tokens that came */
    const char *token;   /* the value of the first one */
    const char *secrets; /* pairs to be overwritten */
    const char *refused; /* null: nothing */
} token_case;

#define CG "__Host-Http-cg"

static const token_case tokens[] = {
    {TOKEN, CG "=v", "", 1, "v", CG "=v", NULL},
    {TOKEN, "a=1; " CG "=v; b=2", "a=1; b=2", 1, "v", " " CG "=v", NULL},
    {TOKEN, CG "=v; b=2", "b=2", 1, "v", CG "=v", NULL},
    {TOKEN, "a=1; " CG "= v ", "a=1", 1, "v", " " CG "= v ", NULL},
    {TOKEN, CG "=", "", 1, "", CG "=", NULL},
    {TOKEN, CG "=\"v\"", "", 1, "\"v\"", CG "=\"v\"", NULL},
    {"token sid", "sid=v; a=sid", "a=sid", 1, "v", "sid=v", NULL},

    /* two are none, even if they are equal */
    {TOKEN, CG "=v; " CG "=w", "", 2, "v", CG "=v| " CG "=w", "repeated:2"},
    {TOKEN, CG "=v; a=1; " CG "=v", "a=1", 2, "v", CG "=v| " CG "=v", "repeated:2"},

    /* what is like it is no token, and takes nothing from the one that is */
    {TOKEN, "__host-http-cg=v", "", 0, "", "__host-http-cg=v", "spelling:1"},
    {TOKEN, CG "=v; __HOST-Http-cg=w", "", 1, "v", CG "=v| __HOST-Http-cg=w", "spelling:1"},
    {TOKEN, CG " =v; a=1", "a=1", 0, "", CG " =v", "spelling:1"},
    {TOKEN, CG "; a=1", "a=1", 0, "", CG, "spelling:1"},
    {TOKEN, "\xa0" CG "=v", "", 0, "", "\xa0" CG "=v", "spelling:1"},
    {TOKEN, "..Host-Http-cg=v", "", 0, "", "..Host-Http-cg=v", "spelling:1"},

    /* inside another cookie, or another one inside it */
    {TOKEN, "a=b, " CG "=v", "", 0, "", "a=b, " CG "=v", "embedded:1"},
    {TOKEN, "a=\"x " CG "=v\"; b=1", "b=1", 0, "", "a=\"x " CG "=v\"", "embedded:1"},
    {TOKEN, CG "=v, " CG "=w", "", 1, "", CG "=v, " CG "=w", "embedded:1"},
    {TOKEN, CG "=v; " CG "=v, " CG "=w", "", 2, "v", CG "=v| " CG "=v, " CG "=w",
     "repeated:1 embedded:1"},
    {TOKEN, CG "=v, a=b", "", 1, "v, a=b", CG "=v, a=b", NULL},
    {TOKEN "\n" SID, CG "=v, __Host-SID=w", "", 1, "", CG "=v, __Host-SID=w", "embedded:1"},

    /* an open quote hides nothing that is left, and `$` says nothing to anybody */
    {TOKEN, "a=\"x; " CG "=v; b=y\"", "a=\"x; b=y\"", 1, "v", " " CG "=v", NULL},
    {TOKEN, "$Version=1; " CG "=v", "$Version=1", 1, "v", " " CG "=v", NULL},

    /* beside guarded cookies */
    {TOKEN "\n" SID, CG "=v; __Host-SID=w", "SID=w", 1, "v", CG "=v", NULL},
    {TOKEN "\n" SID, "__Host-SID=w; " CG "=v", "SID=w", 1, "v", " " CG "=v", NULL},
    {TOKEN "\n" SID, "a=\"; " CG "=v", "a=\"", 1, "v", " " CG "=v", NULL},
    {TOKEN "\n" SID, "$Version=1; " CG "=v", "", 1, "v", " " CG "=v", "dollar:1"},
    {TOKEN "\nc* Prefix=__Host-Http-", "cg=v; a=1", "a=1", 0, "", "cg=v", "spelling:1"},
    {"token sid\ns* Prefix=__Host-", "sid=v; __Host-sid=w", "", 1, "v", "sid=v", "spelling:1"},
    {"token sid\ns* Prefix=off", "sid=v; __Host-sid=w", "__Host-sid=w", 1, "v", "sid=v", NULL},
};

/* What concerns no guard stays as it is, to the octet. */
static const restore_case untouched[] = {
    {SID, ""},
    {SID, "a=1"},
    {SID, "theme=dark; lang=en; _ga=GA1.2.3; consent=yes; visits=3"},
    {SID, "  a=1 ;b=2;  c=3;"},
    {SID, ";;; ;"},
    {SID, "a"},
    {SID, "="},
    {SID, "==; =;="},
    {SID, "PHPSESSID=1; XSID=2; SIDX=3; S=4; SI=5; SID2=6; __Host-SIDX=7"},
    {SID, "ASP.NET_SessionId=1; sess[a]=2"},
    {SID, "__Secure-SID=1"},
    {SID, "__Http-SID=1; __Host-Http-SID=2; __Hos-SID=3; Host-SID=4; __Host--SID=5"},
    {SID, "a=SID"},
    {SID, "a=xSID=1"},
    {SID, "a=?SID=1&SID=2/SID=3"},
    {SID, "a=b, SID"},
    {SID, "a=b SID; c=d"},
    {SID, "a=b, SID2=c"},
    {SID, "a=b, XSID=c; d=\"XSID=1\""},
    {SID, "a=5\"; b=\"x"},
    {SID, "a=\"x; b=y\""},
    {SID, "a=$Version; b=1, $Version=1"},
    {SID, "\xc3\xa4=1; b=\xc3\xa4"},
    {SID, "a=S%49D=1; b=%SID; c=%53"},
    {"wp_* Prefix=__Host-", "wp-x=1; xwp_=2; Wp=3"},
    {OFF, "$Version=1; a=b, SID=1; sid=2; __host-SID=3; SID; SID =4"},
    {TOKEN,
     "a=1; cg=2; __Host-cg=3; __Http-cg=4; __Host-Http-c=5; __Host-Http-cgi=6; _=7; __Host=8"},
    {TOKEN, "$Version=1; a=\"x; b=y\"; c=d, e=f"},
};

static const restore_case restored[] = {
    {SID, "__Host-SID=v", "SID=v"},
    {SID, "a=1; __Host-SID=v; b=2", "a=1; SID=v; b=2"},
    {SID, "a=1;__Host-SID=v;b=2", "a=1;SID=v;b=2"},
    {SID, "  __Host-SID=v  ;b", "  SID=v  ;b"},
    {SID, "\t__Host-SID=v", "\tSID=v"},
    {SID, "__Host-SID=", "SID="},
    {SID, "__Host-SID=\"v\"", "SID=\"v\""},
    {SID, "__Host-SID=a=b==", "SID=a=b=="},
    {SID, "__Host-SID=v, a=b", "SID=v, a=b"},
    {SID, "__Host-SID=\xc3\xa4%20", "SID=\xc3\xa4%20"},
    {SID, "a=b, c=d; __Host-SID=v;", "a=b, c=d; SID=v;"},
    {"SID Prefix=__Secure-", "__Secure-SID=v", "SID=v"},
    {"SID Prefix=__Http-", "__Http-SID=v", "SID=v"},
    {"SID Prefix=__Host-Http-", "__Host-Http-SID=v; __Host-SID=w", "SID=v; __Host-SID=w"},
    {"a.b Prefix=__Host-", "__Host-a.b=v", "a.b=v"},
    {"a%20b Prefix=__Host-", "__Host-a%20b=v", "a%20b=v"},
    {SID "\nT Prefix=__Secure-", "__Secure-T=1; __Host-SID=2", "T=1; SID=2"},
    {"sess_* Prefix=__Host-", "__Host-sess_=1; __Host-sess_a=2; __Host-sess=3",
     "sess_=1; sess_a=2; __Host-sess=3"},
    {"s?d Prefix=__Host-", "__Host-sid=1; __Host-sd=2", "sid=1; __Host-sd=2"},

    /* equal ones: once */
    {SID, "__Host-SID=v; a=1; __Host-SID=v", "SID=v; a=1"},
    {SID, "__Host-SID=v;__Host-SID= v ", "SID=v"},
};

static const restore_case refused[] = {
    /* a name that some parser trims once it is decoded */
    {SID, "c,SID %20=v", "", "embedded:1"},
    {SID, "c,SID %20%00=v; a=1", "a=1", "embedded:1"},
    {SID, "c,__Host-SID +=v", "", "embedded:1"},
    /* the application's own name */
    {SID, "SID=v", "", "plain:1"},
    {SID, "SID=v; a=1", "a=1", "plain:1"},
    {SID, "a=1; SID=v", "a=1", "plain:1"},
    {SID, "a=1; SID=v; b=2", "a=1; b=2", "plain:1"},
    {SID, "SID=v;  a=1", "a=1", "plain:1"},
    {SID, "SID=e; __Host-SID=v; SID=f", "SID=v", "plain:2"},
    {SID, "SID=e; SID=f; ; a=1", "; a=1", "plain:2"},

    /* alike */
    {SID, "sid=e; SiD=f", "", "spelling:2"},
    {SID, "S%49D=e; %53ID=f; S%69D=g", "", "spelling:3"},
    {SID, "__host-SID=e; __HOST-SID=f; __Host-sid=g; _%5FHost-SID=h", "", "spelling:4"},
    {SID, "..Host-SID=e; ._Host-SID=f; ++Host-SID=g; +SID=h; +__Host-SID=i; SID+=j", "",
     "spelling:6"},
    {SID, "SID =e; SID\t=f; __Host-SID =g", "", "spelling:3"},
    {SID, "[_Host-SID=e; [[Host-SID=f; [SID=g; \" [SID=h; [a=i", "[a=i", "spelling:4"},
    {SID, "\xc2\xa0SID=e; SID\xc2\xa0=f; \xc2\xa0__Host-SID=g", "", "spelling:3"},
    {SID, "\xa0SID=e; \x85SID=f; \xc2\x85__Host-SID=g", "", "spelling:3"},
    {SID, "\xe2\x80\x80__Host-SID=e; \xe2\x80\x80SID=f; \xef\xbb\xbfSID=g", "", "spelling:3"},
    {SID, "%C2%A0SID=e; SID%20=f; %00SID=g; SID%00=h; SID%00x=i", "", "spelling:5"},
    {SID, "SID[a]=e; SID[=f; SID[]=g; SID%5Ba%5D=h; SID[a]x=i; SID[a=j", "", "spelling:6"},
    {SID, "__Host-SID[a]=e", "", "spelling:1"},
    {SID, "\x0bSID=e; \x0cSID=f", "", "spelling:2"},
    {SID, "\"SID\"=e; (SID=f; SID/=g; {SID}=h; ,SID=i; , SID=j", "", "spelling:6"},
    {SID, "=SID=e; ==SID=f; =SID; \"=\"SID=g", "", "spelling:4"},
    {SID, "[ (=SID=e; [=SID=f; [=a=g", "[=a=g", "spelling:2"},
    {SID, "SID; sid; __Host-SID; a=1", "a=1", "spelling:3"},
    {"a.b Prefix=__Host-", "a_b=1; a%20b=2; a b=3; a[b=4; A+B=5; a.b=6", "", "plain:1 spelling:5"},
    {"a_ Prefix=__Host-", "a[=1; a =2; a%20=3; a.=4; a[b]=5; a [b]=6; __Host-a[=7", "a[b]=5",
     "spelling:6"},
    {"wp_* Prefix=__Host-", "WP_x=1; w%70_=2; wp.x=3; wp_x=4; __host-wp_x=5", "",
     "plain:1 spelling:4"},

    {"wp_* Prefix=__Host-", "__Host-wp_x\t=1; __Host-wp_%41=2; __Host-wp_\xa0=3", "", "spelling:3"},
    {"s* Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-sid=1; sid=2; __Secure-sad=3", "sad=3",
     "spelling:2"},

    /* inside another cookie */
    {SID, "a=b, SID=e", "", "embedded:1"},
    {SID, "a=b,SID=e; c=1", "c=1", "embedded:1"},
    {SID, "a=b SID=e", "", "embedded:1"},
    {SID, "a=b\tSID=e", "", "embedded:1"},
    {SID, "a=\"SID=e\"", "", "embedded:1"},
    {SID, "a=\"x\"SID=e", "", "embedded:1"},
    {SID, "a=b, SID =e", "", "embedded:1"},
    {SID, "a=b, sid=e; c=d, S%49D=f", "", "embedded:2"},
    {SID, "a=b, __Host-SID=e", "", "embedded:1"},
    {SID, "a=b, \xc2\xa0SID=e", "", "embedded:1"},
    {SID, "a=b,=SID=e; c=\"=SID=f; d =SID=g", "", "embedded:3"},
    {SID, "a=b,(SID=e", "", "embedded:1"},
    {SID, "a=b, c=d, SID=e, f=g", "", "embedded:1"},
    {SID, "a SID=e", "", "embedded:1"},
    {SID, "a,SID=e", "", "embedded:1"},
    {SID, "a= SID=e", "", "embedded:1"},
    {SID, "__Host-SID=v, SID=e", "", "embedded:1"},
    {SID, "__Host-SID=v, __Host-SID=e", "", "embedded:1"},
    {SID, "__Host-SID=v; a=b SID=e", "SID=v", "embedded:1"},

    /* values that differ */
    {SID, "__Host-SID=v; __Host-SID=w", "", "repeated:2"},
    {SID, "__Host-SID=v; a=1; __Host-SID=w; __Host-SID=v", "a=1", "repeated:3"},
    {SID, "__Host-SID=v; __Host-SID=V; SID=e", "", "plain:1 repeated:2"},

    /* $Version */
    {SID, "$Version=1; a=1; $Path=/; $x", "a=1", "dollar:3"},
    {SID, "$Version=1; a=\"x; __Host-SID=v; b=\"; SID=e", "SID=v; b=\"",
     "dollar:1 plain:1 quote:1"},
    {SID, ", $Version=1; /$Version=1; \"$Version=1; =$Version=1; %24Version=1", "", "dollar:5"},
    {SID "\nT Prefix=off", "$Version=1; __Host-T=1", "T=1", "dollar:1"},

    /* the sandwich */
    {SID, "a=\"x; __Host-SID=v; b=y\"", "SID=v; b=y\"", "quote:1"},
    {SID "\nT Prefix=off", "T=1; T=\"x; __Host-SID=v", "T=1; SID=v", "quote:1", false},
    {SID "\nT Prefix=off", "T=\"x; __Host-SID=v", "SID=v", "quote:1", false},
    {SID "\nT Prefix=off", "__Host-T=\"x; __Host-SID=v", "SID=v", "quote:1", false},
    {SID "\nT Prefix=off", "__Host-SID=v; T=\"x", "SID=v; T=\"x", NULL, false},
    {SID, "a=\"x\\\"; __Host-SID=v; b=y\"", "SID=v; b=y\"", "quote:1"},
    {SID, "a=\"x\"; __Host-SID=v; b=\"y", "a=\"x\"; SID=v; b=\"y"},
    {SID, "a=\"x; __Host-SID=v; __Host-SID=w", "a=\"x", "repeated:2"},
};

/* Until its date a plain cookie stands in where no prefixed one came. */
static const restore_case migrating[] = {
    {SID, "SID=v", "SID=v", NULL, MIGRATING},
    {SID, "a=1; SID=v; b=2", "a=1; SID=v; b=2", NULL, MIGRATING},
    {SID, "SID=e; __Host-SID=v", "SID=v", "plain:1", MIGRATING},
    {SID, "__Host-SID=v; SID=e", "SID=v", "plain:1", MIGRATING},
    {SID, "SID=v; SID=v", "SID=v", NULL, MIGRATING},
    {SID, "SID=v; SID=w", "", "repeated:2", MIGRATING},
    {SID, "SID=e; SID=f; __Host-SID=v", "SID=v", "plain:2", MIGRATING},
    {SID, "SID=e; __Host-SID=v; __Host-SID=w", "", "plain:1 repeated:2", MIGRATING},
    {SID, "SID=v; sid=e; a=b, SID=f", "SID=v", "spelling:1 embedded:1", MIGRATING},
    {SID, "a=\"x; SID=v; b=\"", "SID=v; b=\"", "quote:1", MIGRATING},
    {SID, "SID", "", "spelling:1", MIGRATING},
    {GLOB, "wp_x=1; wp_y=2; __Host-wp_z=3", "wp_x=1; wp_y=2; wp_z=3", NULL, MIGRATING},
    {GLOB, "wp_x=1; x2;wp_x+=2; +wp_y=3", "wp_x=1; x2", "spelling:2", MIGRATING},
    {GLOB, "wp_x.y=e; __Host-wp_x_y=v; wp_X_y=f", "wp_x_y=v", "plain:2", MIGRATING},
    {GLOB, "wp_x=1; wp_X=2; wp_y=3", "wp_y=3", "repeated:2", MIGRATING},
    {GLOB, "wp_x=1; wp_X=2; __Host-wp_x=v; __Host-wp_X=w", "wp_x=v; wp_X=w", "plain:2", MIGRATING},
};

/* What parsers take for one name is one, but where the host alone can have set both. */
static const restore_case namesakes[] = {
    {"wp_* Prefix=__Host-", "__Host-wp_x=1; __Host-wp_X=2", "wp_x=1; wp_X=2"},
    {"wp_* Prefix=__Host-Http-", "__Host-Http-wp_x.y=1; __Host-Http-wp_x_y=2",
     "wp_x.y=1; wp_x_y=2"},
    {"wp_* Prefix=__Secure-", "__Secure-wp_x.y=1; __Secure-wp_x_y=2; __Secure-wp_z=3", "wp_z=3",
     "repeated:2"},
    {"wp_* Prefix=__Http-", "__Http-wp_x=1; __Http-wp_X=2", "", "repeated:2"},
    {"wp_* Prefix=__Secure-", "__Secure-wp_x.y=1; __Secure-wp_x_y=1", "wp_x.y=1"},
    {"wp_* Prefix=__Host-", "__Host-wp_x+y=1; __Host-wp_+=2", "", "spelling:2"},
    {"w* Prefix=__Secure-\nwp_* Prefix=__Host-", "__Secure-wp.x=1; __Secure-w.x=2; __Host-wp_x=3",
     "w.x=2; wp_x=3", "spelling:1"},
    {"w* Prefix=__Host-\nwp_* Prefix=__Host-", "__Host-wp.x=1", "wp.x=1"},
    {"w* Prefix=__Secure-\nwp_* Prefix=off", "__Secure-wp.x=1", "wp.x=1"},
    {"wp_* Prefix=off", "wp_x=1; wp_X=2; __Host-wp_y=3; __Host-wp_Y=4",
     "wp_x=1; wp_X=2; wp_y=3; wp_Y=4"},
};

/* Prefix=off: what browsers still hold is taken back. */
static const restore_case rolled_back[] = {
    {OFF, "SID=v; a=1"},
    {OFF, "SID=v; SID=w"},
    {OFF, "__Host-SID=v", "SID=v"},
    {OFF, "__Secure-SID=v", "SID=v"},
    {OFF, "__Http-SID=v", "SID=v"},
    {OFF, "__Host-Http-SID=v", "SID=v"},
    {OFF, "a=1; __Host-SID=v; SID=w; b=2", "a=1; SID=w; b=2"},
    {OFF, "SID=w; __Host-SID=v", "SID=w"},
    {OFF, "__Secure-SID=1; __Host-SID=2; __Http-SID=3", "SID=2"},
    {OFF, "__Http-SID=3; __Host-Http-SID=4; __Host-SID=2", "SID=4"},
    {OFF, "__Host-SID=v; __Host-SID=v", "SID=v"},
    {OFF, "__Host-SID=v; __Host-SID=w", "", "repeated:2"},
    {OFF, "__Secure-SID=1; __Secure-SID=2; __Host-SID=3", "SID=3"},
    {OFF, "__Host-SID=v; sid=1; __host-sid=2; a=b, SID=3",
     "SID=v; sid=1; __host-sid=2; a=b, SID=3"},
    {"Http-a Prefix=off", "__Host-Http-a=v", "Http-a=v"},
    {"wp_* Prefix=off", "__Host-wp_a=1; __Secure-wp_b=2; wp_c=3", "wp_a=1; wp_b=2; wp_c=3"},
};

/* Of several rules for a name the last one alone says what it is under. */
static const restore_case overruled[] = {
    {"SID Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-SID=1; __Host-SID=2",
     "__Secure-SID=1; SID=2"},
    {"S* Prefix=__Secure-\nSID Prefix=__Host-", "__Secure-SID=1; __Host-SID=2; __Secure-SAD=3",
     "SID=2; SAD=3", "spelling:1"},
    {"SID Prefix=__Host-\nS* Prefix=__Secure-", "__Secure-SID=1; __Host-SID=2", "SID=1",
     "spelling:1"},
    {"SID Prefix=__Host-\nSID Prefix=off", "sid=1; __Host-SID=2", "sid=1; SID=2"},
    {"SID Prefix=off\nSID Prefix=__Host-", "sid=1; __Host-SID=2", "SID=2", "spelling:1"},
};

static const cg_guards *guards_of(const char *rules)
{
    const cg_guards *guards = restoring_guards(enforcement_root(), cg_span_of(rules));
    if (!guards) {
        fail_msg("no guards: %s", rules);
    }
    return guards;
}

/* "spelling:2 plain:1" in the order of the enumeration. */
static const char *print_refused(const cg_restored *is)
{
    static char text[256];
    size_t len = 0;
    text[0] = '\0';
    for (int i = CG_REFUSAL_NONE + 1; i < CG_REFUSAL_COUNT; i++) {
        cg_span name = cg_refusal_name((cg_refusal)i);
        if (is->refused[i]) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s:%u", len ? " " : "",
                                    (int)name.len, name.at, is->refused[i]);
        }
    }
    return text;
}

static void assert_counted(const char *field, const cg_restored *is, const char *wanted)
{
    cg_span rest = cg_span_of(wanted);
    size_t counted = strlen(print_refused(is));
    while (rest.len) {
        cg_span word = enforcement_take(&rest, ' ');
        char text[64];
        snprintf(text, sizeof text, "%.*s", (int)word.len, word.at);
        if (!strstr(print_refused(is), text)) {
            fail_msg("%s: refused '%s', wanted '%s'", field, print_refused(is), wanted);
        }
    }
    if (counted != (wanted ? strlen(wanted) : 0)) {
        fail_msg("%s: refused '%s', wanted '%s'", field, print_refused(is), wanted ? wanted : "");
    }
}

static void run_case(const restore_case *wanted)
{
    restoring is;
    cg_span field = guarded(cg_span_of(wanted->field));
    restoring_run(guards_of(wanted->rules), field, wanted->accepts_plain, &is);
    assert_text(wanted->field, is.out, cg_span_of(wanted->wanted ? wanted->wanted : wanted->field));
    if (is.is_concerned != (wanted->wanted != NULL)) {
        fail_msg("%s: concerned or not", wanted->field);
    }
    if (is.is_concerned) {
        assert_counted(wanted->field, &is.restored, wanted->refused);
    }
}

static void run_cases(const restore_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        run_case(&cases[i]);
    }
}

static void leaves_alone_what_is_not_concerned(void **state)
{
    (void)state;
    run_cases(untouched, COUNT(untouched));
}

static void takes_prefixes_off(void **state)
{
    (void)state;
    run_cases(restored, COUNT(restored));
}

static void refuses_what_could_be_taken_for_it(void **state)
{
    (void)state;
    run_cases(refused, COUNT(refused));
}

static void accepts_plain_ones_while_migrating(void **state)
{
    (void)state;
    run_cases(migrating, COUNT(migrating));
}

static void takes_namesakes_for_one(void **state)
{
    (void)state;
    run_cases(namesakes, COUNT(namesakes));
}

static void takes_back_what_was_rolled_back(void **state)
{
    (void)state;
    run_cases(rolled_back, COUNT(rolled_back));
}

/* The pairs that the application does not see, nor anybody who reads the field as it came. */
static const char *print_secrets(const cg_restored *is)
{
    static char text[256];
    cg_writer writer = {.at = text, .size = sizeof text - 1};
    for (unsigned i = 0; i < is->secret_count; i++) {
        cg_write(&writer, i ? CG_SPAN("|") : CG_SPAN(""));
        cg_write(&writer, is->secrets[i]);
    }
    text[writer.len] = '\0';
    return text;
}

static void takes_the_token_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tokens); i++) {
        const token_case *row = &tokens[i];
        cg_span field = guarded(cg_span_of(row->field));
        restoring is;
        restoring_run(guards_of(row->rules), field, false, &is);
        assert_true(is.is_concerned);
        assert_text(row->field, is.out, cg_span_of(row->wanted));
        assert_counted(row->field, &is.restored, row->refused);
        assert_int_equal(is.restored.token_count, row->count);
        assert_text(row->field, is.restored.token, cg_span_of(row->token));
        assert_string_equal(print_secrets(&is.restored), row->secrets);
        assert_int_equal(is.restored.cookie_count, strstr(row->wanted, "SID=") != NULL);
    }
}

/* Every octet before, in and behind the name: the right one alone is the token, and no spelling is
 * left for the application. */
static void one_spelling_alone_is_the_token(void **state)
{
    static const char name[] = "__Host-Http-cg=v";
    const cg_guards *guards = guards_of(TOKEN);
    (void)state;

    for (size_t at = 0; at < sizeof name - 3; at++) {
        for (int octet = 1; octet < 256; octet++) {
            char field[sizeof name + 8];
            bool is_right = octet == name[at];
            restoring is;
            if (octet == ';') {
                continue;
            }
            snprintf(field, sizeof field, "%s; a=1", name);
            field[at] = (char)octet;
            restoring_run(guards, guarded(cg_span_of(field)), false, &is);
            if ((is.restored.token_count == 1) != is_right ||
                (is_right && !cg_span_equal(is.out, CG_SPAN("a=1"))) ||
                !cg_span_equal(CG_SPAN("a=1"), cg_span_part(is.out, is.out.len - 3, is.out.len))) {
                fail_msg("%s: %.*s", field, (int)is.out.len, is.out.at);
            }
        }
    }
}

/* More of them than are remembered are refused all the same. */
static void many_tokens_are_none(void **state)
{
    char field[64 * (CG_SECRETS_MAX + 2)];
    size_t len = 0;
    restoring is;
    (void)state;

    for (int i = 0; i < CG_SECRETS_MAX + 2; i++) {
        len += (size_t)snprintf(field + len, sizeof field - len, "__Host-Http-cg=%d;", i);
    }
    restoring_run(guards_of(TOKEN), (cg_span){field, len}, false, &is);
    assert_int_equal(is.restored.token_count, CG_SECRETS_MAX + 2);
    assert_int_equal(is.restored.refused[CG_REFUSAL_REPEATED], CG_SECRETS_MAX + 2);
    assert_int_equal(is.restored.secret_count, CG_SECRETS_MAX);
    assert_text("left", is.out, CG_SPAN(""));
}

static void lets_the_last_rule_decide(void **state)
{
    (void)state;
    run_cases(overruled, COUNT(overruled));
}

static void remembers_what_came(void **state)
{
    const cg_guards *guards = guards_of(SID "\nT Prefix=off");
    const cg_restored_cookie *cookies;
    restoring is;
    (void)state;

    restoring_run(guards, CG_SPAN("SID=e; __Host-SID= v ; __Secure-T=1; __Host-T=2"), true, &is);
    cookies = is.restored.cookies;
    assert_int_equal(is.restored.cookie_count, 2);
    assert_ptr_equal(cookies[0].guard, &guards->guards[0]);
    assert_text("name", cookies[0].name, CG_SPAN("SID"));
    assert_text("value", cookies[0].value, CG_SPAN("v"));
    assert_int_equal(cookies[0].prefix, CG_PREFIX_HOST);
    assert_int_equal(cookies[0].came, 1u << CG_PREFIX_NONE | 1u << CG_PREFIX_HOST);
    assert_false(cookies[0].is_disputed);
    assert_ptr_equal(cookies[1].guard, &guards->guards[1]);
    assert_text("name", cookies[1].name, CG_SPAN("T"));
    assert_text("value", cookies[1].value, CG_SPAN("2"));
    assert_int_equal(cookies[1].prefix, CG_PREFIX_HOST);
    assert_int_equal(cookies[1].came, 1u << CG_PREFIX_SECURE | 1u << CG_PREFIX_HOST);
    assert_int_equal(is.restored.first_refusal, CG_REFUSAL_PLAIN);
    assert_ptr_equal(is.restored.first_refused, &guards->guards[0]);
}

static void remembers_disputes(void **state)
{
    restoring is;
    (void)state;
    restoring_run(guards_of(SID), CG_SPAN("__Host-SID=v; __Host-SID=w"), false, &is);
    assert_int_equal(is.restored.cookie_count, 1);
    assert_true(is.restored.cookies[0].is_disputed);
}

/* Names of a glob without end: those that find no place are refused, and counted. */
static void refuses_what_finds_no_place(void **state)
{
    char field[64 * (CG_RESTORED_MAX + 2)], wanted[sizeof field];
    size_t len = 0, wanted_len = 0;
    restoring is;
    (void)state;

    for (int i = 0; i < CG_RESTORED_MAX + 2; i++) {
        len += (size_t)snprintf(field + len, sizeof field - len, "__Host-s%d=%d;", i, i);
        if (i < CG_RESTORED_MAX) {
            wanted_len += (size_t)snprintf(wanted + wanted_len, sizeof wanted - wanted_len,
                                           "s%d=%d;", i, i);
        }
    }
    restoring_run(guards_of("s* Prefix=__Host-"), (cg_span){field, len}, false, &is);
    assert_text("field", is.out, (cg_span){wanted, wanted_len});
    assert_string_equal(print_refused(&is.restored), "surplus:2");
    assert_int_equal(is.restored.cookie_count, CG_RESTORED_MAX);
}

/* Every octet before, in and behind the name: only the right ones come through as SID, and no octet
 * makes a cookie that is not concerned disappear. */
static void one_spelling_alone_comes_through(void **state)
{
    static const char name[] = "__Host-SID=v";
    const cg_guards *guards = guards_of(SID);
    (void)state;

    for (size_t at = 0; at < sizeof name - 2; at++) {
        for (int octet = 1; octet < 256; octet++) {
            char field[sizeof name + 8];
            restoring is;
            bool is_right = octet == name[at];
            if (octet == ';') {
                continue;
            }
            snprintf(field, sizeof field, "%s; a=1", name);
            field[at] = (char)octet;
            restoring_run(guards, guarded(cg_span_of(field)), false, &is);
            if (cg_span_starts(is.out, CG_SPAN("SID=v")) != is_right ||
                !cg_span_equal(CG_SPAN("a=1"), cg_span_part(is.out, is.out.len - 3, is.out.len))) {
                fail_msg("%s: %.*s", field, (int)is.out.len, is.out.at);
            }
        }
    }
}

/* Three hundred guards find what one finds. */
static void many_guards_are_one_table(void **state)
{
    char rules[64];
    enforcement all = {.rule_count = 0};
    cg_rule many[300];
    cg_policy leaf = {.scope = CG_SCOPE_SERVER};
    const cg_guards *guards;
    (void)state;
    (void)all;

    for (size_t i = 0; i < COUNT(many); i++) {
        snprintf(rules, sizeof rules, "c%zu Prefix=__Host-", i);
        assert_null(enforcement_read_rule(enforcement_root(), cg_span_of(rules), &many[i]));
    }
    leaf.rules = cg_ruleset_make(enforcement_root(), many, COUNT(many));
    guards = cg_guards_make(enforcement_root(), &leaf, (cg_span){NULL, 0});
    for (size_t i = 0; i < COUNT(many); i++) {
        char field[64], wanted[64];
        restoring is;
        snprintf(field, sizeof field, "__Host-c%zu=1; C%zu=2; c%zux=3", i, i, i);
        snprintf(wanted, sizeof wanted, "c%zu=1; c%zux=3", i, i);
        restoring_run(guards, guarded(cg_span_of(field)), false, &is);
        assert_text(field, is.out, cg_span_of(wanted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_alone_what_is_not_concerned),
        cmocka_unit_test(takes_prefixes_off),
        cmocka_unit_test(refuses_what_could_be_taken_for_it),
        cmocka_unit_test(accepts_plain_ones_while_migrating),
        cmocka_unit_test(takes_namesakes_for_one),
        cmocka_unit_test(takes_back_what_was_rolled_back),
        cmocka_unit_test(takes_the_token_out),
        cmocka_unit_test(one_spelling_alone_is_the_token),
        cmocka_unit_test(many_tokens_are_none),
        cmocka_unit_test(lets_the_last_rule_decide),
        cmocka_unit_test(remembers_what_came),
        cmocka_unit_test(remembers_disputes),
        cmocka_unit_test(refuses_what_finds_no_place),
        cmocka_unit_test(one_spelling_alone_comes_through),
        cmocka_unit_test(many_guards_are_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
