/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_REPLAY_H
#define HL_NODE_PROJECTION_REPLAY_H

/* Half and journal: bringing the one to where the other ends, and dropping it.
 * Both in steps, in the caller's transaction and projection, which is his to
 * settle. Functions return store.h's errors. */

#include "node/projection/projection.h"

/* The half as it is within the transaction, unlike projection_half(). */
HL_MUST_USE hl_err projection_now(struct projection *projection,
                                  struct store_txn *txn, uint32_t number,
                                  struct half *out, struct hl_detail *detail);

/* Applies what the journal has beyond the half, at most `max` entries; *done
 * counts them. None at a half that is level or paused. Nothing where the
 * journal is empty, which has no half.
 *
 * HL_EDAMAGED  the journal lacks entries. */
HL_MUST_USE hl_err projection_replay(struct projection *projection,
                                     struct store_txn *txn,
                                     const struct projection_origin *origin,
                                     const struct journal *journal,
                                     uint64_t max, uint64_t *done,
                                     struct hl_detail *detail);

/* Drops the half: every row of it and, of the own one, the commands. At most
 * `max` rows go; *done counts them; *left says whether there are more, and
 * until there are none the half is none that a journal has: the caller keeps
 * that in mind across crashes. Joint state follows with each settling. */
HL_MUST_USE hl_err projection_forget(struct projection *projection,
                                     struct store_txn *txn,
                                     const struct projection_origin *origin,
                                     uint64_t max, uint64_t *done, bool *left,
                                     struct hl_detail *detail);

#endif
