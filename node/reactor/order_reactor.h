/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REACTOR_ORDER_REACTOR_H
#define HL_NODE_REACTOR_ORDER_REACTOR_H

/* Orders, on both sides. The issuer's node captures by itself what was
 * delivered (无感直兑), once the provider's word is sealed. It says first,
 * once, what that waits for, if anything: the holder, whom it asks until a day,
 * or a person's decision, as a rule is broken. What is disputed waits likewise,
 * and is denied at once where that is decided at 0. It releases what was
 * declined, or timed out. What a provider's desk asks for it holds, or says why
 * not. The provider's declines what is cancelled before it is accepted. Inside
 * this folder; functions as in reactor.h. */

#include "node/reactor/reactor.h"

bool order_reactor_concerns(struct bytes name);
HL_MUST_USE hl_err order_reactor_answer(const struct reactor_view *view,
                                        struct bytes name, struct proposal *out,
                                        struct hl_detail *detail);
/* Open orders that this node placed; and those that it is to serve. */
HL_MUST_USE hl_err order_reactor_next_placed(const struct reactor_view *view,
                                             struct writer *position,
                                             struct writer *name, bool *found,
                                             struct hl_detail *detail);
HL_MUST_USE hl_err order_reactor_next_asked(const struct reactor_view *view,
                                            struct writer *position,
                                            struct writer *name, bool *found,
                                            struct hl_detail *detail);

#endif
