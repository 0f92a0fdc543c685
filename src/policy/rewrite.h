/* A judgement carried out on the text of its line.
 *
 * What the judgement leaves alone keeps its octets and its place; a replaced attribute keeps its
 * place; a new one stands at the end (promises keep-value, once, keep-rest). */
#ifndef CG_REWRITE_H
#define CG_REWRITE_H

#include "../cookie/writer.h"
#include "judge.h"

/* Room for one of each attribute with its separator, but for the texts of Path and Domain. */
enum { CG_ATTRIBUTES_SIZE_MAX = 256 };

/* No line that cg_rewrite_print writes is longer; in octets. */
static inline size_t cg_rewrite_size_max(const cg_set_cookie *cookie, const cg_judgement *judgement)
{
    return cg_prefix_rows[judgement->prefix].text.len + cookie->line.len + CG_ATTRIBUTES_SIZE_MAX +
           judgement->after.path.len + judgement->after.domain.len;
}

/* Writes the line as it is to leave. For CG_ACTION_REWRITE. */
void cg_rewrite_print(cg_writer *writer, const cg_set_cookie *cookie,
                      const cg_judgement *judgement);

/* Writes one attribute, "SameSite=Lax", as `attributes` has it. */
void cg_attribute_print(cg_writer *writer, cg_attribute attribute, const cg_attributes *attributes);

#endif
