/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REACTOR_REACTOR_INSIDE_H
#define HL_NODE_REACTOR_REACTOR_INSIDE_H

/* What reactors share. Inside this folder. */

#include "node/projection/ledger.h"
#include "node/reactor/reactor.h"

struct ledger_writer reactor_writer(const struct reactor_view *view);

/* Whether a charter ends that journal, and all of it that counts is here, and
 * applied. */
HL_MUST_USE hl_err reactor_is_at_end(const struct reactor_view *view,
                                     struct bytes origin, bool *out,
                                     struct hl_detail *detail);

/* Proposes an entry about money with that body, whose amounts are filled in;
 * `cause`, which it then cites, may be NULL. What the ledger refuses is not
 * made: the item stays open. With *why, whose text is empty where it is not
 * refused. */
HL_MUST_USE hl_err reactor_propose_or(const struct reactor_view *view,
                                      uint32_t body, void *record,
                                      const struct citation *cause,
                                      struct proposal *out,
                                      struct hl_detail *why,
                                      struct hl_detail *detail);
HL_MUST_USE hl_err reactor_propose(const struct reactor_view *view,
                                   uint32_t body, void *record,
                                   const struct citation *cause,
                                   struct proposal *out,
                                   struct hl_detail *detail);

#endif
