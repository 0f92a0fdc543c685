/* Handing out anew what a browser still holds under another name than the present configuration's: it
 * came so with the request (restore.h), and goes back with the response under the new name, while the
 * old one is deleted. So sessions outlive a roll-out of Prefix and its roll-back.
 *
 * Both functions are for the final head of a response whose request has `restored`, and once each. */
#ifndef CG_HAND_OUT_H
#define CG_HAND_OUT_H

#include "judging.h"

/* Adds the application's own lines that set what is held by an old name alone, unless the response
 * sets that anyway; the policy gives them their prefix. What is held by the new name as well is
 * deleted by the old one. */
void cg_hand_out_before_judging(request_rec *r, cg_response *response);

/* Deletes the old name where a line sets the new one and leaves. */
void cg_hand_out_after_judging(request_rec *r, cg_response *response);

#endif
