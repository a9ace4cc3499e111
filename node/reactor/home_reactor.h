/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REACTOR_HOME_REACTOR_H
#define HL_NODE_REACTOR_HOME_REACTOR_H

/* A record that this node released is its own again when the named node has
 * refused it, or when a charter ended that node's journal and all of it that
 * counts is here and holds no take. Inside this folder; functions as in
 * reactor.h. */

#include "node/reactor/reactor.h"

bool home_reactor_concerns(struct bytes name);
HL_MUST_USE hl_err home_reactor_answer(const struct reactor_view *view,
                                       struct bytes name, struct proposal *out,
                                       struct hl_detail *detail);
HL_MUST_USE hl_err home_reactor_next(const struct reactor_view *view,
                                     struct writer *position,
                                     struct writer *name, bool *found,
                                     struct hl_detail *detail);

#endif
