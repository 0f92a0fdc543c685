/* Directives of other modules, as they were read: httpd keeps their tree, and hides what the modules
 * made of them. What stands in .htaccess files is not seen. */
#ifndef CG_CONFIG_TREE_H
#define CG_CONFIG_TREE_H

#include <httpd.h>
#include <http_config.h>

/* Where a directive stands that counts for a server. */
typedef enum cg_tree_scope {
    CG_TREE_OWN = 0,  /* in the virtual host itself; of the main server: outside of all */
    CG_TREE_INHERITED /* of a virtual host: outside of all */
} cg_tree_scope;

/* The first directive of this name, in any case and also in sections; null: there is none. For the
 * main server nothing is inherited. */
const ap_directive_t *cg_tree_find(const server_rec *server, cg_tree_scope scope, const char *name);

/* The same, in both scopes, own ones first. */
const ap_directive_t *cg_tree_find_any(const server_rec *server, const char *name);

/* The same, of those whose arguments contain `part`, in any case. */
const ap_directive_t *cg_tree_find_with(const server_rec *server, const char *name,
                                        const char *part);

/* What may count for the server or for those that inherit from it: for the main server, the first one
 * anywhere. `part` may be null. */
const ap_directive_t *cg_tree_find_for_all(const server_rec *server, const char *name,
                                           const char *part);

#endif
