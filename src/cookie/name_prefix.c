/* The table of prefixes. */
#include "name_prefix.h"

const cg_prefix_row cg_prefix_rows[CG_PREFIX_COUNT] = {
    [CG_PREFIX_SECURE] = {{"__Secure-", 9}, false, false},
    [CG_PREFIX_HTTP] = {{"__Http-", 7}, true, false},
    [CG_PREFIX_HOST] = {{"__Host-", 7}, false, true},
    [CG_PREFIX_HOST_HTTP] = {{"__Host-Http-", 12}, true, true},
};

/* From the last to the first, which is from the longer to the shorter of those that begin alike. */
cg_prefix cg_prefix_find(cg_span name)
{
    if (name.len < 2 || name.at[0] != '_' || name.at[1] != '_') {
        return CG_PREFIX_NONE;
    }
    for (int prefix = CG_PREFIX_COUNT - 1; prefix > CG_PREFIX_NONE; prefix--) {
        if (cg_span_starts_folded(name, cg_prefix_rows[prefix].text)) {
            return (cg_prefix)prefix;
        }
    }
    return CG_PREFIX_NONE;
}
