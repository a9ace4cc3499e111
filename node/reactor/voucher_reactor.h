/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REACTOR_VOUCHER_REACTOR_H
#define HL_NODE_REACTOR_VOUCHER_REACTOR_H

/* Vouchers whose last day of use is over are expired. Inside this folder;
 * functions as in reactor.h. */

#include "node/reactor/reactor.h"

bool voucher_reactor_concerns(struct bytes name);
HL_MUST_USE hl_err voucher_reactor_answer(const struct reactor_view *view,
                                          struct bytes name,
                                          struct proposal *out,
                                          struct hl_detail *detail);
HL_MUST_USE hl_err voucher_reactor_next(const struct reactor_view *view,
                                        struct writer *position,
                                        struct writer *name, bool *found,
                                        struct hl_detail *detail);

#endif
