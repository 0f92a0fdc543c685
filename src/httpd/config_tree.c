/* Walking httpd's tree of directives. */
#include "config_tree.h"

#include "../cookie/span.h"

/* What is looked for. */
typedef struct search {
    const char *name;
    const char *part;     /* of the arguments; null: any */
    bool is_in_hosts_too; /* virtual hosts are looked into */
} search;

static bool contains_folded(const char *text, const char *part)
{
    for (size_t len = strlen(part); *text; text++) {
        if (!ap_cstr_casecmpn(text, part, len)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const ap_directive_t *directive, const search *wanted)
{
    return !ap_cstr_casecmp(directive->directive, wanted->name) &&
           (!wanted->part || (directive->args && contains_folded(directive->args, wanted->part)));
}

static bool is_virtual_host(const ap_directive_t *directive)
{
    return !ap_cstr_casecmp(directive->directive, "<VirtualHost");
}

/* Down and along. */
static const ap_directive_t *find_below(const ap_directive_t *directive, const search *wanted)
{
    const ap_directive_t *found = NULL;

    for (; directive && !found; directive = directive->next) {
        if (is_wanted(directive, wanted)) {
            return directive;
        }
        if (wanted->is_in_hosts_too || !is_virtual_host(directive)) {
            found = find_below(directive->first_child, wanted);
        }
    }
    return found;
}

/* The section of a virtual host; httpd remembers where it was defined. */
static const ap_directive_t *find_section(const ap_directive_t *directive, const server_rec *server)
{
    const ap_directive_t *found = NULL;

    for (; directive && !found; directive = directive->next) {
        if (!is_virtual_host(directive)) {
            found = find_section(directive->first_child, server);
        } else if (server->defn_name && !strcmp(directive->filename, server->defn_name) &&
                   directive->line_num == (int)server->defn_line_number) {
            return directive;
        }
    }
    return found;
}

static const ap_directive_t *find(const server_rec *server, cg_tree_scope scope,
                                  const search *wanted)
{
    const ap_directive_t *section;

    if (!server->is_virtual || scope == CG_TREE_INHERITED) {
        return server->is_virtual || scope == CG_TREE_OWN ? find_below(ap_conftree, wanted) : NULL;
    }
    section = find_section(ap_conftree, server);
    return section ? find_below(section->first_child, wanted) : NULL;
}

static const ap_directive_t *find_any(const server_rec *server, const search *wanted)
{
    const ap_directive_t *found = find(server, CG_TREE_OWN, wanted);
    return found ? found : find(server, CG_TREE_INHERITED, wanted);
}

const ap_directive_t *cg_tree_find(const server_rec *server, cg_tree_scope scope, const char *name)
{
    return find(server, scope, &(search){.name = name});
}

const ap_directive_t *cg_tree_find_any(const server_rec *server, const char *name)
{
    return find_any(server, &(search){.name = name});
}

const ap_directive_t *cg_tree_find_with(const server_rec *server, const char *name,
                                        const char *part)
{
    return find_any(server, &(search){.name = name, .part = part});
}

const ap_directive_t *cg_tree_find_for_all(const server_rec *server, const char *name,
                                           const char *part)
{
    return find_any(server,
                    &(search){.name = name, .part = part, .is_in_hosts_too = !server->is_virtual});
}
