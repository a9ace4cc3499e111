/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLEARING_STEP_INSIDE_H
#define HL_NODE_CLEARING_STEP_INSIDE_H

/* What steps share. Inside this folder. */

#include "node/clearing/step.h"

void step_say(struct clearing_step *step, enum clearing_did did,
              const char *format, ...) HL_PRINTF(3, 4);

/* The entry with that body, which cites the proposal, if there is one: its leaf
 * and index. What the ledger refuses is nothing to say. */
HL_MUST_USE hl_err step_make(const struct clearing_view *view, uint32_t body,
                             void *record, const struct cycle *cited,
                             struct clearing_step *step,
                             struct hl_detail *detail);

/* Whether both take part in the proposal's cycle. */
bool step_takes_part(const struct cycle_lists *lists, struct bytes node);
/* Whether a party of that other proposal takes part. */
bool step_overlaps(const struct cycle_lists *lists,
                   const struct cycle_lists *other);

/* Whether that cut goes back behind what a node approved last, or does not have
 * below it what made that final: by it something could be counted twice.
 * `former` is that proposal, decided or not, and `as` how it stands: what a
 * charter ended before is final by nothing. */
HL_MUST_USE hl_err step_goes_back(const struct clearing_view *view,
                                  const struct cycle_lists *cut,
                                  const struct cycle *former,
                                  enum cycle_standing_as as, bool *out,
                                  struct hl_detail *detail);

/* The proposal that a node approved last. */
HL_MUST_USE hl_err step_approved_of(const struct clearing_view *view,
                                    struct bytes node, struct cycle *out,
                                    bool *found, struct hl_detail *detail);

/* That node's proposal that is open, by a role that is not ended. */
HL_MUST_USE hl_err step_open_of(const struct clearing_view *view,
                                struct bytes node, struct cycle *out,
                                bool *found, struct hl_detail *detail);

/* Who has another proposal open, of which a party takes part here, that goes
 * before one of this node's: both cannot become final. Of lesser id, waited
 * for, and not rejected. None: an empty name. */
HL_MUST_USE hl_err step_find_rival(const struct clearing_view *view,
                                   const struct clearing_options *options,
                                   const struct cycle_lists *lists,
                                   struct bytes *rival,
                                   struct hl_detail *detail);

#endif
