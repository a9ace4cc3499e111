/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_QUOTA_H
#define HL_NODE_RPC_QUOTA_H

/* What one identity may have of the server: calls open at a time, and new
 * calls a second (a token bucket). A table of fixed size; an identity without
 * an open call and with a full bucket is forgotten. Any thread. */

#include "protocol/base/hash.h"
#include "protocol/base/hl_time.h"

struct quota;

struct quota_limits {
    uint32_t open_max;
    uint32_t rate_per_s; /* 0: no bound */
    uint32_t burst;
};

struct quota *quota_create(const struct quota_limits *limits);
void quota_destroy(struct quota **quota);

/* Counts a call of that identity as open, until quota_leave() of it.
 *
 * HL_EBUSY  over one of the bounds; detail says which. */
HL_MUST_USE hl_err quota_enter(struct quota *quota, const struct hl_hash *who,
                               struct hl_mono now, struct hl_detail *detail);
/* It is being answered: a caller that has its answer may call again, although
 * the last event of the former call is still to come. Calls whose answers
 * nobody takes are bounded too, at twice as many and some. */
void quota_answer(struct quota *quota, const struct hl_hash *who);
/* answered: quota_answer() was called. */
void quota_leave(struct quota *quota, const struct hl_hash *who, bool answered);

#endif
